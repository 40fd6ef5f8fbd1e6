/*
 * links.h - finds the links that are really dead
 *
 * TCP keepalive finds those where nothing is owed.  Where something is, the kernel would
 * go on for a quarter of an hour: so a peer that left retransmissions or window probes
 * unanswered for link_dead_ms is let go.  One that only does not read answers the probes, and
 * stays: that is why TCP_USER_TIMEOUT is of no use, it ends such a one too.
 */
#pragma once

#include "mtchatd/handler.h"

/* Sets when keepalive asks, as tune says: of a listener, for all that it accepts from now on. */
void links_keep_alive(int fd, const struct tune *tune);

/* Something was sent: links will be looked at in link_look_ms. */
static inline void links_owe(struct handler *handler)
{
	if (!handler->look_due)
		handler->look_due = handler->now + (uint64_t)handler->core->tune.link_look_ms;
}

/* Looks at all links, if it is time; again later, if any still owes us an ACK. */
void links_look(struct handler *handler);
