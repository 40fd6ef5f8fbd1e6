/*
 * descriptors.h - how many clients the limit of open descriptors allows
 *
 * Half of it: a client needs one descriptor, and counts a second time while it is parked for a
 * successor (descriptors that are under way in a socket count against the user).
 */
#pragma once

/* Raises the soft limit to the hard one.  Returns it; INT_MAX at most. */
int descriptors_raise(void);

/* How many clients the limit allows, at least 1. */
int descriptors_clients(int limit);

/*
 * Makes the kernel's table of ours large enough for the descriptors of so many clients.  Before the
 * first thread: each time that it doubles while it is shared, the kernel waits for all
 * processors (some 15 ms; at a start with 9000 clients, 80 ms in all).
 */
void descriptors_prepare(int clients);
