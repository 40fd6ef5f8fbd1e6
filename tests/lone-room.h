/*
 * lone-room.h - a room over an arena of its own, for tests of what rooms promise
 *
 *	| header | room's record | redo record | rings, marks |
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
	struct waker *wakers[LONE_HANDLERS_MAX]; /* the same */
	struct render_time clock;
	struct room *room;
	struct rendering *text, *json; /* its renderings */
};

static inline struct room_record *lone_room_record(const struct lone_room *lone)
{
	return (void *)(lone->arena.bytes + ARENA_PAGE);
}

static inline struct room_place lone_room_place(struct lone_room *lone, int handlers)
{
	return (struct room_place){
		.arena = &lone->arena,
		.record = lone_room_record(lone),
		.area = LONE_ROOM_AT,
		.wakers = lone->wakers,
		.handlers = handlers,
	};
}

static inline void lone_room_show(struct lone_room *lone)
{
	lone->text = &lone->room->renderings[RENDERING_TEXT];
	lone->json = &lone->room->renderings[RENDERING_JSON];
}

/* As the first reader does. */
static inline void lone_room_fill(struct lone_room *lone, enum rendering_kind kind)
{
	pthread_mutex_lock(&lone->room->lock);
	rendering_fill(&lone->room->renderings[kind], &lone->redo, room_lines(lone->room));
	redo_commit(&lone->redo);
	pthread_mutex_unlock(&lone->room->lock);
}

/* No rendering is filled. */
static inline void lone_room_open_empty(struct lone_room *lone, uint64_t ring_size, int handlers)
{
	struct room_place place;

	*lone = (struct lone_room){.room = NULL};
	if (arena_new(&lone->arena, LONE_ROOM_AT + ROOM_AREA, LONE_ROOM_AT, 1) < 0)
		abort();
	for (int i = 0; i < LONE_HANDLERS_MAX; i++) {
		if (waker_init(&lone->waker[i]) < 0)
			abort();
		lone->wakers[i] = &lone->waker[i];
	}
	lone->redo = (struct redo){
		.record = (void *)(lone->arena.bytes + (size_t)2 * ARENA_PAGE),
		.arena = lone->arena.bytes,
	};
	place = lone_room_place(lone, handlers);
	if (room_new(&lone->room, &place, "lobby", ring_size) < 0)
		abort();
	lone_room_show(lone);
}

/* The text is filled. */
static inline void lone_room_open(struct lone_room *lone, uint64_t ring_size, int handlers)
{
	lone_room_open_empty(lone, ring_size, handlers);
	lone_room_fill(lone, RENDERING_TEXT);
}

/* The process dies: what is left is in the arena. */
static inline void lone_room_die(struct lone_room *lone)
{
	room_free(lone->room);
	lone->room = NULL;
}

/* The next one finds it. */
static inline int lone_room_adopt(struct lone_room *lone, int handlers)
{
	const struct room_place place = lone_room_place(lone, handlers);
	int r = room_adopt(&lone->room, &place);

	if (r >= 0)
		lone_room_show(lone);
	return r;
}

static inline void lone_room_close(struct lone_room *lone)
{
	room_free(lone->room);
	for (int i = 0; i < LONE_HANDLERS_MAX; i++)
		waker_done(&lone->waker[i]);
	arena_done(&lone->arena);
}

/* What somebody without a name says. */
static inline struct said lone_said(const char *text, size_t size)
{
	return (struct said){.kind = SAID_LINE, .text = text, .size = size, .mark = UNMARKED};
}

/* Shows nothing in text. */
static inline struct said lone_joins(const char *name)
{
	return (struct said){.kind = SAID_JOIN, .from = name, .text = "", .mark = UNMARKED};
}

static inline struct room_draft lone_room_begin(struct lone_room *lone)
{
	return room_begin(lone->room, 0, &lone->clock);
}

static inline void lone_room_end(struct lone_room *lone, const struct room_draft *draft)
{
	room_put(draft, &lone->redo);
	redo_commit(&lone->redo);
	room_end(draft);
}

/* One line, committed if it fits. */
static inline int lone_room_say_that(struct lone_room *lone, struct said said)
{
	struct room_draft draft = lone_room_begin(lone);
	int r = room_say(&draft, &said);

	lone_room_end(lone, &draft);
	return r;
}

static inline int lone_room_say(struct lone_room *lone, const char *text, size_t size)
{
	return lone_room_say_that(lone, lone_said(text, size));
}

/* A line that takes just so many bytes of the text and asks for no more; at least 2. */
static inline int lone_room_say_bytes(struct lone_room *lone, uint64_t bytes)
{
	static const char text[1 << 16];
	struct said said = lone_said(text, (size_t)bytes - 2);

	if (said.size > sizeof(text))
		abort();
	said.mark = 0; /* the room reckons with a ~ anyway */
	return lone_room_say_that(lone, said);
}

/* Lines of any length, until the text's head is just there. */
static inline void lone_room_grow(struct lone_room *lone, uint64_t head)
{
	while (rendering_head(lone->text) < head) {
		uint64_t left = head - rendering_head(lone->text);
		int r;

		if (left == 1)
			r = lone_room_say(lone, "", 0);
		else
			r = lone_room_say_bytes(lone, left <= 1000 ? left : 500);
		if (r < 0)
			abort();
	}
}

/* As a client of this handler does that comes in at a position of the text. */
static inline void lone_room_hold(struct lone_room *lone, int handler, uint64_t position)
{
	pthread_mutex_lock(&lone->room->lock);
	gate_hold(lone->text, handler, position);
	pthread_mutex_unlock(&lone->room->lock);
}
