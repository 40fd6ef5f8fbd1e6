/* pace.c - when to flush a room: wait for those who spoke lately, while that is cheap */
#include "mtchatd/pace.h"

uint64_t pace_begin(struct pace *pace, size_t receivers, uint64_t now)
{
	uint64_t cost = (uint64_t)receivers * PACE_RECEIVER_NS;

	if (now - pace->flushed_at > 4 * cost + PACE_MAX_NS) {
		pace->expected = 0;
		return 0;
	}
	return cost < PACE_MAX_NS ? cost : PACE_MAX_NS;
}

bool pace_waits(const struct pace *pace, uint64_t spoken)
{
	return spoken - pace->spoken_seen < pace->expected;
}

void pace_flushed(struct pace *pace, uint64_t spoken, uint64_t fresh, uint64_t now)
{
	uint64_t speakers = spoken - pace->spoken_seen;

	pace->expected = pace->last_round + (fresh - pace->fresh_seen);
	pace->last_round = speakers;
	pace->spoken_seen = spoken;
	pace->fresh_seen = fresh;
	pace->flushed_at = now;
}
