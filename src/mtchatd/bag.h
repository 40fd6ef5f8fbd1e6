/*
 * bag.h - descriptors parked where a crash does not close them
 *
 * A bag is a pair of connected Unix sockets.  A descriptor that is sent into one end and not
 * received lies in the queue of the other: a copy that the kernel keeps for as long as anybody
 * has the pair.  The pair itself is in the service manager's store (store.h), two descriptors
 * for BAG_SLOTS clients, since one for each would cost it a comparison with all others.
 *
 * Measured: parking 1 us, looking 0.5 us a descriptor.  A queue takes 278 messages, so what is
 * parked and done with is cleared away now and then: bag_compact().
 *
 * All descriptors parked by one user at a time are at most its RLIMIT_NOFILE (-ETOOMANYREFS).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	BAG_SLOTS = 240,        /* clients for each bag: one message can carry them all */
	BAG_MESSAGES_MAX = 250, /* then it is compacted */
};

#define PARKED_NOWHERE UINT32_MAX

/* Who a parked descriptor is. */
struct parked {
	uint64_t cookie; /* SO_COOKIE */
	uint32_t slot;   /* of the client, or PARKED_NOWHERE: it has none yet */
	uint32_t pad;    /* 0 */
};

struct bag {
	int in, out;       /* what is sent into the one waits in the queue of the other */
	unsigned messages; /* waiting there, as far as this process knows */
};

/* Makes an empty one.  0, or -errno. */
int bag_new(struct bag *ret);

/* Closes both ends: the bag lives on if the store has them. */
void bag_done(struct bag *bag);

/* Parks a copy of fd.  0; -EAGAIN: the bag is full; -ETOOMANYREFS: see above; or another -errno. */
int bag_park(struct bag *bag, const struct parked *who, int fd);

/*
 * Called for each parked descriptor, oldest first, with a copy of it that is the visitor's to
 * close. What is parked twice is visited twice: the last visit counts.  It must not touch the bag.
 */
typedef void bag_visitor(void *context, const struct parked *who, int fd);

/*
 * Looks at all that is parked and leaves it there; counts the messages.  What no bag would send is
 * passed over.  0; -EMFILE: no room for the copies, so not all were visited; or another -errno.
 */
int bag_look(struct bag *bag, bag_visitor *visit, void *context);

/*
 * Drops what keeps() says no to, and copies of what is parked twice.  All that is kept is first
 * parked anew by one message; then the old ones are dropped one by one: a crash anywhere leaves
 * nothing out, only copies.  A full bag can be compacted.  For the while of it copies of all that
 * is kept are open.  0, or -errno (as bag_look() and bag_park()): what was in is still in.
 */
int bag_compact(struct bag *bag, bool (*keeps)(void *context, const struct parked *who),
		void *context);
