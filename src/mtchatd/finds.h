/*
 * finds.h - the sockets that a start finds in the bags, sorted by cookie
 */
#pragma once

#include "mtchatd/parking.h"

struct find {
	struct parked who;
	uint32_t order; /* in which it was parked */
	int fd;         /* -1: taken, or closed */
	int family;
	bool fresh; /* the keeper parked it, or nobody was parked for its slot later */
	bool lost;  /* it had a slot that could not be used */
};

struct finds {
	struct find *list; /* sorted by cookie: each socket once */
	size_t count, capacity;
	uint32_t highest; /* descriptor */
	bool strays;      /* some have no slot: the keeper parked them */
};

/* Looks into all bags.  0, or -errno. */
int finds_gather(struct finds *ret, struct parking *parking);
void finds_done(struct finds *finds);

/* The one with that cookie that is not taken, or NULL. */
struct find *finds_look_up(struct finds *finds, uint64_t cookie);

/* The next one after `find` (NULL: the first) that is not taken, in the order of cookies. */
struct find *finds_next(struct finds *finds, struct find *find);

void find_close(struct find *find);
