/*
 * backoff.h - how long to wait before the next try
 *
 * Pure.  0.2, 0.5, 1, 2, 5, 10, 20, 30, 30 ... s, each with up to a quarter more or less by chance:
 * a thousand clients of a server that comes back do not come at the same moment.
 */
#pragma once

#include <stdint.h>

struct backoff {
	unsigned int tries;
	uint64_t random; /* xorshift64: not 0 */
};

void backoff_init(struct backoff *ret, uint64_t seed);

/* The next delay, in ms; and back to the first, after a link that was good. */
uint64_t backoff_next(struct backoff *backoff);
void backoff_reset(struct backoff *backoff);
