/* test-room.c - what is said is in the log, and each line has its number */
#include <errno.h>

#include "chance.h"
#include "lone-room.h"
#include "tap.h"

enum { SIZE = ARENA_PAGE, LAPS = 6, LINES_MAX = (LAPS + 1) * SIZE };

static const char text[SIZE];
static struct lone_room lone;

static bool is_held(uint64_t position, const char *bytes)
{
	return memcmp(ring_at(&lone.room->ring, position), bytes, strlen(bytes)) == 0;
}

static void test_new(void)
{
	static struct lone_room other; /* of 64-byte alignment, which gcc's ASan denies to locals */
	const struct room_record *record;

	lone_room_open(&lone, SIZE, 2);
	lone_room_open(&other, 2 * SIZE, 1);
	record = lone.room->record;
	ok(strcmp(record->name, "lobby") == 0, "it has its name");
	is((long long)record->ring_size, SIZE, "and its ring's size");
	is((long long)room_head(lone.room), 0, "nothing was said");
	is((long long)word_get(&record->lines), 0, "not a line");
	is((long long)strlen(record->epoch), EPOCH_SIZE - 1, "an epoch");
	is((long long)strspn(record->epoch, "0123456789abcdefghijklmnopqrstuvwxyz"), EPOCH_SIZE - 1,
	   "of letters and digits");
	ok(strcmp(record->epoch, other.room->record->epoch) != 0, "of its own");
	pthread_mutex_lock(&lone.room->lock);
	is((long long)room_lines_before(lone.room, 0), 0, "no line before the first");
	pthread_mutex_unlock(&lone.room->lock);
	lone_room_close(&other);
	lone_room_close(&lone);
	room_free(NULL);
}

static void test_name(void)
{
	char name[ROOM_NAME_MAX + 1];
	struct room_place place = {.arena = &lone.arena, .area = LONE_ROOM_AT};
	struct waker *waker = &lone.waker[0];
	struct room *room;

	lone_room_open(&lone, SIZE, 1);
	memset(name, 'n', ROOM_NAME_MAX);
	name[ROOM_NAME_MAX] = '\0';
	place.record = (void *)(lone.arena.bytes + (size_t)3 * ARENA_PAGE);
	is(room_new(&room, &place, name, SIZE, &waker, 1), 0, "a room with the longest name");
	ok(strcmp(place.record->name, name) == 0, "which is kept whole");
	room_free(room);

	place.area++;
	is(room_new(&room, &place, name, SIZE, &waker, 1), -EINVAL, "no ring at an odd place");
	lone_room_close(&lone);
}

static void test_say(void)
{
	struct room_draft draft;

	lone_room_open(&lone, SIZE, 1);
	draft = room_begin(lone.room, 1);
	is(room_say(&draft, "one", 3), 0, "a line");
	is(room_say(&draft, "", 0), 0, "an empty one");
	is(room_say(&draft, "t\0o", 3), 0, "one with a NUL in it");
	is((long long)room_head(lone.room), 0, "nobody hears before it is committed");
	room_put(&draft, &lone.redo);
	is((long long)room_head(lone.room), 0, "nor when it is put into the commit");
	redo_commit(&lone.redo);
	room_end(&draft);
	is((long long)room_head(lone.room), 9, "then all is said");
	is((long long)word_get(&lone.room->record->lines), 3, "three lines");
	ok(memcmp(ring_at(&lone.room->ring, 0), "one\n\nt\0o\n", 9) == 0, "byte for byte");

	draft = room_begin(lone.room, 2);
	room_say(&draft, "never", 5);
	room_end(&draft);
	is((long long)room_head(lone.room), 9, "what is not committed was not said");
	is(lone_room_say(&lone, "four", 4), 0, "and is not in the way");
	ok(is_held(9, "four\n"), "of what comes after it");
	lone_room_close(&lone);
}

static void test_marks(void)
{
	lone_room_open(&lone, SIZE, 1);
	for (uint64_t i = 0; i <= 2ULL * MARK_LINES; i++)
		lone_room_say_at(&lone, 1000 + i, text, i % 7);
	for (uint64_t i = 0; i < 3; i++) {
		const struct room_mark *mark = &lone.room->marks[i];

		is((long long)mark->lines, (long long)i * MARK_LINES, "mark %d counts lines",
		   (int)i);
		is((long long)mark->time, 1000 + (long long)i * MARK_LINES, "and notes the time");
		ok(ring_line_begins(&lone.room->ring, mark->offset), "where a line begins");
	}
	lone_room_close(&lone);
}

/* Where each line begins; one more for the head. */
static uint64_t begins[LINES_MAX + 1];

