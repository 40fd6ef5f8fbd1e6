/* test-room-adopt.c - a room goes on in the next process, also when its marks are damaged */
#include <errno.h>

#include "chance.h"
#include "lone-room.h"
#include "tap.h"

enum { SIZE = ARENA_PAGE, DAMAGES = 1000 };

static const char text[SIZE];
static struct lone_room lone;

static struct room_record *record(void)
{
	return (void *)(lone.arena.bytes + ARENA_PAGE);
}

static int adopt(int handlers)
{
	const struct room_place place = {&lone.arena, record(), LONE_ROOM_AT};
	struct waker *wakers[LONE_HANDLERS_MAX];

	for (int i = 0; i < LONE_HANDLERS_MAX; i++)
		wakers[i] = &lone.waker[i];
	return room_adopt(&lone.room, &place, wakers, handlers);
}

/* The process dies, and the next one finds the record. */
static void die(void)
{
	room_free(lone.room);
	lone.room = NULL;
}

static uint64_t lines_before(uint64_t position)
{
	uint64_t lines;

	pthread_mutex_lock(&lone.room->lock);
	lines = room_lines_before(lone.room, position);
	pthread_mutex_unlock(&lone.room->lock);
	return lines;
}

static void test_goes_on(void)
{
	struct room_record before;
	uint64_t head;

	lone_room_open(&lone, SIZE, 1);
	lone_room_fill(&lone, 5ULL * SIZE / 2);
	lone_room_say(&lone, "before", 6);
	before = *lone.room->record;
	head = room_head(lone.room);
	die();
	is(adopt(3), 0, "the next process takes a room over");
	ok(memcmp(&before, lone.room->record, sizeof(before)) == 0, "nothing is changed in it");
	is((long long)lone.room->ring.size, SIZE, "its ring is as large");
	is(lone.room->handlers, 3, "there may be more handlers");
	ok(memcmp(ring_at(&lone.room->ring, head - 7), "before\n", 7) == 0,
	   "what was said is there");
	is((long long)lines_before(head - 7), (long long)word_get(&before.lines) - 1,
	   "with its number");

	is(lone_room_say(&lone, "after", 5), 0, "more can be said");
	is((long long)room_head(lone.room), (long long)head + 6, "behind it");
	is((long long)word_get(&lone.room->record->lines), (long long)word_get(&before.lines) + 1,
	   "with the next number");
	lone_room_hold(&lone, 2, head);
	is(lone_room_say(&lone, text, SIZE - 7), -ENOSPC, "nothing unread is overwritten");
	is(lone_room_say(&lone, text, SIZE - 8), 0, "all else is");
	lone_room_close(&lone);
}

static void test_nothing(void)
{
	static const struct room_record nothing;

	lone_room_open(&lone, SIZE, 1);
	die();
	memset(record(), 0, sizeof(nothing));
	is(adopt(1), -EBADMSG, "where no room was there is none to take over");
	ok(!lone.room && memcmp(record(), &nothing, sizeof(nothing)) == 0, "and none is made");
	lone_room_close(&lone);
}

static int adopt_with(const struct room_record *damaged)
{
	struct room_record good = *record();
	int r;

	*record() = *damaged;
	r = adopt(1);
	if (r == 0)
		die();
	*record() = good;
	return r;
}

static int adopt_size(uint64_t size)
{
	struct room_record damaged = *record();

	damaged.ring_size = size;
	return adopt_with(&damaged);
}

static int adopt_counts(uint64_t head, uint64_t lines)
{
	struct room_record damaged = *record();

	word_set(&damaged.head, head);
	word_set(&damaged.lines, lines);
	return adopt_with(&damaged);
}

static void test_numbers(void)
{
	const uint64_t far = UINT64_C(1) << 62;

	is(adopt_size(SIZE), 0, "as it was");
	is(adopt_size(ROOM_RING_MAX), 0, "the largest ring");
	is(adopt_size(2 * ROOM_RING_MAX), -EBADMSG, "a larger one");
	is(adopt_size(ARENA_PAGE / 2), -EBADMSG, "one of half a page");
	is(adopt_size(3ULL * ARENA_PAGE), -EBADMSG, "no power of two");
	is(adopt_size(SIZE + 1), -EBADMSG, "not whole pages");
	is(adopt_size(0), -EBADMSG, "none");
	is(adopt_size(UINT64_C(1) << 63), -EBADMSG, "half of everything");

	is(adopt_counts(100, 100), 0, "a hundred empty lines");
	is(adopt_counts(100, 101), -EBADMSG, "more lines than bytes");
	is(adopt_counts(far - 1, 5), 0, "the farthest head");
	is(adopt_counts(far, 5), -EBADMSG, "one that nobody reaches");
	is(adopt_counts(UINT64_MAX, UINT64_MAX), -EBADMSG, "or anything");
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
	char longest[ROOM_NAME_MAX + 1];

	memset(longest, 'n', sizeof(longest));
	is(adopt_name("x", 2), 0, "another name");
	is(adopt_name("", 1), -EBADMSG, "none");
	is(adopt_name(longest, sizeof(longest)), -EBADMSG, "one without an end");
	longest[ROOM_NAME_MAX] = '\0';
	is(adopt_name(longest, sizeof(longest)), 0, "the longest");

	is(adopt_epoch("0123456"), 0, "another epoch");
	is(adopt_epoch("01234567"), -EBADMSG, "one without an end");
	is(adopt_epoch("012345\0"), -EBADMSG, "a short one");
	is(adopt_epoch("\0\0\0\0\0\0\0"), -EBADMSG, "none");
	is(adopt_epoch("01\n3456"), -EBADMSG, "one with something else in it");
	is(adopt_epoch("0123456"), 0, "and again a good one");
}

