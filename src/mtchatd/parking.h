/*
 * parking.h - the bags, and which client is parked in which
 *
 * A slot has its bag: number / BAG_SLOTS.  The bags are in the store as "b0.in", "b0.out" ...
 * All belongs to the acceptor, or to the start before there are threads.
 */
#pragma once

#include "mtchatd/bag.h"
#include "mtchatd/core.h"
#include "mtchatd/store.h"

enum { BAGS_MAX = (SLOTS_MAX + BAG_SLOTS - 1) / BAG_SLOTS };

struct parking {
	struct core *core;
	struct store *store;
	struct bag bags[BAGS_MAX];
	uint32_t count; /* bags[0, count) are there */
	bool failed;    /* the last one could not be parked, and that has been told */
};

/* Takes the bags out of the store, and makes those that were lost anew.  Logs.  0, or -errno. */
int parking_open(struct parking *parking, struct core *core, struct store *store);
void parking_done(struct parking *parking);

/* Makes bags for so many clients.  Logs.  0, or -errno: some will not be parked. */
int parking_reserve(struct parking *parking, uint32_t clients);

/* Drops all that is parked for nobody who is here. */
void parking_tidy(struct parking *parking);

/* Parks one that has no slot, in any bag with space; the next process lets it in.  -errno if not.
 */
int parking_park_stray(struct parking *parking, int fd);

/* Parks a client before it is let in.  A failure is told: a crash would end its connection. */
void parking_park(struct parking *parking, uint32_t slot, uint64_t cookie, int fd);
