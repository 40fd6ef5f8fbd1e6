/*
 * room.h - a room is one log; its clients are cursors into it
 *
 * Saying something is one short critical section: the lines go into the ring above the head,
 * then the head moves.  Readers need no lock: the head is published with release and read
 * with acquire; what lies below it does not change until it is overwritten, and the gate
 * (gate.h) sees to it that nothing unread is.
 *
 * Every 64 lines the room notes the line's number, offset and time: from there a few
 * lines are counted to tell the number at any position.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "mtchatd/arena.h"
#include "mtchatd/members.h"
#include "mtchatd/pace.h"
#include "mtchatd/redo.h"
#include "mtchatd/ring.h"
#include "mtchatd/waitlist.h"
#include "mtchatd/waker.h"

enum {
	ROOMS_MAX = 4096,
	ROOM_NAME_MAX = 64, /* bytes */
	EPOCH_SIZE = 8,     /* 7 characters and a NUL */
	MARK_LINES = 64,
};

#define ROOM_RING_MAX  (UINT64_C(64) << 20)
#define ROOM_MARKS_MAX (ROOM_RING_MAX / MARK_LINES + 1)
#define ROOM_AREA      (ROOM_RING_MAX + (UINT64_C(32) << 20)) /* ring and marks, sparse */

struct room_mark {
	uint64_t lines;  /* said before this position */
	uint64_t offset; /* position in the log */
	uint64_t time;   /* us since 1970 */
};

_Static_assert(ROOM_RING_MAX + ROOM_MARKS_MAX * sizeof(struct room_mark) <= ROOM_AREA,
	       "the marks of the largest ring, all of empty lines, fit");

/* In the arena. */
struct room_record {
	word head;              /* bytes ever said; stored by commits under the lock */
	word lines;             /* lines ever said: the number of the last one; likewise */
	uint64_t ring_size;     /* stored last: there is a room if it is not 0 */
	char epoch[EPOCH_SIZE]; /* new whenever the log begins anew */
	char name[ROOM_NAME_MAX + 1];
};

/* What one handler has to do with the room. */
struct readers {
	/* Any thread. */
	_Alignas(64) _Atomic uint64_t min; /* no client here needs a byte below; may be low,
					      never high; UINT64_MAX: no clients */
	atomic_bool resume;                /* the gate is open again: let senders on */
	struct waker *waker;               /* of the handler */

	/* Its handler alone. */
	_Alignas(64) struct members members;
	uint64_t seen;           /* active members have all up to here */
	struct pace pace;        /* when to flush */
	bool said;               /* lines were said here, and the other handlers are not told */
	struct waitlist waiting; /* senders the gate holds back */
};

struct room {
	struct room_record *record;
	struct room_mark *marks;
	uint64_t marks_count; /* more than the lines in the ring, divided by MARK_LINES */
	struct ring ring;
	struct readers *readers; /* one for each handler */
	int handlers;

	_Alignas(64) pthread_mutex_t lock; /* over the log's head; held for microseconds */
	uint64_t limit;                    /* lock; how far the head may go */
	_Atomic uint64_t spoken, fresh;    /* stored under the lock; see pace.h */

	/* Senders wait since then, ms: the log would overwrite unread lines.  0: they do not. */
	_Alignas(64) _Atomic uint64_t gated_since;
};

/* Where it lies in the arena. */
struct room_place {
	struct arena *arena;
	struct room_record *record;
	uint64_t area; /* offset of its ROOM_AREA */
};

/* Opens a new room there; wakers: one for each handler.  Returns 0, or -errno. */
int room_new(struct room **ret, const struct room_place *place, const char *name,
	     uint64_t ring_size, struct waker *const *wakers, int handlers);

/*
 * Takes over the room that was found there, cut short commits finished.  Its marks and its bytes
 * may be anything.  0; -EBADMSG: it cannot be one; or another -errno.
 */
int room_adopt(struct room **ret, const struct room_place *place, struct waker *const *wakers,
	       int handlers);
void room_free(struct room *room);

/* The longest rendered line that always fits once the gate has opened, in bytes. */
static inline uint64_t room_line_max(const struct room *room)
{
	return room->ring.size / 4 - 1;
}

/* The log's end, for readers. */
static inline uint64_t room_head(const struct room *room)
{
	return atomic_load_explicit(&room->record->head, memory_order_acquire);
}

/* Lines that are being said and are not committed yet.  Between lock and unlock. */
struct room_draft {
	struct room *room;
	uint64_t head, lines, time;
};

/* Takes the lock.  time: us since 1970. */
struct room_draft room_begin(struct room *room, uint64_t time);

/* Adds a line and its LF.  -ENOSPC: it would overwrite what somebody has not read. */
int room_say(struct room_draft *draft, const char *text, size_t size);

/* Puts what was said into the commit. */
void room_put(struct room_draft *draft, struct redo *redo);

/* Lets the lock go. */
void room_end(struct room_draft *draft);

/*
 * How many lines were said before the position, which is a line's begin and still held.
 * Under the lock.
 */
uint64_t room_lines_before(struct room *room, uint64_t position);

/*
 * Where a replay of the last lines may begin: after `*lines` lines, or later if those before are
 * not held any more, or not in the newer half of the log (what is older would be in the way at
 * once). Then *lines tells after how many.  Under the lock.
 */
uint64_t room_replay_from(struct room *room, uint64_t *lines);

/* Wakes every other handler that has clients here and sleeps. */
void room_wake_others(struct room *room, int handler);
