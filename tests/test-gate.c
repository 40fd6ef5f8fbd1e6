/* test-gate.c - the gate shuts and opens at one mark, and wakes who waits for it */
#include <errno.h>
#include <sys/eventfd.h>

#include "lone-room.h"
#include "tap.h"

enum {
	SIZE = ARENA_PAGE,
	MOST = SIZE - SIZE / 4, /* so much may be unread while the gate is open */
};

static struct lone_room lone;

/* The room says so many bytes more than the slowest client of handler 1 has read. */
static void open_room(uint64_t ahead)
{
	lone_room_open(&lone, SIZE, 3);
	lone_room_grow(&lone, 5000);
	lone_room_hold(&lone, 0, 5000);
	lone_room_hold(&lone, 1, 5000);
	lone_room_grow(&lone, 5000 + ahead);
	gate_publish(lone.text, 0, 5000 + ahead);
}

static bool woken(int handler)
{
	eventfd_t count = 0;

	return eventfd_read(lone.waker[handler].fd, &count) == 0;
}

static bool resumes(int handler)
{
	return atomic_load(&lone.text->readers[handler].resume);
}

static void test_shut(void)
{
	open_room(MOST + 1);
	ok(!gate_is_shut(lone.text), "open at first");
	for (int i = 0; i < 3; i++)
		waker_lie_down(&lone.waker[i]);
	gate_shut(lone.text, 0, 1234);
	ok(gate_is_shut(lone.text), "a line did not fit: shut");
	is((long long)atomic_load(&lone.text->gated_since), 1234, "since when is known");
	ok(!woken(0), "who has shut it knows");
	ok(woken(1), "the others are told: they may have laggards");
	ok(!woken(2), "but not those who have no client here");
	gate_shut(lone.text, 1, 5678);
	is((long long)atomic_load(&lone.text->gated_since), 1234, "the grace begins but once");
	ok(!resumes(0) && !resumes(1) && !resumes(2), "nobody goes on");
	lone_room_close(&lone);
}

static void test_publish(void)
{
	open_room(MOST + 100);
	gate_shut(lone.text, 0, 1);
	gate_publish(lone.text, 1, 5000 + 99);
	ok(gate_is_shut(lone.text), "one byte short of a quarter: still shut");
	for (int i = 0; i < 3; i++)
		waker_lie_down(&lone.waker[i]);
	gate_publish(lone.text, 1, 5000 + 100);
	ok(!gate_is_shut(lone.text), "a quarter is free: open");
	ok(resumes(0) && resumes(1), "all let their senders on");
	ok(woken(0) && woken(1), "and are woken for it");
	ok(resumes(2) && woken(2), "also one whose senders read the other rendering");

	atomic_store(&lone.text->readers[0].resume, false);
	gate_publish(lone.text, 1, 5000 + 200);
	ok(!resumes(0), "an open gate opens no further");
	gate_publish(lone.text, 1, UINT64_MAX);
	ok(!gate_is_shut(lone.text), "nor when the last client goes");
	lone_room_close(&lone);
}

static void test_nobody_left(void)
{
	open_room(SIZE - 1);
	gate_shut(lone.text, 0, 1);
	ok(gate_is_shut(lone.text), "shut");
	gate_publish(lone.text, 1, UINT64_MAX);
	ok(!gate_is_shut(lone.text), "the only laggards have gone: open");
	gate_shut(lone.text, 0, 9);
	ok(!gate_is_shut(lone.text), "there is nothing to shut it for");

	lone_room_hold(&lone, 1, rendering_head(lone.text));
	lone_room_grow(&lone, rendering_head(lone.text) + SIZE - 1);
	gate_shut(lone.text, 0, 10);
	is((long long)atomic_load(&lone.text->gated_since), 10, "a new grace for a new shutting");
	lone_room_close(&lone);
}

