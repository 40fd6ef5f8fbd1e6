/* test-room-adopt.c - a room goes on in the next process, if it can be one */
#include <errno.h>
#include <sys/stat.h>

#include "lone-room.h"
#include "tap.h"

enum { SIZE = ARENA_PAGE };

static struct lone_room lone;

static struct room_record *record(void)
{
	return lone_room_record(&lone);
}

static uint64_t lines_before(const struct rendering *rendering, uint64_t position)
{
	struct rendering_at at;

	pthread_mutex_lock(&lone.room->lock);
	at = rendering_at(rendering, position);
	pthread_mutex_unlock(&lone.room->lock);
	return at.lines;
}

static void test_goes_on(void)
{
	struct room_record before;
	uint64_t head;

	lone_room_open(&lone, SIZE, 1);
	lone_room_grow(&lone, 5ULL * SIZE / 2);
	lone_room_say_that(&lone, lone_joins("ann"));
	lone_room_say(&lone, "before", 6);
	before = *lone.room->record;
	head = rendering_head(lone.text);
	lone_room_die(&lone);
	is(lone_room_adopt(&lone, 3), 0, "the next process takes a room over");
	ok(memcmp(&before, lone.room->record, sizeof(before)) == 0, "nothing is changed in it");
	is((long long)lone.text->ring.size, SIZE, "its rings are as large");
	is(lone.text->handlers, 3, "there may be more handlers");
	ok(rendering_is_filled(lone.text) && !rendering_is_filled(lone.json),
	   "what was read is still filled, the other is not");
	ok(memcmp(ring_at(&lone.text->ring, head - 7), "before\n", 7) == 0,
	   "what was said is there");
	is((long long)lines_before(lone.text, head - 7), (long long)word_get(&before.lines) - 1,
	   "with its number");

	is(lone_room_say(&lone, "after", 5), 0, "more can be said");
	is((long long)rendering_head(lone.text), (long long)head + 6, "behind it");
	is((long long)room_lines(lone.room), (long long)word_get(&before.lines) + 1,
	   "with the next number");
	lone_room_hold(&lone, 2, head);
	is(lone_room_say_bytes(&lone, SIZE - 6), -ENOSPC, "nothing unread is overwritten");
	is(lone_room_say_bytes(&lone, SIZE - 7), 0, "all else is");
	lone_room_close(&lone);
}

/* A draft of the process before: its bytes and its notes are there, and none of it was said. */
static void test_draft(void)
{
	struct said said = lone_said("never", 5), join = lone_joins("ann");
	struct room_draft draft;
	int faults = 0;

	lone_room_open(&lone, SIZE, 1);
	for (int i = 0; i < MARK_LINES - 3; i++)
		lone_room_say(&lone, "line", 4);
	draft = lone_room_begin(&lone);
	for (int i = 0; i < MARK_LINES; i++)
		faults += room_say(&draft, i % 2 ? &said : &join);
	room_put(&draft, &lone.redo); /* and not committed */
	room_end(&draft);
	lone_room_die(&lone);
	lone.redo.count = 0;
	is(lone_room_adopt(&lone, 1), 0, "a room that died with a draft in hand");
	is((long long)room_lines(lone.room), MARK_LINES - 3, "has what was committed");
	for (uint64_t i = 0; i < 2ULL * MARK_LINES; i++) {
		if (i % 2)
			lone_room_say_that(&lone, lone_joins("bob"));
		else
			lone_room_say(&lone, "line", 4);
	}
	for (uint64_t i = 0; i < MARK_LINES; i++)
		faults += lines_before(lone.text, 5 * (MARK_LINES - 3 + i)) !=
			  MARK_LINES - 3 + 2 * i;
	is(faults, 0, "what it noted of silent lines is not mistaken for what is said then");
	lone_room_close(&lone);
}

static void test_nothing(void)
{
	static const struct room_record nothing;

	lone_room_open(&lone, SIZE, 1);
	lone_room_die(&lone);
	memset(record(), 0, sizeof(nothing));
	is(lone_room_adopt(&lone, 1), -EBADMSG, "where no room was there is none to take over");
	ok(!lone.room && memcmp(record(), &nothing, sizeof(nothing)) == 0, "and none is made");
	lone_room_close(&lone);
}

static int adopt_with(const struct room_record *damaged)
{
	struct room_record good = *record();
	int r;

	*record() = *damaged;
	r = lone_room_adopt(&lone, 1);
	if (r == 0)
		lone_room_die(&lone);
	*record() = good;
	return r;
}

static int adopt_size(uint64_t size)
{
	struct room_record damaged = *record();

	damaged.ring_size = size;
	return adopt_with(&damaged);
}

/* In either rendering it makes the same difference. */
static int adopt_counts(uint64_t head, uint64_t shown, uint64_t lines)
{
	int r[RENDERINGS];

	for (int kind = 0; kind < RENDERINGS; kind++) {
		struct room_record damaged = *record();

		word_set(&damaged.renderings[kind].head, head);
		word_set(&damaged.renderings[kind].shown, shown);
		word_set(&damaged.lines, lines);
		r[kind] = adopt_with(&damaged);
	}
	return r[0] == r[1] ? r[0] : 1;
}

