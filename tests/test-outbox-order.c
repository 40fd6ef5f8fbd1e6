/*
 * test-outbox-order.c - answers and lines come in their order, in whatever pieces they are sent
 *
 * Two logs and an outbox are filled in turns; the client reads one log, goes back in it, and moves
 * to the other.  What it must get is written down when it comes, in the order in which it came,
 * however the sends are cut: but for what comes while it is about to move, which is for later.
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

enum { LOG_MAX = 1 << 16, LOGS = 2 };

/* Bytes, in their order. */
struct text {
	char bytes[8 * LOG_MAX];
	size_t size;
};

static struct text logs[LOGS], wanted, got;
static struct text later; /* wanted as soon as it has moved */
static size_t cursor, log_number;
static size_t back;        /* where the replay that is to come begins */
static int replays, moves; /* that happened, in all runs */

static void begin_model(void)
{
	logs[0].size = logs[1].size = wanted.size = got.size = later.size = 0;
	cursor = log_number = 0;
	outbox_init(outbox);
}

static void put(struct text *text, const char *bytes, size_t size)
{
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
}

static struct text *own_log(void)
{
	return &logs[log_number];
}

static bool is_moving(void)
{
	uint32_t log;

	return outbox_moves(outbox, &log);
}

static void log_line(const char *text, size_t size)
{
	put(own_log(), text, size);
	if (!is_moving())
		put(&wanted, text, size);
}

static bool at_line(void)
{
	return cursor == 0 || own_log()->bytes[cursor - 1] == '\n';
}

static void greet(void)
{
	static const char text[] = "* you are in the other log now\n";

	outbox_put_front(outbox, &redo, text, sizeof(text) - 1);
	put(&wanted, text, sizeof(text) - 1);
}

/* The client has got all before its turn. */
static void turn(void)
{
	bool moved = is_moving();

	if (moved) {
		log_number = !log_number;
		cursor = own_log()->size;
		greet();
		put(&wanted, later.bytes, later.size);
		later.size = 0;
		moves++;
	} else {
		cursor = back;
		replays++;
	}
	put_turned(moved);
}

/* One send() that takes at most so much.  False: nothing is owed. */
static bool send_some(size_t most)
{
	size_t due = at_line() ? outbox_due(outbox, cursor) : 0, end = own_log()->size;
	const char *from = outbox->bytes + word_get(&outbox->sent);

	if (due) {
		due = due < most ? due : most;
		put(&got, from, due);
		take(due);
		return true;
	}
	if (!outbox_empty(outbox) && outbox_next_due(outbox) < end)
		end = outbox_next_due(outbox);
	if (cursor >= end) {
		if (!at_line() || !outbox_turns(outbox, cursor))
			return false;
		turn();
		return true;
	}
	due = end - cursor < most ? end - cursor : most;
	put(&got, own_log()->bytes + cursor, due);
	cursor += due;
	return true;
}

static bool all_came(void)
{
	return outbox_empty(outbox) && cursor == own_log()->size && got.size == wanted.size &&
	       memcmp(got.bytes, wanted.bytes, got.size) == 0;
}

/* False: it is full. */
static bool tell_some(const char *text, size_t size)
{
	if (add(own_log()->size, text, size) < 0)
		return false;
	put(is_moving() ? &later : &wanted, text, size);
	return true;
}

static void tell(const char *text)
{
	if (!tell_some(text, strlen(text)))
		abort();
}

/* All lines from some line's begin on once more, then the mark. */
static void replay_from(size_t begin)
{
	static const char live[] = "* live\n";
	const struct text *log = own_log();

	while (begin > 0 && log->bytes[begin - 1] != '\n')
		begin--;
	if (add_turn(log->size, turn_replay(0), live, sizeof(live) - 1) < 0)
		return;
	back = begin;
	put(&wanted, log->bytes + begin, log->size - begin);
	put(&wanted, live, sizeof(live) - 1);
}

static void move(void)
{
	(void)add_turn(own_log()->size, turn_move(!log_number), "", 0);
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
	replay_from(4);
	log_line("four\n", 5);
	tell("* pong 4\n");
	send_some(first);
	while (send_some(each))
		continue;
	move();
	log_line("five, never heard\n", 18);
	tell("* pong 5\n");
	while (send_some(each))
		continue;
	log_line("six\n", 4);
	tell("* pong 6\n");
	while (send_some(each))
		continue;
	return all_came();
}

static void test_every_cut(void)
{
	int faults = 0;

	sends_whole(1, 1);
	for (size_t first = 1; first <= wanted.size; first++)
		for (size_t each = 1; each <= wanted.size; each++)
			faults += !sends_whole(first, each);
	is(faults, 0, "%zu bytes of a log and answers, cut at every byte", wanted.size);
}

/* A stuck client is overtaken: the rest of its line goes out first, no byte twice. */
static void overtake(void)
{
	const char *bytes = own_log()->bytes + cursor, *newline;

	if (at_line() || outbox_has_front(outbox))
		return;
	newline = memchr(bytes, '\n', own_log()->size - cursor);
	put_front(bytes, (size_t)(newline + 1 - bytes));
	cursor += (size_t)(newline + 1 - bytes);
}

/* A notice that goes out at once; it belongs where the client is. */
static void notify(void)
{
	static const char text[] = "* 3 lines skipped\n";
	const size_t size = sizeof(text) - 1;

	if (!at_line() || outbox_due(outbox, cursor))
		return;
	put_front(text, size);
	memmove(wanted.bytes + got.size + size, wanted.bytes + got.size, wanted.size - got.size);
	memcpy(wanted.bytes + got.size, text, size);
	wanted.size += size;
}

static void random_turn(uint64_t *state)
{
	uint32_t quarter = (uint32_t)own_log()->size / 4;

	switch (chance(state, 10)) {
	case 0:
		replay_from(3 * quarter + chance(state, quarter + 1));
		break;
	case 1:
		move();
		break;
	default: /* not that often */
		send_some(1);
	}
}

static void random_step(uint64_t *state)
{
	static const char text[] = "abcdefghijklmnopqrstuvwxyz0123456789\n";
	uint32_t size = 1 + chance(state, sizeof(text) - 1);
	const char *line = text + sizeof(text) - 1 - size;

	switch (chance(state, 9)) {
	case 0:
	case 1:
		log_line(line, size);
		break;
	case 2:
		(void)tell_some(line, size);
		break;
	case 3:
		overtake();
		break;
	case 4:
		notify();
		break;
	case 5:
		random_turn(state);
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
		while (logs[0].size + logs[1].size < LOG_MAX / 16)
			random_step(&state);
		while (send_some(1 + chance(&state, 100)))
			continue;
		faults += !all_came();
	}
	is(faults, 0, "%d conversations by chance, overtaken clients and notices among them", runs);
	ok(replays > 1000 && moves > 1000, "%d times old lines again, %d moves", replays, moves);
}

int main(void)
{
	test_every_cut();
	test_by_chance();
	return done();
}
