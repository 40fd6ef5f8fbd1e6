/* clock.h - what time it is; some 25 ns a call */
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_read_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Monotonic. */
static inline uint64_t clock_ns(void)
{
	return clock_read_ns(CLOCK_MONOTONIC);
}

static inline uint64_t clock_ms(void)
{
	return clock_ns() / 1000000;
}

/* Since the machine has booted, suspended or not: for what may outlive the process. */
static inline uint64_t clock_boot_us(void)
{
	return clock_read_ns(CLOCK_BOOTTIME) / 1000;
}

static inline uint64_t clock_boot_ms(void)
{
	return clock_read_ns(CLOCK_BOOTTIME) / 1000000;
}

/* Since 1970; jumps when somebody sets the clock, so it is for telling the time and no duration. */
static inline uint64_t clock_real_us(void)
{
	return clock_read_ns(CLOCK_REALTIME) / 1000;
}
