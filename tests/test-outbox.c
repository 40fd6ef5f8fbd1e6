/* test-outbox.c - what one client alone is told slips in at its place, however it is cut */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "lone-outbox.h"
#include "tap.h"

enum { LOG = 15 };

static int say(uint64_t due, const char *text)
{
	return add(due, text, strlen(text));
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
	is((long long)outbox_due(outbox, OUTBOX_ENTRIES / 2), OUTBOX_ENTRIES, "half of all");
	is((long long)outbox_due(outbox, OUTBOX_ENTRIES), 2LL * OUTBOX_ENTRIES + 2, "all of them");
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

static void test_replay(void)
{
	uint32_t log = 99;

	outbox_init(outbox);
	ok(!outbox_waits(outbox), "nothing is to come at first");
	say(10, "* last 5 lines\n");
	is(add_turn(20, turn_replay(0), "* live\n", 7), 0, "a replay of the log from its begin");
	ok(outbox_waits(outbox), "is to come");
	ok(!outbox_moves(outbox, &log) && log == 99, "and leads to no other log");
	is(add_turn(30, turn_replay(7), "no\n", 3), -ENOSPC, "one at a time");
	ok(!outbox_turns(outbox, 99), "not before what comes before it is out");
	ok(is_next(outbox_due(outbox, 99), "* last 5 lines\n"), "which goes out by itself");
	take(15);
	is((long long)outbox_next_due(outbox), 20, "then it is next");
	ok(!outbox_turns(outbox, 19) && outbox_turns(outbox, 20), "at its position");
	is((long long)outbox_due(outbox, 99), 0, "what stands behind it waits");
	say(20, "[bob -> you] hi\n");
	say(25, "* pong\n");
	is((long long)outbox_due(outbox, 99), 0, "also what comes meanwhile");
	ok(outbox_turns(outbox, 20), "nor does that change the turn");

	put_turned(false);
	ok(!outbox_waits(outbox) && !outbox_turns(outbox, 99), "it has happened");
	is((long long)outbox_due(outbox, 19), 0, "while old lines go out, nothing is due");
	ok(is_next(outbox_due(outbox, 20), "* live\n[bob -> you] hi\n"), "behind them the mark");
	ok(is_next(outbox_due(outbox, 25), "* live\n[bob -> you] hi\n* pong\n"), "then the rest");
	take(23);
	is(add_turn(25, turn_replay(3), "* live\n", 7), 0, "another one");
	ok(is_next(outbox_due(outbox, 99), "* pong\n"), "behind what is due with it");
	take(7);
	ok(outbox_turns(outbox, 25), "has its turn");
	put_turned(false);
	take(7);
	ok(outbox_empty(outbox), "and all is out");
}

static void test_move(void)
{
	const uint32_t far = UINT32_MAX;
	uint32_t log = 0;

	outbox_init(outbox);
	say(30, "* pong\n");
	is(add_turn(30, turn_move(far), "", 0), 0, "a move, with nothing behind it");
	ok(outbox_moves(outbox, &log) && log == far, "leads to that log");
	say(30, "* one\n");
	say(40, "* two\n");
	is((long long)outbox_last_due(outbox), 40, "what comes meanwhile is of the old log");
	ok(is_next(outbox_due(outbox, 99), "* pong\n"), "first what was due before");
	take(7);
	ok(!outbox_turns(outbox, 29) && outbox_turns(outbox, 30), "then the move");

	outbox_put_front(outbox, &redo, "* here\n", 7);
	put_turned(true);
	ok(!outbox_moves(outbox, &log), "it has happened");
	is((long long)outbox_last_due(outbox), 0, "of the old log's positions none counts");
	ok(is_next(outbox_due(outbox, 0), "* here\n"), "the greeting goes out at once");
	say(40, "* three\n");
	take(7);
	is((long long)outbox_next_due(outbox), 0, "so does what had waited");
	ok(is_next(outbox_due(outbox, 0), "* one\n* two\n"), "all of it");
	is((long long)outbox_last_due(outbox), 40, "what is of the new log has its position");
	take(3);
	ok(is_next(outbox_due(outbox, 39), "ne\n* two\n"), "by itself");
	take(9);
	is((long long)outbox_due(outbox, 39), 0, "until there");
	ok(is_next(outbox_due(outbox, 40), "* three\n"), "it waits");
	take(8);
	ok(outbox_empty(outbox), "and all is out");
}

static void test_turn_alone(void)
{
	outbox_init(outbox);
	is(add_turn(5, turn_move(LOG), "", 0), 0, "a turn with nothing before and behind it");
	ok(!outbox_empty(outbox), "is something");
	is((long long)outbox_due(outbox, 99), 0, "though there is nothing to send");
	is((long long)outbox_next_due(outbox), 5, "until its position");
	ok(!outbox_turns(outbox, 4) && outbox_turns(outbox, 5), "where it happens");
	put_front("rest\n", 5);
	ok(!outbox_turns(outbox, 5), "a front goes out before");
	take(5);
	ok(outbox_turns(outbox, 5), "then it is its turn");
	put_turned(true);
	ok(outbox_empty(outbox), "nothing is left of it");
}

static void test_turn_drafts(void)
{
	static const char text[OUTBOX_CAPACITY];
	struct outbox_draft draft;

	outbox_init(outbox);
	draft = outbox_draft(outbox);
	is(outbox_add(&draft, 5, "* last\n", 7), 0, "a draft with an answer");
	is(outbox_add_turn(&draft, 5, turn_replay(9), "* live\n", 7), 0, "and a turn");
	is(outbox_add_turn(&draft, 5, turn_replay(9), "", 0), -ENOSPC, "has but one");
	ok(!outbox_waits(outbox), "nothing is to come before the commit");
	outbox_put(&draft, &redo);
	ok(!outbox_waits(outbox), "of all");
	redo_commit(&redo);
	ok(outbox_waits(outbox) && is_next(outbox_due(outbox, 5), "* last\n"), "then all is true");

	outbox_init(outbox);
	ok(!outbox_waits(outbox), "made empty, it waits for nothing");
	add(1, text, sizeof(text) - 4);
	is(add_turn(1, turn_replay(9), "* live\n", 5), -ENOSPC, "no place for its text");
	is((long long)word_get(&outbox->count), 1, "leaves no entry behind");
	ok(!outbox_waits(outbox), "and nothing is to come");
	is(add_turn(1, turn_replay(9), "* live\n", 4), 0, "just place");

	outbox_init(outbox);
	for (uint64_t due = 1; due <= OUTBOX_ENTRIES; due++)
		say(due, "x\n");
	is(add_turn(OUTBOX_ENTRIES, turn_replay(9), "", 0), -ENOSPC, "no entry left for it");
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

int main(void)
{
	test_dues();
	test_joins();
	test_drafts();
	test_full_of_bytes();
	test_full_of_entries();
	test_front();
	test_replay();
	test_move();
	test_turn_alone();
	test_turn_drafts();
	test_fat();
	return done();
}