static int adopt_begun(uint64_t begun, uint64_t begun_at)
{
	struct room_record damaged = *record();

	word_set(&damaged.renderings[RENDERING_JSON].head, 100);
	word_set(&damaged.lines, 10);
	word_set(&damaged.renderings[RENDERING_JSON].begun, begun);
	word_set(&damaged.renderings[RENDERING_JSON].begun_at, begun_at);
	return adopt_with(&damaged);
}

static void test_numbers(void)
{
	const uint64_t far = UINT64_C(1) << 62;

	is(adopt_size(SIZE), 0, "as it was");
	is(adopt_size(RING_SIZE_MAX), 0, "the largest rings");
	is(adopt_size(2 * RING_SIZE_MAX), -EBADMSG, "larger ones");
	is(adopt_size(ARENA_PAGE / 2), -EBADMSG, "of half a page");
	is(adopt_size(3ULL * ARENA_PAGE), -EBADMSG, "no power of two");
	is(adopt_size(SIZE + 1), -EBADMSG, "not whole pages");
	is(adopt_size(0), -EBADMSG, "none");
	is(adopt_size(UINT64_C(1) << 63), -EBADMSG, "half of everything");

	is(adopt_counts(100, 100, 100), 0, "a hundred empty lines");
	is(adopt_counts(100, 100, 900), 0, "and many silent ones");
	is(adopt_counts(100, 101, 900), -EBADMSG, "more lines that show than bytes");
	is(adopt_counts(900, 101, 100), -EBADMSG, "more lines that show than lines");
	is(adopt_counts(far - 1, 5, 5), 0, "the farthest head");
	is(adopt_counts(far, 5, 5), -EBADMSG, "one that nobody reaches");
	is(adopt_counts(900, 5, far), -EBADMSG, "so many lines");
	is(adopt_counts(UINT64_MAX, UINT64_MAX, UINT64_MAX), -EBADMSG, "or anything");

	is(adopt_begun(10, 100), 0, "begun at the end");
	is(adopt_begun(11, 100), -EBADMSG, "with a line that was not said");
	is(adopt_begun(10, 101), -EBADMSG, "at a place behind the head");
}

static int adopt_name(const char *name, size_t size)
{
	struct room_record damaged = *record();

	memcpy(damaged.name, name, size);
	return adopt_with(&damaged);
}

static int adopt_epoch(const char *epoch)
{
	struct room_record damaged = *record();

	memcpy(damaged.epoch, epoch, EPOCH_SIZE);
	return adopt_with(&damaged);
}

static void test_names(void)
{
	char longest[NAME_MAX_BYTES + 1];

	memset(longest, 'n', sizeof(longest));
	is(adopt_name("x", 2), 0, "another name");
	is(adopt_name(longest, sizeof(longest)), -EBADMSG, "one without an end");
	longest[NAME_MAX_BYTES] = '\0';
	is(adopt_name(longest, sizeof(longest)), 0, "the longest");

	is(adopt_epoch("0123456"), 0, "another epoch");
	is(adopt_epoch("01234567"), -EBADMSG, "one without an end");
	is(adopt_epoch("012345\0"), -EBADMSG, "a short one");
	is(adopt_epoch("\0\0\0\0\0\0\0"), -EBADMSG, "none");
	is(adopt_epoch("01\n3456"), -EBADMSG, "one with something else in it");
	is(adopt_epoch("01i3456"), -EBADMSG, "or a letter that no epoch has");
	is(adopt_epoch("0123456"), 0, "and again a good one");
}

static void test_damaged_record(void)
{
	lone_room_open(&lone, SIZE, 1);
	lone_room_die(&lone);
	test_numbers();
	test_names();
	lone_room_close(&lone);
}

static blkcnt_t blocks(void)
{
	struct stat st;

	if (fstat(lone.arena.fd, &st) < 0)
		abort();
	return st.st_blocks;
}

/* It died when it had stored that nobody reads a rendering, and not given its memory back yet. */
static void test_half_rested(void)
{
	blkcnt_t before;

	lone_room_open(&lone, 64 * SIZE, 1);
	before = blocks();
	lone_room_fill(&lone, RENDERING_JSON);
	lone_room_grow(&lone, 4096);
	for (int i = 0; i < 3000; i++)
		lone_room_say(&lone, "said", 4);
	ok(blocks() - before > 64 * SIZE / 512, "a ring was filled");
	word_set(&lone.json->record->filled, 0);
	lone_room_die(&lone);
	is(lone_room_adopt(&lone, 1), 0, "a room one of whose renderings was about to rest");
	ok(blocks() - before < 64 * SIZE / 512, "its memory is given back");
	ok(*ring_at(&lone.json->ring, 100) == '\0', "so it holds nothing");
	ok(memcmp(ring_at(&lone.text->ring, 4096), "said\n", 5) == 0, "the other one is untouched");
	lone_room_close(&lone);
}

int main(void)
{
	test_goes_on();
	test_draft();
	test_nothing();
	test_damaged_record();
	test_half_rested();
	return done();
}
