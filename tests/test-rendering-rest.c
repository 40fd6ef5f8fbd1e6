/* test-rendering-rest.c - who is not read is not filled, and costs no memory; both begin again */
#include <errno.h>
#include <sys/stat.h>

#include "lone-room.h"
#include "tap.h"

enum { SIZE = 64 * ARENA_PAGE, IDLE_MS = 1000 };

static struct lone_room lone;

static long kib(void)
{
	struct stat st;

	if (fstat(lone.arena.fd, &st) < 0)
		abort();
	return (long)st.st_blocks / 2;
}

static void look(enum rendering_kind kind, uint64_t now)
{
	pthread_mutex_lock(&lone.room->lock);
	rendering_rest(&lone.room->renderings[kind], now, IDLE_MS);
	pthread_mutex_unlock(&lone.room->lock);
}

static void say_lines(int count)
{
	for (int i = 0; i < count; i++)
		lone_room_say(&lone, "0123456789", 10);
}

static bool is_json_at(uint64_t position)
{
	return memcmp(ring_at(&lone.json->ring, position), "{\"ev\":\"say\"", 11) == 0;
}

static struct rendering_at after(uint64_t lines)
{
	struct rendering_at at;

	pthread_mutex_lock(&lone.room->lock);
	at = rendering_after(lone.json, lines);
	pthread_mutex_unlock(&lone.room->lock);
	return at;
}

static void test_idle(void)
{
	lone_room_open(&lone, SIZE, 2);
	lone_room_fill(&lone, RENDERING_JSON);
	look(RENDERING_JSON, 5000);
	look(RENDERING_JSON, 5000 + IDLE_MS - 1);
	ok(rendering_is_filled(lone.json), "filled for as long as somebody may come back");
	lone_room_fill(&lone, RENDERING_JSON);
	look(RENDERING_JSON, 5000 + IDLE_MS);
	look(RENDERING_JSON, 5000 + 2 * IDLE_MS - 1);
	ok(rendering_is_filled(lone.json), "who came and went meanwhile counts");
	look(RENDERING_JSON, 5000 + 2 * IDLE_MS);
	ok(!rendering_is_filled(lone.json), "then not any more");
	ok(rendering_is_filled(lone.text), "of the two renderings the one that it is about");

	lone_room_hold(&lone, 1, 0);
	look(RENDERING_TEXT, 10000);
	look(RENDERING_TEXT, 90000);
	ok(rendering_is_filled(lone.text), "one that is read stays filled");
	gate_publish(lone.text, 1, UINT64_MAX);
	look(RENDERING_TEXT, 91000);
	ok(rendering_is_filled(lone.text), "its time begins when the last reader has gone");
	lone_room_hold(&lone, 0, 0);
	look(RENDERING_TEXT, 91500);
	gate_publish(lone.text, 0, UINT64_MAX);
	look(RENDERING_TEXT, 91000 + IDLE_MS);
	ok(rendering_is_filled(lone.text), "and again after the next one");
	look(RENDERING_TEXT, 91000 + 2 * IDLE_MS);
	ok(!rendering_is_filled(lone.text), "until nobody comes");
	lone_room_close(&lone);
}

/* Each handler reads the clock once a turn: the later look may be by the earlier time. */
static void test_two_clocks(void)
{
	lone_room_open(&lone, SIZE, 2);
	lone_room_fill(&lone, RENDERING_JSON);
	look(RENDERING_JSON, 5000);
	look(RENDERING_JSON, 4999);
	ok(rendering_is_filled(lone.json), "a handler that is a ms behind ends nothing");
	look(RENDERING_JSON, 5000 + IDLE_MS);
	ok(!rendering_is_filled(lone.json), "its time is the same");
	lone_room_close(&lone);
}

static void test_memory(void)
{
	long empty, full, rested;
	uint64_t head;

	lone_room_open_empty(&lone, SIZE, 1);
	say_lines(1000);
	empty = kib();
	lone_room_fill(&lone, RENDERING_JSON);
	say_lines(3 * SIZE / 100);
	full = kib();
	ok(full - empty >= SIZE / 1024, "a ring of %d KiB takes %ld", SIZE / 1024, full - empty);
	look(RENDERING_JSON, 1);
	look(RENDERING_JSON, 1 + IDLE_MS);
	rested = kib();
	is(rested, empty, "of which nothing is left when it rests, marks included");
	head = rendering_head(lone.json);
	say_lines(1000);
	is(kib(), rested, "nothing is put in");
	is((long long)rendering_head(lone.json), (long long)head, "its head stays where it was");
	is((long long)room_lines(lone.room), 2000 + 3 * SIZE / 100, "all lines have their numbers");
	look(RENDERING_JSON, 1 + 9 * IDLE_MS);
	ok(!rendering_is_filled(lone.json), "a rest goes on");
	lone_room_close(&lone);
}

static void test_begins_again(void)
{
	const struct rendering_record *record;
	struct rendering_at at;
	uint64_t head, lines;

	lone_room_open(&lone, SIZE, 1);
	record = lone.json->record;
	say_lines(70);
	lone_room_fill(&lone, RENDERING_JSON);
	is((long long)word_get(&record->begun), 70, "filled from line 70 on");
	say_lines(100);
	lone_room_fill(&lone, RENDERING_JSON);
	is((long long)word_get(&record->begun), 70, "the next reader begins nothing");
	is((long long)after(0).lines, 70, "what was said before is not in it");
	is((long long)after(100).lines, 100, "what was said since is");
	ok(is_json_at(after(100).offset), "whole");

	look(RENDERING_JSON, 1);
	look(RENDERING_JSON, 1 + IDLE_MS);
	head = rendering_head(lone.json);
	say_lines(15);
	lines = room_lines(lone.room);
	lone_room_fill(&lone, RENDERING_JSON);
	is((long long)word_get(&record->begun), (long long)lines, "a reader: it begins here");
	is((long long)word_get(&record->begun_at), (long long)head, "where it ended");
	at = after(90);
	ok(at.offset == head && at.lines == lines, "what was in it before is gone");
	say_lines(2);
	at = after(90);
	ok(at.offset == head && at.lines == lines && at.shown == 100, "also when there is more");
	ok(is_json_at(head), "and what is said now is in it");
	at = after(lines + 1);
	ok(at.lines == lines + 1 && at.shown == 101 && is_json_at(at.offset), "line by line");
	lone_room_close(&lone);
}

/* A reader holds its place from the moment on at which the rendering is filled again. */
static void test_limit(void)
{
	const uint64_t size = ARENA_PAGE;
	uint64_t head;

	lone_room_open(&lone, size, 1);
	lone_room_hold(&lone, 0, 0);
	lone_room_grow(&lone, size - 1);
	gate_publish(lone.text, 0, UINT64_MAX);
	look(RENDERING_TEXT, 1);
	look(RENDERING_TEXT, 1 + IDLE_MS);
	is(lone_room_say(&lone, "nobody reads", 12), 0, "no gate where nobody reads");
	lone_room_fill(&lone, RENDERING_TEXT);
	head = rendering_head(lone.text);
	is((long long)lone.text->limit, (long long)(head + size - 1), "the limit is another one");
	lone_room_hold(&lone, 0, head);
	is(lone_room_say_bytes(&lone, size), -ENOSPC, "it holds for the reader that comes");
	is(lone_room_say_bytes(&lone, size - 1), 0, "to the byte");
	lone_room_close(&lone);
}

int main(void)
{
	test_idle();
	test_two_clocks();
	test_memory();
	test_begins_again();
	test_limit();
	return done();
}