/* Asks for the number at each line that is held; the number of wrong answers. */
static int count_faults(uint64_t lines)
{
	uint64_t head = begins[lines], oldest = head > SIZE ? head - SIZE : 0;
	int faults = word_get(&lone.room->record->lines) != lines || room_head(lone.room) != head;

	pthread_mutex_lock(&lone.room->lock);
	for (uint64_t i = lines; i > 0 && begins[i] >= oldest; i--)
		faults += room_lines_before(lone.room, begins[i]) != i;
	faults += oldest == 0 && room_lines_before(lone.room, 0) != 0;
	pthread_mutex_unlock(&lone.room->lock);
	return faults;
}

/* Lines of 0 ... longest bytes, over several laps. */
static void test_numbers(uint32_t longest)
{
	uint64_t state = CHANCE_SEED, lines = 0;
	int faults = 0, looks = 0;

	lone_room_open(&lone, SIZE, 1);
	while (begins[lines] < (uint64_t)LAPS * SIZE) {
		uint32_t size = chance(&state, longest + 1);

		faults += lone_room_say(&lone, text, size) != 0;
		begins[lines + 1] = begins[lines] + size + 1;
		lines++;
		if (chance(&state, (uint32_t)(SIZE / (longest + 1)) + 1) == 0 ||
		    (lines >= SIZE && lines <= SIZE + 2) || lines == MARK_LINES) {
			faults += count_faults(lines);
			looks++;
		}
	}
	faults += count_faults(lines);
	is(faults, 0, "%llu lines of up to %u bytes, each with its number, looked at %d times",
	   (unsigned long long)lines, longest, looks + 1);
	lone_room_close(&lone);
}

static void test_limit_alone(void)
{
	lone_room_open(&lone, SIZE, 1);
	is(lone_room_say(&lone, text, SIZE - 1), -ENOSPC,
	   "one that fills the ring: the byte before it would be lost");
	is((long long)room_head(lone.room), 0, "was not said");
	is(lone_room_say(&lone, text, SIZE - 2), 0, "one byte less: nobody is in the way");
	is(lone_room_say(&lone, text, SIZE - 2), 0, "and again");
	lone_room_close(&lone);
}

static void test_limit_of_draft(void)
{
	struct room_draft draft;
	int lines = 0;

	lone_room_open(&lone, SIZE, 1);
	lone_room_hold(&lone, 0, 0);
	draft = room_begin(lone.room, 0);
	while (room_say(&draft, text, 9) == 0)
		lines++;
	is(lines, (SIZE - 1) / 10, "a draft ends where unread lines begin");
	is((long long)draft.lines, lines, "and keeps those that did fit");
	room_put(&draft, &lone.redo);
	redo_commit(&lone.redo);
	room_end(&draft);
	is((long long)room_head(lone.room), 10LL * lines, "which can be said");
	lone_room_close(&lone);
}

/* A reader at a position, the head so far above: what fits, and what just does not? */
static int limit_faults(uint64_t position, uint64_t ahead)
{
	const size_t free = (size_t)(SIZE - 1 - ahead);
	char unread[SIZE];
	int faults = 0;

	lone_room_open(&lone, SIZE, 2);
	lone_room_fill(&lone, position);
	lone_room_hold(&lone, 1, position);
	lone_room_fill(&lone, position + ahead);
	memcpy(unread, ring_at(&lone.room->ring, position), (size_t)ahead);

	faults += lone_room_say(&lone, text, free) != -ENOSPC;
	faults += room_head(lone.room) != position + ahead;
	if (free > 0)
		faults += lone_room_say(&lone, text, free - 1) != 0;
	faults += lone_room_say(&lone, text, 0) != -ENOSPC;
	faults += memcmp(unread, ring_at(&lone.room->ring, position), (size_t)ahead) != 0;
	faults += position > 0 && !ring_line_begins(&lone.room->ring, position);

	gate_publish(lone.room, 1, position + 1); /* it has read one byte: that much more fits */
	faults += lone_room_say(&lone, text, 1) != -ENOSPC;
	faults += lone_room_say(&lone, text, 0) != 0;
	lone_room_close(&lone);
	return faults;
}

static void test_limit(void)
{
	uint64_t state = CHANCE_SEED;
	int faults = 0, runs = 200;

	for (uint64_t ahead = 1; ahead < 4; ahead++)
		faults += limit_faults(0, ahead) + limit_faults(0, SIZE - ahead);
	for (int i = 0; i < runs; i++)
		faults += limit_faults(chance(&state, 3 * SIZE), 1 + chance(&state, SIZE - 1));
	is(faults, 0, "-ENOSPC exactly where something unread would be overwritten");
}

int main(void)
{
	test_new();
	test_name();
	test_say();
	test_marks();
	test_numbers(0);
	test_numbers(1);
	test_numbers(20);
	test_numbers(SIZE / 4);
	test_limit_alone();
	test_limit_of_draft();
	test_limit();
	return done();
}
