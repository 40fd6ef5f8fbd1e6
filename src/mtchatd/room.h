/*
 * room.h - a room is one log; its clients are cursors into it
 *
 * Saying something is one short critical section: the line goes into the rings of its renderings
 * (rendering.h), above their heads; then the heads and the number of lines move, by one commit.
 * Lines are numbered from 1, without gaps; EPOCH.NUMBER is a line's id, and the epoch is new
 * whenever the log begins anew.
 */
#pragma once

#include <netinet/in.h>

#include "mtchatd/name.h"
#include "mtchatd/pace.h"
#include "mtchatd/render.h"
#include "mtchatd/rendering.h"

enum {
	ROOMS_MAX = 4096,
	ROOM_TIME_SLACK_US =
		1000000, /* what the handlers' clocks differ by: each reads once a turn */
	EPOCH_SIZE = 8,  /* 7 characters and a NUL */
};

#define ROOM_AREA (RENDERINGS * RENDERING_AREA)

/* In the arena. */
struct room_record {
	word lines;             /* ever said: the number of the last one; by commits, as below */
	uint64_t ring_size;     /* stored last: there is a room if it is not 0 */
	uint64_t used;          /* its area may hold something */
	char epoch[EPOCH_SIZE]; /* new whenever the log begins anew */
	struct in6_addr maker;  /* the address that it counts for; zeros: none */
	char name[NAME_MAX_BYTES + 1];
	struct rendering_record renderings[RENDERINGS];
};

/* What one handler has to do with it; that handler's alone. */
struct presence {
	struct pace pace; /* when to flush */
	bool said;        /* lines were said here, and the other handlers are not told */
	bool attended;    /* the room is on the handler's list */
};

struct room {
	struct room_record *record;
	uint32_t number; /* its place in the arena; 0: the lobby */
	struct rendering renderings[RENDERINGS];
	struct presence *presences; /* one for each handler */
	int handlers;
	int home; /* the handler that its clients are dealt to */

	uint32_t users, attending; /* the rooms' lock: rooms.h */
	bool unlisted;             /* the rooms' lock: nobody finds it any more */
	atomic_uint clients;       /* in it */

	_Alignas(64) pthread_mutex_t lock; /* over the heads; held for microseconds */
	uint64_t time; /* lock; us: of the last draft; a later one is earlier if the clock is set
			  back */
	_Atomic uint64_t spoken, fresh; /* stored under the lock; see pace.h */
};

/* Where it lies in the arena. */
struct room_place {
	struct arena *arena;
	struct room_record *record;
	struct in6_addr maker; /* of a new one, as in the record */
	uint64_t area;         /* offset of its ROOM_AREA */
	uint32_t number;
	struct waker *const *wakers; /* one for each handler */
	int handlers;
};

/* Opens a new room there.  Returns 0, or -errno. */
int room_new(struct room **ret, const struct room_place *place, const char *name,
	     uint64_t ring_size);

/*
 * Takes over the room that was found there, cut short commits finished.  Its marks and its bytes
 * may be anything.  0; -EBADMSG: it cannot be one; or another -errno.
 */
int room_adopt(struct room **ret, const struct room_place *place);

/* Frees what is ours of it; the log stays in the arena. */
void room_free(struct room *room);

/* There is no room there any more: its memory is given back. */
void room_forget(const struct room_place *place);

static inline uint64_t room_lines(const struct room *room)
{
	return word_get(&room->record->lines);
}

/* The longest rendered line that always fits once the gate has opened, in bytes. */
static inline uint64_t room_line_max(const struct room *room)
{
	return room->renderings[RENDERING_TEXT].ring.size / 4 - 1;
}

/* Lines that are being said and are not committed yet.  Between room_begin() and room_end(). */
struct room_draft {
	struct room *room;
	uint64_t lines;
	uint64_t head[RENDERINGS], shown[RENDERINGS];
	uint64_t time;             /* us since 1970 */
	struct render_time *clock; /* the caller's, kept from draft to draft */
	struct render_model model; /* the last line in JSON */
	struct rendering *full;    /* of the last line that did not fit */
};

/* Takes the lock. */
struct room_draft room_begin(struct room *room, uint64_t time, struct render_time *clock);

/* Adds a line.  -ENOSPC: it would overwrite what somebody has not read, in draft->full. */
int room_say(struct room_draft *draft, const struct said *said);

/* Was anything said? */
static inline bool room_said(const struct room_draft *draft)
{
	return draft->lines != room_lines(draft->room);
}

/* Puts what was said into the commit: up to 5 stores. */
void room_put(const struct room_draft *draft, struct redo *redo);

/* Lets the lock go. */
void room_end(const struct room_draft *draft);

/* Wakes every other handler that has clients here and sleeps. */
void room_wake_others(struct room *room, int handler);
