/*
 * test-outbox-sound.c - an outbox that was used is sound, and one that is sound can be used
 *
 * Whatever has been done to an outbox, it is sound.  Whatever has happened to its memory: if it
 * is said to be sound, nothing reads or writes beyond it.
 */
#include <stdint.h>
#include <string.h>

#include "chance.h"
#include "lone-outbox.h"
#include "tap.h"

enum { STEPS = 40000, FLIPS = 20000, WORDS = 7 };

static char text[OUTBOX_BEGIN];

static uint32_t any_size(uint64_t *state)
{
	static const uint32_t most[] = {1, 30, 3000, OUTBOX_CAPACITY + 1};

	return chance(state, most[chance(state, 4)]);
}

/* A front is put at the begin of what is not begun: at an entry's begin or at the end. */
static void add_front(uint64_t *state)
{
	uint32_t size = chance(state, 2) ? 1 + any_size(state) : chance(state, OUTBOX_BEGIN + 1);

	if (!outbox_has_front(outbox))
		put_front(text, size);
}

/* What was asked for, or its turn, at the position `due` of its log. */
static void random_turn(uint64_t *state, uint64_t *due)
{
	uint64_t turn = chance(state, 2) ? turn_replay(chance(state, 9))
					 : turn_move(chance(state, 9));
	uint32_t log;

	if (!outbox_waits(outbox)) {
		if (chance(state, 8) == 0)
			(void)add_turn(*due, turn, text, chance(state, 20));
	} else if (!outbox_turns(outbox, *due)) {
		return;
	} else if (outbox_moves(outbox, &log)) {
		add_front(state);
		put_turned(true);
		*due = chance(state, 300);
	} else {
		put_turned(false);
	}
}

/* Does one thing to it that a handler does. */
static void random_step(uint64_t *state, uint64_t *due)
{
	size_t owed;

	switch (chance(state, 9)) {
	case 0:
		*due += chance(state, 100);
		break;
	case 8:
		random_turn(state, due);
		break;
	case 1:
	case 2:
	case 3:
		add(*due, text, any_size(state));
		break;
	case 4:
		add_front(state);
		break;
	case 5:
		if (outbox_empty(outbox) || chance(state, 50) == 0)
			outbox_init(outbox);
		break;
	default:
		owed = outbox_due(outbox, *due - chance(state, (uint32_t)*due % 50 + 1));
		if (owed && chance(state, 2))
			owed = 1 + chance(state, (uint32_t)owed);
		word_set(&outbox->sent, word_get(&outbox->sent) + owed);
	}
}

/* What the walk came by: it is of no use if it never gets there. */
static struct {
	int fronts, below, full, entries, empty, waits, settled;
} seen;

static void note(void)
{
	seen.fronts += outbox_has_front(outbox);
	seen.below += word_get(&outbox->sent) < OUTBOX_BEGIN;
	seen.full += word_get(&outbox->head) > sizeof(outbox->bytes) - 4096;
	seen.entries += word_get(&outbox->count) > 10;
	seen.empty += outbox_empty(outbox) && word_get(&outbox->count) > 0;
	seen.waits += outbox_waits(outbox);
	seen.settled += word_get(&outbox->settled) > 0 &&
			word_get(&outbox->settled) < word_get(&outbox->count);
}

static void test_used(void)
{
	uint64_t state = CHANCE_SEED, due = 100;
	int unsound = 0;

	outbox_init(outbox);
	ok(outbox_is_sound(outbox), "a new one is sound");
	for (int i = 0; i < STEPS; i++) {
		random_step(&state, &due);
		unsound += !outbox_is_sound(outbox);
		note();
	}
	is(unsound, 0, "so it is after each of %d steps", STEPS);
	ok(seen.fronts > 1000 && seen.below > 1000, "%d with a front, %d in the headroom",
	   seen.fronts, seen.below);
	ok(seen.full > 1000 && seen.entries > 1000, "%d almost full, %d with many entries",
	   seen.full, seen.entries);
	ok(seen.empty > 1000, "%d empty, with entries that went out", seen.empty);
	ok(seen.waits > 1000 && seen.settled > 1000, "%d with a turn to come, %d after a move",
	   seen.waits, seen.settled);
}

static void test_full(void)
{
	const uint64_t one_more[] = {OUTBOX_ENTRIES, sizeof(outbox->bytes)}; /* due, begin */

	outbox_init(outbox);
	for (uint64_t due = 0; due < OUTBOX_ENTRIES; due++)
		add(due, text, OUTBOX_CAPACITY / OUTBOX_ENTRIES);
	is((long long)word_get(&outbox->head), sizeof(outbox->bytes), "full of bytes and entries");
	ok(outbox_is_sound(outbox), "is sound");
	memcpy(outbox->bytes, one_more, sizeof(one_more)); /* they lie where one more entry would */
	word_set(&outbox->count, OUTBOX_ENTRIES + 1);
	ok(!outbox_is_sound(outbox), "with one entry more it is not");
	word_set(&outbox->count, OUTBOX_ENTRIES);
	put_front(text, OUTBOX_BEGIN);
	ok(outbox_is_sound(outbox), "also with the longest front");
	word_set(&outbox->sent, sizeof(outbox->bytes));
	put_front(text, OUTBOX_BEGIN);
	ok(outbox_is_sound(outbox), "also with one when all is out");
}