static void test_damaged_record(void)
{
	lone_room_open(&lone, SIZE, 1);
	die();
	test_numbers();
	test_names();
	lone_room_close(&lone);
}

/* Where the lines begin that are held; the last one: the head. */
static uint64_t held[SIZE + 2];
static uint64_t count, first; /* number of the first */

static void say_some(uint64_t *state)
{
	uint64_t size = SIZE - 1, at;
	uint32_t longest = 1 + chance(state, 40);

	for (uint64_t i = 0; i < 3 * SIZE / longest; i++)
		lone_room_say(&lone, text, chance(state, longest));
	count = 0;
	for (at = room_head(lone.room); size > 0; size--, at--)
		if (ring_line_begins(&lone.room->ring, at))
			held[count++] = at;
	first = word_get(&lone.room->record->lines) - (count - 1);
}

static void damage_mark(uint64_t *state)
{
	struct room *room = lone.room;
	uint64_t head = room_head(room), lines = word_get(&room->record->lines);
	struct room_mark *mark = &room->marks[chance(state, (uint32_t)room->marks_count)];
	struct room_mark *last = &room->marks[(lines - 1) / MARK_LINES % room->marks_count];

	switch (chance(state, 6)) {
	case 0:
		*mark = (struct room_mark){0};
		break;
	case 1:
		last->offset = head + chance(state, 3 * SIZE);
		break;
	case 2:
		last->offset = UINT64_MAX - chance(state, 3);
		break;
	case 3:
		mark->offset ^= UINT64_C(1) << chance(state, 64);
		break;
	case 4:
		mark->lines ^= UINT64_C(1) << chance(state, 64);
		break;
	default: /* one that repeats itself */
		for (uint64_t i = 0; i < room->marks_count; i++)
			room->marks[i].offset = head - chance(state, SIZE);
	}
}

/* A mark is believed if it may be true; then the number is wrong by what the mark is. */
static void test_damaged_marks(void)
{
	uint64_t state = CHANCE_SEED, right = 0, wrong = 0;

	for (int i = 0; i < DAMAGES; i++) {
		if (i % 100 == 0)
			lone_room_open(&lone, SIZE, 1);
		if (i % 10 == 0)
			say_some(&state);
		damage_mark(&state);
		for (uint64_t n = 0; n < count; n += 1 + chance(&state, 20)) {
			if (lines_before(held[n]) == first + count - 1 - n)
				right++;
			else
				wrong++;
		}
		if (i % 100 == 99)
			lone_room_close(&lone);
	}
	ok(right > wrong, "%d damaged marks: %llu numbers right, %llu wrong, none out of bounds",
	   DAMAGES, (unsigned long long)right, (unsigned long long)wrong);
}

/* Marks that are plainly none cost nothing but time. */
static void test_useless_marks(void)
{
	static const uint64_t useless[] = {0, 1, 99 * SIZE, UINT64_MAX, UINT64_C(1) << 63};
	uint64_t state = CHANCE_SEED;
	int wrong = 0;

	lone_room_open(&lone, SIZE, 1);
	say_some(&state);
	for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
		for (uint64_t n = 0; n < lone.room->marks_count; n++)
			lone.room->marks[n].offset = useless[i];
		for (uint64_t n = 0; n < count; n++)
			wrong += lines_before(held[n]) != first + count - 1 - n;
	}
	is(wrong, 0, "without one good mark all numbers are right");

	for (uint64_t n = 0; n < lone.room->marks_count; n++)
		lone.room->marks[n] = (struct room_mark){.offset = held[1]};
	word_set(&lone.room->record->lines, held[0]);
	ok(lines_before(held[count - 1]) <= held[0],
	   "many lines and one mark do not take for ever");
	lone_room_close(&lone);
}

int main(void)
{
	test_goes_on();
	test_nothing();
	test_damaged_record();
	test_damaged_marks();
	test_useless_marks();
	return done();
}
