/*
 * lone-room.h - a room over an arena of its own, for tests of what rooms promise
 *
 *	| header | room's record | redo record | ring, marks |
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "mtchatd/gate.h"
#include "mtchatd/room.h"

enum { LONE_ROOM_AT = 4 * ARENA_PAGE, LONE_HANDLERS_MAX = 4 };

struct lone_room {
	struct arena arena;
	struct redo redo;
	struct waker waker[LONE_HANDLERS_MAX];
	struct room *room;
};

static inline void lone_room_open(struct lone_room *lone, uint64_t ring_size, int handlers)
{
	struct waker *wakers[LONE_HANDLERS_MAX];
	struct room_place place = {.arena = &lone->arena, .area = LONE_ROOM_AT};

	if (arena_new(&lone->arena, LONE_ROOM_AT + ROOM_AREA, LONE_ROOM_AT, 1) < 0)
		abort();
	for (int i = 0; i < LONE_HANDLERS_MAX; i++) {
		if (waker_init(&lone->waker[i]) < 0)
			abort();
		wakers[i] = &lone->waker[i];
	}
	place.record = (void *)(lone->arena.bytes + ARENA_PAGE);
	lone->redo = (struct redo){
		.record = (void *)(lone->arena.bytes + (size_t)2 * ARENA_PAGE),
		.arena = lone->arena.bytes,
	};
	if (room_new(&lone->room, &place, "lobby", ring_size, wakers, handlers) < 0)
		abort();
}

static inline void lone_room_close(struct lone_room *lone)
{
	room_free(lone->room);
	for (int i = 0; i < LONE_HANDLERS_MAX; i++)
		waker_done(&lone->waker[i]);
	arena_done(&lone->arena);
}

/* One line, committed if it fits. */
static inline int lone_room_say_at(struct lone_room *lone, uint64_t time, const char *text,
				   size_t size)
{
	struct room_draft draft = room_begin(lone->room, time);
	int r = room_say(&draft, text, size);

	room_put(&draft, &lone->redo);
	redo_commit(&lone->redo);
	room_end(&draft);
	return r;
}

static inline int lone_room_say(struct lone_room *lone, const char *text, size_t size)
{
	return lone_room_say_at(lone, 0, text, size);
}

/* Lines of any length, until the head is just there. */
static inline void lone_room_fill(struct lone_room *lone, uint64_t head)
{
	static const char text[1000];

	while (room_head(lone->room) < head) {
		uint64_t left = head - room_head(lone->room);
		size_t size = left <= sizeof(text) ? (size_t)left - 1 : sizeof(text) / 2;

		if (lone_room_say(lone, text, size) < 0)
			abort();
	}
}

/* As a client of this handler does that comes in at a position. */
static inline void lone_room_hold(struct lone_room *lone, int handler, uint64_t position)
{
	pthread_mutex_lock(&lone->room->lock);
	gate_hold(lone->room, handler, position);
	pthread_mutex_unlock(&lone->room->lock);
}
