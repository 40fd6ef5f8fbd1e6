/*
 * gate.h - nothing unread is overwritten; nobody waits for a stuck reader for long
 *
 * A writer must not overrun a cursor.  Each handler publishes the minimum over its clients
 * (`min`), which may be too low, never too high; a rendering keeps how far its head may go
 * (`limit`), found anew only when a line does not fit.  A sender whose line does not fit is
 * read no further (the gate is shut) until a quarter of the ring is free; a line is never longer
 * than that, so it fits then.  Whoever still stands in the way after slow_grace_ms is
 * parked (overtake.h) and counts in `min` no more.
 *
 *	limit = min(head, all min) + size - 1
 *
 * The 1: the byte before a cursor must stay, it tells whether a line begins there.
 *
 * gate_shut() stores `gated_since`, then reads every `min`; gate_publish() stores its `min`,
 * then reads `gated_since`; all sequentially consistent, so the last one to move sees the other,
 * and no sender sleeps for ever.  Both use the same test for "enough is free".
 *
 * A client that comes (or comes back) starts at the head, under the lock; it lowers `min` there
 * and can never lie below a limit handed out before, since limit <= head + size - 1 then.
 */
#pragma once

#include <stdbool.h>

#include "mtchatd/rendering.h"

/* Under the room's lock, as gate_hold(). */
void gate_renew_limit(struct rendering *rendering);

static inline bool gate_is_shut(const struct rendering *rendering)
{
	return atomic_load(&rendering->gated_since) != 0;
}

/* A line did not fit; now: ms, not 0.  The caller has put its sender on the waiting list before.
 * True if it was open. */
bool gate_shut(struct rendering *rendering, int handler, uint64_t now);

/* Stores the handler's minimum, and opens the gate if enough is free. */
void gate_publish(struct rendering *rendering, int handler, uint64_t min);

/* The same by the handler itself, with the minimum over its clients. */
void gate_publish_clients(struct rendering *rendering, int handler);

/* Lowers the handler's minimum and the limit to a position that a client takes.  Under the lock. */
void gate_hold(struct rendering *rendering, int handler, uint64_t position);
