/* test-rooms-adopt.c - rooms that lie in the arena go on, and no memory of one that went is lost */
#include <errno.h>

#include "chance.h"
#include "lone-rooms.h"
#include "tap.h"

static void test_memory(void)
{
	struct room *room;
	long before, full;

	begin();
	rooms_leave(&rooms, enter("first")); /* the pages that its record is in */
	before = kib();
	room = enter("loud");
	fill(room, LAPS);
	full = kib();
	ok(full - before >= 2 * RING / 1024, "two rings of %d KiB take %ld", RING / 1024,
	   full - before);
	is(start_again(), 0, "a process that ends");
	is(kib(), full, "gives nothing of it back");
	rooms_leave(&rooms, rooms_use(&rooms, 1));
	is(kib(), before, "it is given back when the last one goes");
	is(start_again(), 0, "the next process");
	ok(find("loud") == -1 && rooms.count == 1, "knows nothing of it");

	room = enter("quiet");
	is(room->number, 1, "the number is used again");
	ok(*ring_at(&room->renderings[RENDERING_TEXT].ring, 0) == '\0', "with nothing in its log");
	end();
}

/* Died in the midst of making a room, or of letting one go: there is none, and no memory is lost.
 */
static void test_half_done(void)
{
	long before;

	begin();
	rooms_leave(&rooms, enter("first"));
	before = kib();
	fill(enter("half"), LAPS);
	record(1)->ring_size = 0;
	is(start_again(), 0, "a room that died half made or half gone");
	ok(find("half") == -1 && !rooms.list[1], "is none");
	is(kib(), before, "its memory is given back");
	is((long long)record(1)->used, 0, "and that is noted");
	is(enter("new")->number, 1, "its number can be used");
	end();
}

/* Starts with what the arena holds now, and with what it held before. */
static int start_with(uint32_t number, const struct room_record *damaged)
{
	struct room_record good = *record(number);
	int r;

	rooms_done(&rooms);
	*record(number) = *damaged;
	r = open_rooms(RING);
	rooms_done(&rooms);
	*record(number) = good;
	if (open_rooms(RING) < 0)
		abort();
	return r;
}

static int start_with_name(uint32_t number, const char *name)
{
	struct room_record damaged = *record(number);

	memset(damaged.name, 0, sizeof(damaged.name));
	memcpy(damaged.name, name, strlen(name));
	return start_with(number, &damaged);
}

static void test_damaged(void)
{
	struct room_record damaged;

	begin();
	enter("tea");
	enter("coffee");
	is(start_again(), 0, "three rooms");
	ok(is_room(1, "tea") && is_room(2, "coffee"), "are found");
	is(start_with_name(1, "milk"), 0, "one by another name is another room");
	is(start_with_name(1, ""), -EBADMSG, "one without a name is none");
	is(start_with_name(1, "-x"), -EBADMSG, "nor one with a name that cannot be");
	is(start_with_name(1, "you"), -EBADMSG, "or that is reserved");
	is(start_with_name(1, "COFFEE"), -EBADMSG, "nor can two have one name");
	damaged = *record(2);
	damaged.ring_size = 3;
	is(start_with(2, &damaged), -EBADMSG, "nor a ring of three bytes");
	ok(is_room(1, "tea") && is_room(2, "coffee"), "and as it was it can be taken over");

	rooms_done(&rooms);
	word_set(top(), ROOMS_MAX + 1);
	is(open_rooms(RING), -EBADMSG, "more numbers than there are");
	rooms_done(&rooms);
	word_set(top(), 3);
	is(open_rooms(RING), 0, "but not with as many as there were");
	end();
}

/* Any damage to the records: taken over or refused, nothing is read beyond what is there. */
static void test_damaged_by_chance(void)
{
	enum { ROUNDS = 600, USED = 4 };
	uint64_t state = CHANCE_SEED;
	struct room_record good[USED];
	int taken = 0, refused = 0, faults = 0;

	begin();
	enter("tea");
	fill(enter("coffee"), LAPS);
	enter("milk");
	rooms_done(&rooms);
	memcpy(good, record(0), sizeof(good));
	for (int i = 0; i < ROUNDS; i++) {
		int r;

		memcpy(record(0), good, sizeof(good));
		for (uint32_t n = 1 + chance(&state, 3); n > 0; n--)
			((char *)record(0))[chance(&state, sizeof(good))] =
				(char)(chance(&state, 2) ? chance(&state, 256) : 0);
		r = open_rooms(RING);
		taken += r == 0;
		refused += r == -EBADMSG;
		faults += r != 0 && r != -EBADMSG;
		if (r == 0) {
			faults += rooms.count > USED || !rooms.list[LOBBY];
			fill(rooms_use(&rooms, LOBBY), 100);
			rooms_sweep(&rooms);
			faults += rooms.count != 1;
		}
		rooms_done(&rooms);
		word_set(top(), USED);
	}
	is(faults, 0, "of %d damaged sets of rooms %d are taken over, %d refused", ROUNDS, taken,
	   refused);
	ok(taken > ROUNDS / 20 && refused > ROUNDS / 20, "some of each");
	memcpy(record(0), good, sizeof(good));
	if (open_rooms(RING) < 0)
		abort();
	end();
}

int main(void)
{
	test_memory();
	test_half_done();
	test_damaged();
	test_damaged_by_chance();
	return done();
}
