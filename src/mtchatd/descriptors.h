/*
 * descriptors.h - how many clients the limit of open descriptors allows
 *
 * A client needs one descriptor, and a second one's worth while it is parked for a successor
 * (descriptors under way count against the user); so at most half of the limit goes to clients.
 */
#pragma once

struct tune;

/* Raises the soft limit to the hard one.  Returns it; INT_MAX at most. */
int descriptors_raise(void);

/* How many clients the limit allows, at least 1. */
int descriptors_clients(int limit, int handlers, const struct tune *tune);
