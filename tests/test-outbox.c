/* test-outbox.c - what one client alone is told slips in at its place, in whatever pieces it goes */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "mtchatd/outbox.h"

#include "chance.h"
#include "tap.h"

/* An arena of a record and an outbox. */
static struct {
	struct redo_record record;
	struct outbox outbox;
} memory;

static struct redo redo = {.record = &memory.record, .arena = (char *)&memory};
static struct outbox *const outbox = &memory.outbox;

static int add(uint64_t due, const char *text, size_t size)
{
	struct outbox_draft draft = outbox_draft(outbox);
	int r = outbox_add(&draft, due, text, size);

	outbox_put(&draft, &redo);
	redo_commit(&redo);
	return r;
}

static int say(uint64_t due, const char *text)
{
	return add(due, text, strlen(text));
}

static void put_front(const char *text, size_t size)
{
	outbox_put_front(outbox, &redo, text, size);
	redo_commit(&redo);
}

/* What send() took. */
static void take(size_t size)
{
	word_set(&outbox->sent, word_get(&outbox->sent) + size);
}

/* The next `size` bytes to go out are just this text. */
static bool is_next(size_t size, const char *text)
{
	return size == strlen(text) &&
	       memcmp(outbox->bytes + word_get(&outbox->sent), text, size) == 0;
}

static void test_dues(void)
{
	outbox_init(outbox);
	ok(outbox_empty(outbox), "empty at first");
	ok(!outbox_has_front(outbox), "without a front");
	is((long long)outbox_last_due(outbox), 0, "nothing was last");
	is((long long)outbox_due(outbox, UINT64_MAX), 0, "nothing falls due");

	is(say(10, "ten\n"), 0, "an entry");
	is(say(20, "twenty\n"), 0, "a later one");
	ok(!outbox_empty(outbox), "not empty");
	is((long long)outbox_next_due(outbox), 10, "the first is next");
	is((long long)outbox_last_due(outbox), 20, "the second is last");
	is((long long)outbox_due(outbox, 9), 0, "before its position nothing is due");
	ok(is_next(outbox_due(outbox, 10), "ten\n"), "at its position the first");
	ok(is_next(outbox_due(outbox, 19), "ten\n"), "just the first before the second's");
	ok(is_next(outbox_due(outbox, 20), "ten\ntwenty\n"), "then both");

	take(4);
	is((long long)outbox_next_due(outbox), 20, "when one is out, the other is next");
	is((long long)outbox_due(outbox, 19), 0, "not before its time");
	ok(is_next(outbox_due(outbox, 99), "twenty\n"), "but at any time after");
	take(7);
	ok(outbox_empty(outbox), "all out: empty");
	is((long long)outbox_due(outbox, UINT64_MAX), 0, "nothing is due any more");
}

static void test_joins(void)
{
	outbox_init(outbox);
	say(10, "a\n");
	say(10, "b\n");
	is((long long)word_get(&outbox->count), 1, "two that are due together are one entry");
	ok(is_next(outbox_due(outbox, 10), "a\nb\n"), "and go out together");
	take(3);
	say(10, "c\n");
	ok(is_next(outbox_due(outbox, 10), "\nc\n"), "one may join when it was begun");
	take(3);
	say(10, "d\n");
	ok(is_next(outbox_due(outbox, 10), "d\n"), "and when all of it is out");
	say(11, "e\n");
	ok(is_next(outbox_due(outbox, 10), "d\n"), "what comes later stays apart");
}

static void test_drafts(void)
{
	struct outbox_draft draft;

	outbox_init(outbox);
	draft = outbox_draft(outbox);
	outbox_add(&draft, 5, "never\n", 6);
	ok(outbox_empty(outbox), "what is not committed is not there");
	is(say(7, "told\n"), 0, "nor in the way");

	draft = outbox_draft(outbox);
	is(outbox_add(&draft, 7, "and\n", 4), 0, "a draft of several:");
	is(outbox_add(&draft, 8, "so\n", 3), 0, "one due together with the last");
	is(outbox_add(&draft, 8, "on\n", 3), 0, "two at a later time");
	outbox_put(&draft, &redo);
	ok(is_next(outbox_due(outbox, 8), "told\n"), "nothing changes before the commit");
	redo_commit(&redo);
	ok(is_next(outbox_due(outbox, 7), "told\nand\n"), "then it is all there");
	ok(is_next(outbox_due(outbox, 8), "told\nand\nso\non\n"), "each at its time");
}

