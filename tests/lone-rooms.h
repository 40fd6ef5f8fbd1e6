/* lone-rooms.h - a directory of rooms over an arena of its own */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mtchatd/rooms.h"

enum { RING = 16 * ARENA_PAGE, HANDLERS = 2, RECORDS_AT = 2 * ARENA_PAGE };

enum { LAPS = 3 * RING / 11 }; /* lines of 10 bytes that go round a ring some times */

/* Mapped of the arena: | header | the count of numbers | records |; behind it the rooms' areas. */
#define MAPPED (RECORDS_AT + (ROOMS_MAX * sizeof(struct room_record) / ARENA_PAGE + 1) * ARENA_PAGE)

static struct arena arena;
static struct waker waker[HANDLERS];
static struct waker *wakers[HANDLERS];
static struct rooms rooms;

static inline struct room_record *record(uint32_t number)
{
	return (struct room_record *)(void *)(arena.bytes + RECORDS_AT) + number;
}

static inline word *top(void)
{
	return (word *)(void *)(arena.bytes + ARENA_PAGE);
}

static inline int open_rooms(uint64_t ring_size)
{
	rooms = (struct rooms){
		.arena = &arena,
		.records = record(0),
		.top = top(),
		.areas = MAPPED,
		.wakers = wakers,
		.handlers = HANDLERS,
	};
	return rooms_init(&rooms, ring_size);
}

static inline void begin(void)
{
	if (arena_new(&arena, MAPPED + ROOMS_MAX * ROOM_AREA, MAPPED, 1) < 0)
		abort();
	for (int i = 0; i < HANDLERS; i++) {
		if (waker_init(&waker[i]) < 0)
			abort();
		wakers[i] = &waker[i];
	}
	if (open_rooms(RING) < 0)
		abort();
}

static inline void end(void)
{
	rooms_done(&rooms);
	for (int i = 0; i < HANDLERS; i++)
		waker_done(&waker[i]);
	arena_done(&arena);
}

/* The process ends, the next one begins: what it says of what it finds. */
static inline int start_again(void)
{
	rooms_done(&rooms);
	return open_rooms(RING);
}

static inline long kib(void)
{
	struct stat st;

	if (fstat(arena.fd, &st) < 0)
		abort();
	return (long)st.st_blocks / 2;
}

static inline struct name name_of(const char *text)
{
	struct name name;

	if (name_parse(&name, text, strlen(text)) != NAME_GOOD)
		abort();
	return name;
}

static inline int enter_limited(const char *text, uint32_t max, struct room **ret)
{
	const struct room_wish wish = {.max = max, .ring_size = RING, .home = 1};
	const struct name name = name_of(text);

	return rooms_enter(&rooms, &name, &wish, ret);
}

static inline struct room *enter(const char *text)
{
	struct room *room = NULL;

	if (enter_limited(text, ROOMS_MAX, &room) < 0)
		abort();
	return room;
}

/* Its number, or -1. */
static inline int find(const char *text)
{
	const struct name name = name_of(text);
	uint32_t number;
	bool found;

	pthread_mutex_lock(&rooms.lock);
	found = rooms_find(&rooms, &name, &number);
	pthread_mutex_unlock(&rooms.lock);
	return found ? (int)number : -1;
}

static inline bool is_room(uint32_t number, const char *name)
{
	const struct room *room = rooms.list[number];

	return room && room->number == number && room->record == record(number) &&
	       strcmp(room->record->name, name) == 0 && find(name) == (int)number;
}

/* So many lines in both its renderings. */
static inline void fill(struct room *room, int lines)
{
	struct redo_record memory = {0};
	struct redo redo = {.record = &memory, .arena = arena.bytes};
	struct render_time clock = {0};
	const struct said said = {.kind = SAID_LINE,
				  .text = "0123456789",
				  .size = 10,
				  .mark = UNMARKED};

	pthread_mutex_lock(&room->lock);
	for (int kind = 0; kind < RENDERINGS; kind++)
		rendering_fill(&room->renderings[kind], &redo, room_lines(room));
	redo_commit(&redo);
	pthread_mutex_unlock(&room->lock);
	for (int i = 0; i < lines; i++) {
		struct room_draft draft = room_begin(room, 0, &clock);

		if (room_say(&draft, &said) < 0)
			abort();
		room_put(&draft, &redo);
		redo_commit(&redo);
		room_end(&draft);
	}
}
