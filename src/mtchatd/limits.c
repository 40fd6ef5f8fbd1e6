/* limits.c - the settings that handlers look at while they run */
#include "mtchatd/limits.h"

#include "mtchatd/config.h"

void limits_set(struct limits *limits, const struct config *config)
{
	atomic_store_explicit(&limits->max_line, config->max_line, memory_order_relaxed);
	atomic_store_explicit(&limits->raw, config->text == TEXT_RAW, memory_order_relaxed);
	atomic_store_explicit(&limits->rate_lines, config->rate_lines, memory_order_relaxed);
	atomic_store_explicit(&limits->rate_burst, config->rate_burst, memory_order_relaxed);
	atomic_store_explicit(&limits->history, config->history, memory_order_relaxed);
	atomic_store_explicit(&limits->max_rooms, config->max_rooms, memory_order_relaxed);
	atomic_store_explicit(&limits->max_rooms_per_address, config->max_rooms_per_address,
			      memory_order_relaxed);
	atomic_store_explicit(&limits->room_log_kib, config->room_log_kib, memory_order_relaxed);
	atomic_store_explicit(&limits->slow_grace_ms, config->slow_grace_ms, memory_order_relaxed);
}
