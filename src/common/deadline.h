/* deadline.h - points in time that a poll() or epoll_wait() is to end at, in ms of clock_ms() */
#pragma once

#include <limits.h>
#include <stdint.h>

#include "common/clock.h"

#define DEADLINE_NEVER UINT64_MAX

static inline int deadline_timeout_at(uint64_t now, uint64_t deadline)
{
	if (deadline == DEADLINE_NEVER)
		return -1;
	if (deadline <= now)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

/* The timeout for poll() that ends there: -1 for DEADLINE_NEVER, 0 if it has passed. */
static inline int deadline_timeout(uint64_t deadline)
{
	return deadline_timeout_at(clock_ms(), deadline);
}

/* The same for a deadline in ms of clock_boot_ms(), if the machine does not sleep meanwhile. */
static inline int deadline_boot_timeout(uint64_t deadline)
{
	return deadline_timeout_at(clock_boot_ms(), deadline);
}

/* The whole of one that is kept in 32 bits: it was less than 24 days from `near`. */
static inline uint64_t deadline_whole(uint32_t kept, uint64_t near)
{
	return near + (uint64_t)(int64_t)(int32_t)(kept - (uint32_t)near);
}

static inline uint64_t deadline_earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}
