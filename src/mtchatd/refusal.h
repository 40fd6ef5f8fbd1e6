/*
 * refusal.h - turns a connection away, with a line that says why
 *
 * close() on a socket with unread input resets the connection, and the reset eats the line on
 * its way.  So: the line, FIN, and what the peer sends is thrown away until it closes, for at
 * most linger_ms and for at most refused_max of them at a time (then the oldest has to go).
 */
#pragma once

#include "common/event.h"
#include "mtchatd/tune.h"

struct refusal;

struct refusals {
	struct event_loop *loop;
	struct refusal *list; /* tune.refused_max of them, in a circle */
	int size, first, count;
	uint64_t linger_ms;
};

/* 0, or -ENOMEM. */
int refusals_init(struct refusals *refusals, struct event_loop *loop, const struct tune *tune);
void refusals_done(struct refusals *refusals);

/* Takes over fd.  now: ms. */
void refusals_add(struct refusals *refusals, int fd, const char *line, uint64_t now);

/* Closes those whose time is over; returns when the next one's is, or DEADLINE_NEVER. */
uint64_t refusals_sweep(struct refusals *refusals, uint64_t now);