/* Two entries of 10 bytes, the first due at 5, the second at 6. */
static void begin_pair(void)
{
	outbox_init(outbox);
	add(5, text, 10);
	add(6, text, 10);
}

static bool is_sound_with(word *where, uint64_t value)
{
	uint64_t before = word_get(where);
	bool sound;

	word_set(where, value);
	sound = outbox_is_sound(outbox);
	word_set(where, before);
	return sound;
}

static void test_positions(void)
{
	const uint64_t begin = OUTBOX_BEGIN, end = OUTBOX_BEGIN + 20;

	begin_pair();
	ok(is_sound_with(&outbox->sent, begin) && is_sound_with(&outbox->sent, end),
	   "`sent` is from the first entry's begin to the head");
	ok(!is_sound_with(&outbox->sent, begin - 1), "not before it, without a front");
	ok(!is_sound_with(&outbox->sent, end + 1), "not behind the head");
	ok(!is_sound_with(&outbox->sent, UINT64_MAX), "nor anywhere");
	ok(is_sound_with(&outbox->head, sizeof(outbox->bytes)), "the head is up to the end");
	ok(!is_sound_with(&outbox->head, sizeof(outbox->bytes) + 1), "not beyond");
	ok(!is_sound_with(&outbox->head, begin + 9), "nor within what lies before the last entry");
	ok(!is_sound_with(&outbox->head, begin - 1), "nor in the headroom");
	ok(is_sound_with(&outbox->front, begin) && is_sound_with(&outbox->front, end),
	   "a front ended between the first entry and the head");
	ok(!is_sound_with(&outbox->front, begin - 1), "not before");
	ok(!is_sound_with(&outbox->front, end + 1), "nor behind");

	word_set(&outbox->front, begin + 10);
	ok(is_sound_with(&outbox->sent, 10), "the longest front begins that far below");
	ok(!is_sound_with(&outbox->sent, 9), "no longer one can be");
}

static void test_entries(void)
{
	begin_pair();
	ok(!is_sound_with(&outbox->count, 0), "bytes of no entry");
	ok(!is_sound_with(&outbox->count, OUTBOX_ENTRIES + 1), "more entries than there can be");
	ok(!is_sound_with(&outbox->count, UINT64_MAX), "nor any number of them");
	outbox->entry[0].begin++;
	ok(!outbox_is_sound(outbox), "bytes before the first entry");
	begin_pair();
	outbox->entry[1].begin = OUTBOX_BEGIN - 1;
	ok(!outbox_is_sound(outbox), "a second before the first");
	begin_pair();
	outbox->entry[1].begin = OUTBOX_BEGIN + 21;
	ok(!outbox_is_sound(outbox), "an entry behind the head");
	begin_pair();
	outbox->entry[1].due = 5;
	ok(outbox_is_sound(outbox), "two may be due together: a turn came between them");
	outbox->entry[1].due = 4;
	ok(!outbox_is_sound(outbox), "the second does not come first");
	ok(!is_sound_with(&outbox->settled, 0), "in the log that it is of");
	ok(is_sound_with(&outbox->settled, 1), "but if the first one is of the log before");
	ok(is_sound_with(&outbox->settled, 2), "or both are");
	ok(!is_sound_with(&outbox->settled, 3), "no more than there are");
	ok(!is_sound_with(&outbox->settled, UINT64_MAX), "nor any number of them");
	begin_pair();
	ok(outbox_is_sound(outbox), "as it was made it is sound");
}

/* A turn between two entries of 10 bytes, and one byte that goes out behind it. */
static void begin_turn(void)
{
	outbox_init(outbox);
	add(5, text, 10);
	add_turn(6, turn_move(3), text, 1);
	add(6, text, 10);
}

static void test_turn(void)
{
	const uint64_t begin = OUTBOX_BEGIN + 10;

	begin_turn();
	ok(outbox_is_sound(outbox), "with a turn to come it is sound");
	ok(is_sound_with(&outbox->turn_entry, 0), "whichever entry stands behind it");
	ok(!is_sound_with(&outbox->turn_entry, 2), "if there is one");
	ok(!is_sound_with(&outbox->turn_entry, UINT64_MAX), "at all");
	ok(is_sound_with(&outbox->settled, 1), "of the log that it happens in");
	ok(!is_sound_with(&outbox->settled, 2), "not of the one before");
	ok(is_sound_with(&outbox->sent, begin), "all before it may be out");
	ok(!is_sound_with(&outbox->sent, begin + 1), "nothing behind it");
	word_set(&outbox->sent, begin);
	put_front(text, 20);
	ok(outbox_is_sound(outbox), "also with a front");
	ok(!is_sound_with(&outbox->front, begin + 1), "that ends before it");
	word_set(&outbox->turn, 0);
	ok(is_sound_with(&outbox->turn_entry, UINT64_MAX), "without one that word is nothing");
}

