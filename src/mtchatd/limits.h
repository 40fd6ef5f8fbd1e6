/*
 * limits.h - the settings that handlers look at while they run
 *
 * Stored by the acceptor at start and at a reload, loaded by any thread at any time: each
 * is one word, and no two of them need to change together.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

struct config;

struct limits {
	atomic_int max_line; /* bytes */
	atomic_bool raw;     /* text = "raw": bytes are relayed as they come */
	atomic_int rate_lines, rate_burst;
	atomic_int slow_grace_ms;
	atomic_int history; /* lines */
	atomic_int max_rooms, max_rooms_per_address, room_log_kib;
};

void limits_set(struct limits *limits, const struct config *config);

static inline int limit_get(const atomic_int *limit)
{
	return atomic_load_explicit(limit, memory_order_relaxed);
}
