/*
 * waitlist.h - clients that something is to be done with later
 *
 * A client that goes meanwhile need not be taken off: entries carry its id, and the one who
 * works through the list skips those whose client is somebody else by then.  Belongs to one
 * thread.  A client is on a list at most once (its owner keeps a flag), so a list is
 * bounded by the clients that come and go between two times it is worked through.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct client;

struct waiting_client {
	struct client *client;
	uint64_t id;
};

struct waitlist {
	struct waiting_client *list;
	size_t count, capacity;
};

void waitlist_done(struct waitlist *waitlist);

/* Never fails: without memory for a few bytes nothing can go on, and the process ends here. */
void waitlist_add(struct waitlist *waitlist, struct client *client, uint64_t id);

/* Hands over what is on the list, and begins a new one; the caller calls waitlist_done(). */
struct waitlist waitlist_take(struct waitlist *waitlist);