/* Two replays in a row, with something of another handler in between: each has a pair of entries.
 */
static void test_second_turn(void)
{
	outbox_init(outbox);
	add(5, text, 10);
	add_turn(5, turn_replay(1), text, 10);
	word_set(&outbox->sent, OUTBOX_BEGIN + 10);
	put_turned(false);
	add(8, text, 10);
	word_set(&outbox->sent, OUTBOX_BEGIN + 20);
	ok(outbox_is_sound(outbox), "a replay has ended, and a private line is there");
	add_turn(8, turn_replay(1), text, 10);
	ok(outbox_is_sound(outbox), "a second one is to come");
}

/* Changes words or bytes of what is not text. */
static void damage(uint64_t *state)
{
	const size_t size = offsetof(struct outbox, bytes);
	word *const words[WORDS] = {&outbox->sent,      &outbox->head, &outbox->front,
				    &outbox->count,     &outbox->turn, &outbox->settled,
				    &outbox->turn_entry};
	uint32_t count = (uint32_t)word_get(&outbox->count);

	for (uint32_t n = 1 + chance(state, 3); n > 0; n--) {
		word *one = words[chance(state, WORDS)];

		switch (chance(state, 7)) {
		case 0:
			((char *)outbox)[chance(state, (uint32_t)size)] ^= 1 << chance(state, 8);
			break;
		case 1:
			word_set(one, word_get(one) ^ UINT64_C(1) << chance(state, 64));
			break;
		case 2:
			word_set(one, chance(state, sizeof(outbox->bytes) + 2));
			break;
		case 3:
			word_set(one, word_get(one) + chance(state, 3) - 1);
			break;
		case 4:
			word_set(&outbox->count, chance(state, count + 2));
			break;
		case 5:
			word_set(chance(state, 2) ? &outbox->settled : &outbox->turn_entry,
				 chance(state, count + 2));
			break;
		default:
			outbox->entry[chance(state, count + 1) % OUTBOX_ENTRIES].begin =
				OUTBOX_BEGIN + chance(state, OUTBOX_CAPACITY);
		}
	}
}

/* Are `size` bytes from `sent` on inside of what is held? */
static bool is_held(size_t size)
{
	uint64_t sent = word_get(&outbox->sent), head = word_get(&outbox->head);

	return sent <= head && size <= head - sent && head <= sizeof(outbox->bytes);
}

/* Does all that can be done to it; the sanitizers see it, too. */
static int use_faults(uint64_t *state)
{
	uint64_t cursor = chance(state, 200);
	volatile char last = 0;
	uint32_t log;
	size_t due;
	int faults = 0;

	due = outbox_due(outbox, cursor);
	faults += !is_held(due);
	faults += outbox_has_front(outbox) && outbox_next_due(outbox) != 0;
	if (due && is_held(due))
		last = outbox->bytes[word_get(&outbox->sent) + due - 1];
	(void)last;
	(void)outbox_is_fat(outbox);
	(void)add(outbox_last_due(outbox) + chance(state, 2), text, any_size(state));
	faults += !outbox_is_sound(outbox);
	add_front(state);
	faults += !outbox_is_sound(outbox);
	for (int i = 0; i < OUTBOX_ENTRIES + 2 && !outbox_empty(outbox); i++) {
		if (outbox_turns(outbox, UINT64_MAX)) {
			put_turned(outbox_moves(outbox, &log));
			faults += !outbox_is_sound(outbox);
			continue;
		}
		due = outbox_due(outbox, UINT64_MAX);
		faults += !due || !is_held(due);
		word_set(&outbox->sent, word_get(&outbox->sent) + due);
		faults += !outbox_is_sound(outbox);
	}
	return faults + !outbox_empty(outbox);
}

static void test_damaged(void)
{
	uint64_t state = CHANCE_SEED, due;
	int sound = 0, unsound = 0, faults = 0;

	for (int i = 0; i < FLIPS; i++) {
		outbox_init(outbox);
		due = 1;
		for (uint32_t n = chance(&state, 12); n > 0; n--)
			random_step(&state, &due);
		damage(&state);
		if (!outbox_is_sound(outbox)) {
			unsound++;
			continue;
		}
		sound++;
		faults += use_faults(&state);
	}
	ok(sound > FLIPS / 20 && unsound > FLIPS / 20,
	   "of %d damaged ones %d were refused, %d could be used", FLIPS, unsound, sound);
	is(faults, 0, "and in no use was anything out of bounds");
}

int main(void)
{
	test_used();
	test_full();
	test_positions();
	test_entries();
	test_turn();
	test_second_turn();
	test_damaged();
	return done();
}