/* Shutting and publishing agree on what is enough, or a sender would sleep for ever. */
static void test_same_mark(void)
{
	int differing = 0, first_shut = 0;

	for (int ahead = 1; ahead < SIZE; ahead++) {
		bool stays, opens;

		open_room((uint64_t)ahead);
		gate_shut(lone.text, 0, 1);
		stays = gate_is_shut(lone.text);
		lone_room_close(&lone);

		open_room(SIZE - 1);
		gate_shut(lone.text, 0, 1);
		gate_publish(lone.text, 1, 5000 + SIZE - 1 - (uint64_t)ahead);
		opens = !gate_is_shut(lone.text);
		lone_room_close(&lone);

		differing += stays == opens;
		if (stays && !first_shut)
			first_shut = ahead;
	}
	is(differing, 0, "shutting and opening use the same mark");
	is(first_shut, MOST + 1, "shut when less than a quarter is free");
}

static void test_line_fits(void)
{
	open_room(MOST);
	gate_shut(lone.text, 0, 1);
	ok(!gate_is_shut(lone.text), "just enough is free");
	is(lone_room_say_bytes(&lone, SIZE / 4 - 1), 0, "a line of a quarter less one fits");
	lone_room_close(&lone);

	open_room(MOST);
	is((long long)room_line_max(lone.room), SIZE / 4 - 1, "which is what the room promises");
	is(lone_room_say_bytes(&lone, room_line_max(lone.room) + 1), -ENOSPC, "one more may not");
	lone_room_close(&lone);
}

static void test_hold(void)
{
	const uint64_t free = SIZE - 1 - 50; /* above one who is 50 bytes behind */
	uint64_t head, min;

	open_room(100);
	head = rendering_head(lone.text);
	lone_room_hold(&lone, 1, head);
	min = atomic_load(&lone.text->readers[1].min);
	is((long long)min, 5000, "one who is further raises no minimum");
	lone_room_hold(&lone, 2, head);
	is((long long)atomic_load(&lone.text->readers[2].min), (long long)head, "the first counts");

	gate_publish(lone.text, 1, head);
	pthread_mutex_lock(&lone.room->lock);
	gate_renew_limit(lone.text);
	is((long long)lone.text->limit, (long long)head + SIZE - 1, "all have read all");
	pthread_mutex_unlock(&lone.room->lock);
	lone_room_hold(&lone, 1, head - 50);
	is((long long)lone.text->limit, (long long)(head + free), "one takes a place behind");
	is(lone_room_say_bytes(&lone, free + 1), -ENOSPC, "he is not overrun");
	is(lone_room_say_bytes(&lone, free), 0, "by not a byte");
	lone_room_close(&lone);
}

/* Each rendering has its readers and its gate: a sender waits for the one that is full. */
static void test_both(void)
{
	open_room(MOST + 1);
	lone_room_fill(&lone, RENDERING_JSON);
	ok(gate_shut(lone.text, 0, 7), "the text's gate is shut");
	ok(!gate_shut(lone.text, 1, 8), "once");
	ok(gate_is_shut(lone.text) && !gate_is_shut(lone.json), "that of the JSON Lines is not");
	ok(gate_shut(lone.json, 2, 9) && !gate_is_shut(lone.json),
	   "nor can it be: nobody reads it");
	is((long long)atomic_load(&lone.json->readers[1].min), -1,
	   "no minimum was published there");
	ok(atomic_load(&lone.json->readers[2].resume) && !resumes(2),
	   "who waited for the one goes on, who waits for the other does not");
	lone_room_close(&lone);
}

static void test_wake_others(void)
{
	open_room(10);
	for (int i = 0; i < 3; i++)
		waker_lie_down(&lone.waker[i]);
	room_wake_others(lone.room, 1);
	ok(woken(0), "another handler with clients is woken");
	ok(!woken(1), "not the one that speaks");
	ok(!woken(2), "not one without clients");
	room_wake_others(lone.room, 1);
	ok(!woken(0), "nor one that was woken already");
	lone_room_close(&lone);
}

int main(void)
{
	test_shut();
	test_publish();
	test_nobody_left();
	test_same_mark();
	test_line_fits();
	test_hold();
	test_both();
	test_wake_others();
	return done();
}
