/*
 * members.h - the clients of one room at one handler
 *
 *	list:	| active ... | blocked ... |
 *		0            active        count
 *
 * An active client has got all up to the last flush; a blocked one did not take it all, and
 * waits for EPOLLOUT.  A flush walks the active part only.  Each member knows its place.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Embedded in whoever can be a member. */
struct member {
	uint32_t place;
};

struct members {
	struct member **list;
	size_t active, count, capacity;
};

void members_done(struct members *members);

/* Makes room for one more.  0, or -ENOMEM. */
int members_reserve(struct members *members);

/* Adds one to the active part; there must be room. */
void members_add(struct members *members, struct member *member);
void members_remove(struct members *members, struct member *member);

void members_block(struct members *members, struct member *member);
void members_unblock(struct members *members, struct member *member);
