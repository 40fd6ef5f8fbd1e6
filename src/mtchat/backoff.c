/* backoff.c - how long to wait before the next try */
#include "mtchat/backoff.h"

#include <stddef.h>

static const uint64_t delays_ms[] = {200, 500, 1000, 2000, 5000, 10000, 20000, 30000};

enum {
	DELAYS = sizeof(delays_ms) / sizeof(delays_ms[0]),
	CHANCE_PART = 4, /* a delay is longer or shorter by up to one part of so many */
};

void backoff_init(struct backoff *ret, uint64_t seed)
{
	*ret = (struct backoff){.random = seed ? seed : 1}; /* from 0 there is no way out */
}

static uint64_t draw(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random >> 16; /* the low bits of the first draws are those of a small seed */
}

uint64_t backoff_next(struct backoff *backoff)
{
	uint64_t delay = delays_ms[backoff->tries];
	uint64_t spread = delay / CHANCE_PART;

	if (backoff->tries < DELAYS - 1)
		backoff->tries++;
	return delay - spread + draw(&backoff->random) % (2 * spread + 1);
}

void backoff_reset(struct backoff *backoff)
{
	backoff->tries = 0;
}
