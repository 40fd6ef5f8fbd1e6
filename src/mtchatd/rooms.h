/*
 * rooms.h - which rooms there are: made on first use, gone when nobody uses them
 *
 * A room has users: its clients, those who are on their way into it, and handlers that still have
 * something to do with it.  The last one to let it go frees it, and its memory is given back.
 * The lobby stays.  Two names are one room if they are the same name (name.h).
 *
 * One lock; inside a room's lock if both are held, and no other is taken inside it.
 */
#pragma once

#include "mtchatd/names.h"
#include "mtchatd/room.h"

enum { LOBBY = 0 };

struct rooms {
	pthread_mutex_t lock;
	struct room
		*list[ROOMS_MAX]; /* lock; by number; NULL: none.  A user reads its own without */
	struct names index;       /* lock; name -> number */
	atomic_uint count;        /* changed under the lock */

	/* For those that are made; stored before there are threads. */
	struct arena *arena;
	struct room_record *records; /* ROOMS_MAX of them, in the arena */
	word *top;                   /* in the arena; lock: all numbers ever used are below */
	uint64_t areas;              /* offset of room 0's area in the arena */
	struct waker *const *wakers;
	int handlers;
};

/*
 * Opens all rooms that lie in the arena; without a lobby, one with a ring of ring_size bytes.
 * `rooms` is filled in from `arena` on by the caller.  0; -EBADMSG: what lies there cannot be; or
 * another -errno: then rooms_done() is due, too.
 */
int rooms_init(struct rooms *rooms, uint64_t ring_size);
void rooms_done(struct rooms *rooms);

/* The room of that number, which has a user already; it has one more. */
struct room *rooms_use(struct rooms *rooms, uint32_t number);

/* The same for a handler that attends to it, and no more: that alone does not count as a room. */
struct room *rooms_attend(struct rooms *rooms, uint32_t number);
void rooms_attend_no_more(struct rooms *rooms, struct room *room);

/* What a room is made as, if it is made. */
struct room_wish {
	const struct in6_addr *maker; /* whom it counts for as long as it is there; NULL: nobody */
	uint32_t max;                 /* rooms at a time, */
	uint32_t max_of_maker;        /* and of its maker; 0: any number */
	uint64_t ring_size;
	int home; /* handler */
};

/*
 * The room of that name, which has one user more; made if there is none.  -ENFILE: there are `max`
 * rooms already; -EDQUOT: `max_of_maker` of that maker; or another -errno.  Of IPv6, the first 64
 * bits of an address are the maker.
 */
int rooms_enter(struct rooms *rooms, const struct name *name, const struct room_wish *wish,
		struct room **ret);

/* Lets it go.  Not under its own lock. */
void rooms_leave(struct rooms *rooms, struct room *room);

/* Frees the rooms that nobody uses: once, after a start. */
void rooms_sweep(struct rooms *rooms);

/* Which room has that name, if any.  True while the lock is held: for counting and listing. */
bool rooms_find(const struct rooms *rooms, const struct name *name, uint32_t *ret_number);
