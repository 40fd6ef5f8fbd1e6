/*
 * breaker.h - ends a crash that would come again and again
 *
 * Poison: what a handler parses is noted (struct hand), and cleared when it is done.  Bytes that
 * were in hand at BREAKER_STARTS ends in a row kill us: their client is let go.
 *
 * A loop: starts that end before every handler has turned once, all at the same stage.  After
 * BREAKER_STARTS of them the arena is to blame, and a new one is begun.  The stage is what tells
 * a fault of ours from kills from outside, which come at any stage; from the first to the last of
 * them a start takes 2 ms, and some 10 us more a client.
 */
#pragma once

#include "mtchatd/core.h"

enum { BREAKER_STARTS = 5 };

enum stage {
	STAGE_SERVED, /* or nothing has begun yet */
	STAGE_FOUND,  /* the arena is looked at */
	STAGE_SLOT,   /* and the number of the slot that is brought up to date */
	STAGE_ADOPTS, /* unknown sockets are let in */
	STAGE_SERVES, /* the handlers have started */
};

/* At a start, before anything in the arena is used.  True: it is to be set aside. */
bool breaker_trips(const struct arena *arena);

/* How far the start has come; slot: with STAGE_SLOT, else 0. */
void breaker_stage(struct legacy *legacy, enum stage stage, uint32_t slot);

/* By each handler after its first turn: the last one wakes the acceptor, which tells that we serve.
 */
void breaker_thread_serves(struct core *core);

/* All threads serve and that was told, or the process ends in order. */
void breaker_served(struct legacy *legacy);

/* Is it what killed us? */
bool breaker_is_poison(const struct legacy *legacy, uint64_t cookie, uint64_t parsed);
