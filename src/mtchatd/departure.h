/*
 * departure.h - how a client goes: in peace, broken, or out of time
 *
 *	begins	 EOF, /quit or a stop: read no further, given the rest that is its due
 *	ends	 when it has the rest, or after linger_ms without: a place is free again
 *	breaks	 its peer reset the link: what it said before is still read and said, then it ends
 */
#pragma once

#include "mtchatd/handler.h"

/*
 * The rest of an end, once the descriptor is closed: its room is told, its place is free.  While
 * that room's log is full it waits for it (CLIENT_GONE).
 */
void departure_finish(struct handler *handler, struct client *client);

/* TALKS -> LEAVES. */
void departure_begin(struct handler *handler, struct client *client, enum reason reason);

/* LEAVES, and has all that is its due: ends, or drains first.  False: gone. */
bool departure_delivered(struct handler *handler, struct client *client);

/* It drained when the process before us ended, and goes on with that. */
void departure_drain_again(struct handler *handler, struct client *client);

/* DRAINS: throws away what it still sends, until EOF.  False: gone. */
bool departure_drain(struct handler *handler, struct client *client);

/* The link is broken: nothing can be sent any more, and epoll would report it for ever. */
void departure_break(struct handler *handler, struct client *client);

/* It is gone at once: closed, told to the journal, its place given back. */
void departure_end(struct handler *handler, struct client *client, enum reason reason);

/* Ends those whose time is over. */
void departure_sweep(struct handler *handler);

/* A stop: all clients leave, with all that was said until now. */
void departure_stop(struct handler *handler);

/* The same for one, that came when the others had been told. */
void departure_stop_one(struct handler *handler, struct client *client);

/* The time of a stop is over: ends all that are left. */
void departure_end_all(struct handler *handler);
