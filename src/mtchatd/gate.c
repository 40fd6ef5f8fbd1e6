/* gate.c - nothing unread is overwritten; nobody waits for a stuck reader for long */
#include "mtchatd/gate.h"
#include "mtchatd/client.h"

static uint64_t min_of_all(const struct rendering *rendering)
{
	uint64_t min = UINT64_MAX;

	for (int i = 0; i < rendering->handlers; i++) {
		uint64_t of_one = atomic_load(&rendering->readers[i].min);

		if (of_one < min)
			min = of_one;
	}
	return min;
}

void gate_renew_limit(struct rendering *rendering)
{
	uint64_t head = word_get(&rendering->record->head), min = min_of_all(rendering);

	rendering->limit = (min < head ? min : head) + rendering->ring.size - 1;
}

static bool enough_is_free(const struct rendering *rendering)
{
	uint64_t min = min_of_all(rendering), head = rendering_head(rendering);

	return min >= head || rendering->ring.size - (head - min) >= rendering->ring.size / 4;
}

static void open_if_enough(struct rendering *rendering)
{
	if (!gate_is_shut(rendering) || !enough_is_free(rendering))
		return;
	if (!atomic_exchange(&rendering->gated_since, 0))
		return;
	for (int i = 0; i < rendering->handlers; i++) {
		atomic_store(&rendering->readers[i].resume, true);
		waker_wake(rendering->readers[i].waker);
	}
}

bool gate_shut(struct rendering *rendering, int handler, uint64_t now)
{
	uint64_t open = 0;
	bool was_open = atomic_compare_exchange_strong(&rendering->gated_since, &open, now);

	if (was_open)
		rendering_wake_others(rendering,
				      handler); /* they may have laggards to count the grace for */
	open_if_enough(rendering);
	return was_open;
}

void gate_publish(struct rendering *rendering, int handler, uint64_t min)
{
	_Atomic uint64_t *published = &rendering->readers[handler].min;

	if (min != atomic_load_explicit(published, memory_order_relaxed))
		atomic_store(published, min);
	open_if_enough(rendering);
}

void gate_publish_clients(struct rendering *rendering, int handler)
{
	const struct readers *readers = &rendering->readers[handler];
	const struct members *members = &readers->members;
	uint64_t min = members->count ? readers->seen : UINT64_MAX;

	for (size_t i = members->active; i < members->count; i++) {
		const struct slot *slot = members->clients[members->list[i]].slot;

		if (!word_get(&slot->parked) && word_get(&slot->cursor) < min)
			min = word_get(&slot->cursor);
	}
	gate_publish(rendering, handler, min);
}

void gate_hold(struct rendering *rendering, int handler, uint64_t position)
{
	_Atomic uint64_t *published = &rendering->readers[handler].min;

	if (atomic_load_explicit(published, memory_order_relaxed) > position)
		atomic_store(published, position);
	if (rendering->limit > position + rendering->ring.size - 1)
		rendering->limit = position + rendering->ring.size - 1;
}
