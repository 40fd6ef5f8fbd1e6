/*
 * handler.h - the thread that serves clients
 *
 * Each handler has an epoll set with its clients.  In a turn of its loop it reads what has
 * come (intake.h), waits a moment for those who spoke lately (pace.h), and gives every client
 * what its room has said since (delivery.h).  A client belongs to one handler at a time, that
 * one alone touches it.  It is dealt to one by the acceptor, and handed over when it goes to a room
 * that is at home elsewhere (move.h).
 *
 * Locks, in this order: a room's (room.h); the mail's and the names' (feed.h); the rooms'
 * (rooms.h); the pools' and the admission's are taken and let go inside their own functions.  The
 * inbox's stands alone.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "mtchatd/core.h"
#include "mtchatd/taking.h"

struct handler {
	struct core *core;
	int index;
	struct waker *waker;
	pthread_t thread;
	bool started;

	pthread_mutex_t inbox_lock;
	struct client *inbox;    /* inbox_lock; linked by next_in_inbox */
	struct waitlist letters; /* inbox_lock; clients that others have written to */
	atomic_bool has_mail;

	_Atomic uint64_t lines; /* said by its clients; stored by the handler */
	atomic_uint load;       /* clients: raised by the acceptor, lowered by the handler */

	_Atomic uint64_t asked;    /* stored by the acceptor: are you alive? */
	_Atomic uint64_t answered; /* stored by the handler, once a turn */

	/* The handler's thread alone. */
	int epoll_fd;
	uint32_t round; /* turns of the loop: from one flush to the next */
	uint64_t now;   /* CLOCK_MONOTONIC at the turn's begin, ms */
	uint64_t time;  /* CLOCK_REALTIME at the turn's begin, us */
	struct redo redo;
	struct hand *hand;    /* in the arena */
	char *scratch;        /* a line being cleaned */
	char *letter;         /* a private line being rendered */
	struct taking taking; /* a name that is taken by the commit to come */
	struct render_time clock;
	struct room **rooms; /* that it attends: it has clients there, or had just now */
	size_t rooms_count, rooms_capacity;
	struct members roomless;   /* its clients that no room serves: echo mode, draining */
	struct waitlist answering; /* their outbox was filled, or they leave: serve them */
	struct waitlist broken;    /* out of the epoll set; their last bytes are to be read */
	struct waitlist throttled; /* out of tokens */
	struct waitlist leaving;   /* leave or drain */
	struct waitlist untold;    /* have come, and the journal is told later: untold.h */
	uint64_t throttled_due;    /* ms: when the first has a token again */
	uint64_t leaving_due;      /* ms: when the first has had its time */
	uint64_t untold_due;       /* ms: when the journal is told of the first */
	uint64_t look_due;         /* ms: when links are looked at again; 0: none owes */
	uint64_t stop_due;         /* ms: a stop has come, and ends then; 0: none */
};

/* Gives it a client that belongs to nobody else.  handler_wake() once after a batch. */
void handler_give(struct handler *handler, struct client *client);
void handler_wake(struct handler *handler);

/*
 * From any thread: the handler's client with that id has something new in its outbox.  If it has
 * gone meanwhile it is skipped, and nothing of it is looked at before.
 */
void handler_post(struct handler *handler, struct client *client, uint64_t id);

/* By the acceptor: asks for a sign of life / has the last question been answered? */
void handler_ask(struct handler *handler);
bool handler_answered(const struct handler *handler);

/* -- for the files of this floor: what the handler does with one client -- */

/* Serves the room from now on, until it has no clients there (handler_tidy()). */
void handler_attend(struct handler *handler, struct room *room);

/* The client waits until the gate of that log opens. */
void handler_wait(struct handler *handler, struct client *client, struct rendering *full);

/* Lets go of rooms that it has nothing more to do with.  At the end of a turn. */
void handler_tidy(struct handler *handler);

/* Makes epoll report just what the client's state asks for. */
void handler_watch(struct handler *handler, struct client *client);

/* Puts it on the list of those to be served although no event tells of them, once. */
void handler_see_to(struct handler *handler, struct client *client);

/* The client of an entry, or NULL if that one has gone. */
struct client *handler_waited(const struct handler *handler, const struct waiting_client *entry);

/* As a client names it. */
static inline uint16_t handler_number(const struct handler *handler)
{
	return (uint16_t)(handler->index + 1);
}

/* The client's, or NULL: it is on its way to one.  Under the mail lock, or by itself. */
static inline struct handler *handler_of(const struct core *core, const struct client *client)
{
	unsigned number = atomic_load(&client->handler);

	return number ? core->crew[number - 1] : NULL;
}

static inline struct readers *handler_readers(const struct handler *handler,
					      const struct client *client)
{
	return &client->rendering->readers[handler->index];
}

static inline struct client *client_at(const struct members *members, size_t place)
{
	return &members->clients[members->list[place]];
}

static inline int client_fd(const struct client *client)
{
	return atomic_load_explicit(&client->slot->fd, memory_order_relaxed);
}
