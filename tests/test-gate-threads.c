/*
 * test-gate-threads.c - senders and readers over a small ring: no byte lost, nobody sleeps for ever
 *
 * Thread 0 speaks, and is told when the gate opens; the others read at their own pace.  Each
 * line holds its number, so that whatever was overwritten unread shows.
 */
#include <errno.h>
#include <inttypes.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "chance.h"
#include "lone-room.h"
#include "tap.h"

enum { SIZE = ARENA_PAGE, LINES = 100000, READERS = 2, LOST_MS = 20000, LINE_MAX_SIZE = 128 };

static struct lone_room lone;
static atomic_bool over; /* all was said */

struct reader {
	pthread_t thread;
	int handler;
	uint64_t lines, wrong;
	bool lost;
};

/* Sleeps until there is news; false: nobody woke it. */
static bool sleep_unless(int handler, int epoll_fd, bool (*is_news)(void *), void *argument)
{
	struct waker *waker = &lone.waker[handler];
	struct epoll_event event;
	int n = 1;

	waker_lie_down(waker);
	if (!is_news(argument))
		n = epoll_wait(epoll_fd, &event, 1, LOST_MS);
	waker_get_up(waker);
	return n > 0;
}

static int watch(int handler)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_fd < 0 || waker_watch(&lone.waker[handler], epoll_fd, NULL) < 0)
		abort();
	return epoll_fd;
}

static int write_line(char line[LINE_MAX_SIZE], uint64_t number)
{
	return snprintf(
		line, LINE_MAX_SIZE, "%" PRIu64 " %.*s", number, (int)(number % 90),
		"..........................................................................."
		"...............");
}

static bool more_is_said(void *position)
{
	return rendering_head(lone.text) != *(uint64_t *)position || atomic_load(&over);
}

/* Reads whole lines up to the head; returns how far it came. */
static uint64_t read_lines(struct reader *reader, uint64_t cursor, uint64_t head)
{
	char line[LINE_MAX_SIZE];

	while (cursor < head) {
		int size = write_line(line, reader->lines++);

		reader->wrong += memcmp(ring_at(&lone.text->ring, cursor), line, (size_t)size) != 0;
		cursor = ring_next_line(&lone.text->ring, cursor + 1, head);
	}
	return cursor;
}

static void *run_reader(void *argument)
{
	struct reader *reader = argument;
	uint64_t state = CHANCE_SEED + (uint64_t)reader->handler, cursor = 0;
	int epoll_fd = watch(reader->handler);

	while (!reader->lost && !(atomic_load(&over) && cursor == rendering_head(lone.text))) {
		uint64_t head = rendering_head(lone.text);

		if (cursor == head) {
			reader->lost = !sleep_unless(reader->handler, epoll_fd, more_is_said,
						     &cursor);
			continue;
		}
		cursor = read_lines(reader, cursor, head);
		if (chance(&state, 4)) /* at times it is lazy; the gate makes it hurry */
			gate_publish(lone.text, reader->handler, cursor);
		if (rendering_head(lone.text) == cursor || gate_is_shut(lone.text))
			gate_publish(lone.text, reader->handler, cursor);
	}
	close(epoll_fd);
	return NULL;
}

static bool may_go_on(void *argument)
{
	(void)argument;
	return atomic_load(&lone.text->readers[0].resume);
}

/* Returns how often the gate was shut before the line could be said; -1: nobody opened it. */
static int say_through_gate(int epoll_fd, const char *line, int size)
{
	int shut = 0;

	while (lone_room_say(&lone, line, (size_t)size) == -ENOSPC) {
		shut++;
		gate_shut(lone.text, 0, 1);
		while (!atomic_exchange(&lone.text->readers[0].resume, false))
			if (!sleep_unless(0, epoll_fd, may_go_on, NULL))
				return -1;
	}
	gate_publish(lone.text, 0, rendering_head(lone.text));
	room_wake_others(lone.room, 0);
	return shut;
}

static void test_speak(void)
{
	int epoll_fd = watch(0), times = 0, shut = 0;
	char line[LINE_MAX_SIZE];

	for (uint64_t i = 0; i < LINES && shut >= 0; i++) {
		shut = say_through_gate(epoll_fd, line, write_line(line, i));
		times += shut;
	}
	close(epoll_fd);
	ok(shut >= 0, "whoever waited at the gate went on");
	ok(times > 10, "the gate was shut %d times", times);
	is((long long)word_get(&lone.room->record->lines), LINES, "all was said");
}

int main(void)
{
	struct reader reader[READERS] = {0};

	lone_room_open(&lone, SIZE, 1 + READERS);
	for (int i = 0; i <= READERS; i++)
		lone_room_hold(&lone, i, 0);
	for (int i = 0; i < READERS; i++) {
		reader[i].handler = i + 1;
		if (pthread_create(&reader[i].thread, NULL, run_reader, &reader[i]) != 0)
			abort();
	}
	test_speak();
	atomic_store(&over, true);
	room_wake_others(lone.room, 0);
	for (int i = 0; i < READERS; i++) {
		pthread_join(reader[i].thread, NULL);
		ok(!reader[i].lost, "reader %d was woken whenever there was news", i);
		is((long long)reader[i].lines, LINES, "it got all lines");
		is((long long)reader[i].wrong, 0, "each as it was said");
	}
	lone_room_close(&lone);
	return done();
}
