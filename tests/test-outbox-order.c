/*
 * test-outbox-order.c - answers and lines come in their order, in whatever pieces they are sent
 *
 * A log and an outbox are filled in turns.  What came, in the order in which it came, is what
 * the client must get, however the sends are cut.
 */
#include <string.h>

#include "chance.h"
#include "lone-outbox.h"
#include "tap.h"

/* What send() took. */
static void take(size_t size)
{
	word_set(&outbox->sent, word_get(&outbox->sent) + size);
}

enum { LOG_MAX = 1 << 16 };

static char log_bytes[LOG_MAX], wanted[4 * LOG_MAX], got[4 * LOG_MAX];
static size_t head, wanted_size, got_size, cursor;

static void begin_model(void)
{
	head = wanted_size = got_size = cursor = 0;
	outbox_init(outbox);
}

static void want(const char *text, size_t size)
{
	memcpy(wanted + wanted_size, text, size);
	wanted_size += size;
}

static void log_line(const char *text, size_t size)
{
	memcpy(log_bytes + head, text, size);
	head += size;
	want(text, size);
}

static bool at_line(void)
{
	return cursor == 0 || log_bytes[cursor - 1] == '\n';
}

/* One send() that takes at most so much.  False: nothing is owed. */
static bool send_some(size_t most)
{
	size_t due = at_line() ? outbox_due(outbox, cursor) : 0, end = head;
	const char *from = outbox->bytes + word_get(&outbox->sent);

	if (due) {
		due = due < most ? due : most;
		memcpy(got + got_size, from, due);
		take(due);
		got_size += due;
		return true;
	}
	if (!outbox_empty(outbox) && outbox_next_due(outbox) > cursor &&
	    outbox_next_due(outbox) < end)
		end = outbox_next_due(outbox);
	if (cursor == end)
		return false;
	due = end - cursor < most ? end - cursor : most;
	memcpy(got + got_size, log_bytes + cursor, due);
	cursor += due;
	got_size += due;
	return true;
}

static bool all_came(void)
{
	return outbox_empty(outbox) && cursor == head && got_size == wanted_size &&
	       memcmp(got, wanted, got_size) == 0;
}

static void tell(const char *text)
{
	if (add(head, text, strlen(text)) < 0)
		abort();
	want(text, strlen(text));
}

/* First a piece of `first` bytes, then pieces of `each`. */
static bool sends_whole(size_t first, size_t each)
{
	begin_model();
	tell("* welcome\n");
	log_line("one\n", 4);
	log_line("\n", 1);
	tell("* pong\n");
	tell("* pong 2\n");
	log_line("three\n", 6);
	tell("* pong 3\n");
	log_line("four\n", 5);
	send_some(first);
	while (send_some(each))
		;
	return all_came();
}

static void test_every_cut(void)
{
	int faults = 0;

	sends_whole(1, 1);
	for (size_t first = 1; first <= wanted_size; first++)
		for (size_t each = 1; each <= wanted_size; each++)
			faults += !sends_whole(first, each);
	is(faults, 0, "%zu bytes of a log and answers, cut at every byte", wanted_size);
}

/* A stuck client is overtaken: the rest of its line goes out first, no byte twice. */
static void overtake(void)
{
	const char *newline;

	if (at_line() || outbox_has_front(outbox))
		return;
	newline = memchr(log_bytes + cursor, '\n', head - cursor);
	put_front(log_bytes + cursor, (size_t)(newline + 1 - (log_bytes + cursor)));
	cursor = (size_t)(newline + 1 - log_bytes);
}

/* A notice that goes out at once; it belongs where the client is. */
static void notify(void)
{
	static const char text[] = "* 3 lines skipped\n";
	const size_t size = sizeof(text) - 1;

	if (!at_line() || outbox_due(outbox, cursor))
		return;
	put_front(text, size);
	memmove(wanted + got_size + size, wanted + got_size, wanted_size - got_size);
	memcpy(wanted + got_size, text, size);
	wanted_size += size;
}

static void random_step(uint64_t *state)
{
	static const char text[] = "abcdefghijklmnopqrstuvwxyz0123456789\n";
	uint32_t size = 1 + chance(state, sizeof(text) - 1);
	const char *line = text + sizeof(text) - 1 - size;

	switch (chance(state, 8)) {
	case 0:
	case 1:
		log_line(line, size);
		break;
	case 2:
		if (add(head, line, size) == 0)
			want(line, size);
		break;
	case 3:
		overtake();
		break;
	case 4:
		notify();
		break;
	default:
		send_some(1 + chance(state, 40));
	}
	if (outbox_empty(outbox) && chance(state, 2))
		outbox_init(outbox);
}

static void test_by_chance(void)
{
	uint64_t state = CHANCE_SEED;
	int faults = 0, runs = 300;

	for (int run = 0; run < runs; run++) {
		begin_model();
		while (head < LOG_MAX / 16)
			random_step(&state);
		while (send_some(1 + chance(&state, 100)))
			;
		faults += !all_came();
	}
	is(faults, 0, "%d conversations by chance, overtaken clients and notices among them", runs);
}

int main(void)
{
	test_every_cut();
	test_by_chance();
	return done();
}
