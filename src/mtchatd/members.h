/*
 * members.h - the clients of one room at one handler
 *
 *	list:	| active ... | blocked ... |
 *		0            active        count
 *
 * An active client has got all up to the last flush; a blocked one did not take it all, and
 * waits for EPOLLOUT.  A flush walks the active part only.  Each member knows its place.
 *
 * The list holds the clients' numbers: half of what pointers take, and found by a shift.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct client;

struct members {
	struct client *clients; /* all that there are; a number is a place among these */
	uint32_t *list;
	size_t active, count, capacity;
};

void members_done(struct members *members);

/* Makes room for one more of these clients, always the same.  0, or -ENOMEM. */
int members_reserve(struct members *members, struct client *clients);

/* Adds one to the active part; there must be room. */
void members_add(struct members *members, struct client *client);
void members_remove(struct members *members, struct client *client);

void members_block(struct members *members, struct client *client);
void members_unblock(struct members *members, struct client *client);