static void test_full_of_bytes(void)
{
	static char text[OUTBOX_CAPACITY];

	memset(text, 'x', sizeof(text));
	outbox_init(outbox);
	is(add(1, text, sizeof(text)), 0, "as many bytes as it holds");
	is(add(1, text, 1), -ENOSPC, "one more is refused");
	is(add(1, text, SIZE_MAX / 2), -ENOSPC, "so are more than there can be");
	is((long long)outbox_due(outbox, 1), OUTBOX_CAPACITY, "what is in it stays as it was");

	outbox_init(outbox);
	is(add(1, text, sizeof(text) - 1), 0, "one less");
	is(add(2, text, 2), -ENOSPC, "two are too many");
	is((long long)word_get(&outbox->count), 1, "what is refused leaves no entry behind");
	is(add(2, text, 1), 0, "the last byte");
}

static void test_full_of_entries(void)
{
	int refused = 0;

	outbox_init(outbox);
	for (uint64_t due = 1; due <= OUTBOX_ENTRIES; due++)
		refused += say(due, "x\n") != 0;
	is(refused, 0, "as many entries as it holds");
	is(say(OUTBOX_ENTRIES + 1, "y\n"), -ENOSPC, "one more is refused");
	is(say(OUTBOX_ENTRIES, "z\n"), 0, "what is due with the last may join it");
	is((long long)outbox_due(outbox, OUTBOX_ENTRIES / 2), OUTBOX_ENTRIES / 2 * 2, "half of all");
	is((long long)outbox_due(outbox, OUTBOX_ENTRIES), OUTBOX_ENTRIES * 2 + 2, "all of them");
}

static void test_front(void)
{
	static char longest[OUTBOX_BEGIN];

	outbox_init(outbox);
	say(10, "later\n");
	put_front("rest\n", 5);
	ok(outbox_has_front(outbox), "a front");
	is((long long)outbox_next_due(outbox), 0, "is due at once");
	ok(is_next(outbox_due(outbox, 0), "rest\n"), "at any position");
	ok(is_next(outbox_due(outbox, 99), "rest\n"), "by itself: a line of the log may follow");
	take(2);
	ok(is_next(outbox_due(outbox, 99), "st\n"), "also when it was begun");
	say(10, "more\n");
	ok(is_next(outbox_due(outbox, 99), "st\n"), "also when something is added meanwhile");
	take(3);
	ok(!outbox_has_front(outbox), "it is out");
	is((long long)outbox_due(outbox, 9), 0, "the rest waits for its time");
	is((long long)outbox_next_due(outbox), 10, "which is what it was");
	ok(is_next(outbox_due(outbox, 10), "later\nmore\n"), "and is whole");

	take(11);
	ok(outbox_empty(outbox), "empty after it");
	put_front("again\n", 6);
	ok(!outbox_empty(outbox), "a front alone is not empty");
	ok(is_next(outbox_due(outbox, 0), "again\n"), "another one");
	is((long long)outbox_last_due(outbox), 10, "it is no entry");

	outbox_init(outbox);
	memset(longest, 'x', sizeof(longest));
	put_front(longest, sizeof(longest));
	is((long long)outbox_due(outbox, 0), OUTBOX_BEGIN, "the longest line there can be");
	ok(memcmp(outbox->bytes, longest, sizeof(longest)) == 0, "fits in before all entries");
}

static void test_fat(void)
{
	static char text[4097];

	outbox_init(outbox);
	add(1, text, 4096);
	ok(!outbox_is_fat(outbox), "a page of text is not fat");
	add(1, text, 1);
	ok(outbox_is_fat(outbox), "more is");
	outbox_init(outbox);
	put_front("x\n", 2);
	ok(outbox_is_fat(outbox), "a front may be long");
	take(2);
	ok(outbox_is_fat(outbox), "and was, when it is out");
}

/*
 * The model.  A log and an outbox are filled in turns; what came, in the order in which it came,
 * is what the client must get, however the sends are cut.
 */
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
	if (say(head, text) < 0)
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
	test_dues();
	test_joins();
	test_drafts();
	test_full_of_bytes();
	test_full_of_entries();
	test_front();
	test_fat();
	test_every_cut();
	test_by_chance();
	return done();
}
