/*
 * handler.h - the thread that serves clients
 *
 * Each handler has an epoll set with its clients.  In a turn of its loop it reads what has
 * come (intake.h), waits a moment for those who spoke lately (pace.h), and gives every client
 * what the room has said since (delivery.h).  A client is dealt to a handler by the acceptor
 * and stays there: none of its fields needs a lock.
 *
 * Locks, in this order: a room's (room.h); the mail's and the names' (feed.h); the pools' and the
 * admission's are taken and let go inside their own functions.  The inbox's stands alone.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "mtchatd/core.h"

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

	atomic_uint load; /* clients: raised by the acceptor, lowered by the handler */

	_Atomic uint64_t asked;    /* stored by the acceptor: are you alive? */
	_Atomic uint64_t answered; /* stored by the handler, once a turn */

	/* The handler's thread alone. */
	int epoll_fd;
	uint32_t round; /* turns of the loop: from one flush to the next */
	uint64_t now;   /* CLOCK_MONOTONIC at the turn's begin, ms */
	uint64_t time;  /* CLOCK_REALTIME at the turn's begin, us */
	struct redo redo;
	struct hand *hand;         /* in the arena */
	char *scratch;             /* a line being cleaned */
	struct members roomless;   /* its clients that no room serves: echo mode, draining */
	struct waitlist answering; /* their outbox was filled, or they leave: serve them */
	struct waitlist broken;    /* out of the epoll set; their last bytes are to be read */
	struct waitlist throttled; /* out of tokens */
	struct waitlist leaving;   /* leave or drain */
	uint64_t throttled_due;    /* ms: when the first has a token again */
	uint64_t leaving_due;      /* ms: when the first has had its time */
	uint64_t look_due;         /* ms: when links are looked at again; 0: none owes */
	uint64_t stop_due;         /* ms: a stop has come, and ends then; 0: none */
};

/* Makes the handler `index`; clients can be given to it.  0, or -errno. */
int handler_new(struct handler **ret, struct core *core, int index);

/* Starts its thread.  0, or -errno. */
int handler_start(struct handler *handler);

/*
 * Waits for the end of its thread, which core->stopping or core->resting brings about, and frees
 * it.  NULL is accepted, and one that was not started.
 */
void handler_free(struct handler *handler);

/* By the acceptor: deals a client out.  handler_wake() once after a batch. */
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

/* Lets those in that the acceptor dealt out. */
void handler_take_inbox(struct handler *handler);

/* Makes epoll report just what the client's state asks for. */
void handler_watch(struct handler *handler, struct client *client);

/* Puts it on a list once (the flag is the client's). */
void handler_list(struct waitlist *list, struct client *client, bool *listed);

/* The client of an entry, or NULL if that one has gone. */
struct client *handler_waited(const struct handler *handler, const struct waiting_client *entry);

static inline struct readers *handler_readers(const struct handler *handler,
					      const struct client *client)
{
	return &client->room->readers[handler->index];
}

static inline struct client *client_at(const struct members *members, size_t place)
{
	return (struct client *)members->list[place]; /* the member is its first member */
}

static inline int client_fd(const struct client *client)
{
	return atomic_load_explicit(&client->slot->fd, memory_order_relaxed);
}
