/* gate.c - nothing unread is overwritten; nobody waits for a stuck reader for long */
#include "mtchatd/gate.h"

static uint64_t min_of_all(const struct room *room)
{
	uint64_t min = UINT64_MAX;

	for (int i = 0; i < room->handlers; i++) {
		uint64_t of_one = atomic_load(&room->readers[i].min);

		if (of_one < min)
			min = of_one;
	}
	return min;
}

void gate_renew_limit(struct room *room)
{
	uint64_t head = word_get(&room->record->head), min = min_of_all(room);

	room->limit = (min < head ? min : head) + room->ring.size - 1;
}

static bool enough_is_free(const struct room *room)
{
	uint64_t min = min_of_all(room), head = room_head(room);

	return min >= head || room->ring.size - (head - min) >= room->ring.size / 4;
}

static void open_if_enough(struct room *room)
{
	if (!gate_is_shut(room) || !enough_is_free(room))
		return;
	if (!atomic_exchange(&room->gated_since, 0))
		return;
	for (int i = 0; i < room->handlers; i++) {
		if (atomic_load(&room->readers[i].min) == UINT64_MAX)
			continue; /* nobody there who could wait */
		atomic_store(&room->readers[i].resume, true);
		waker_wake(room->readers[i].waker);
	}
}

bool gate_shut(struct room *room, int handler, uint64_t now)
{
	uint64_t open = 0;
	bool was_open = atomic_compare_exchange_strong(&room->gated_since, &open, now);

	if (was_open)
		room_wake_others(room, handler); /* they may have laggards to count the grace for */
	open_if_enough(room);
	return was_open;
}

void gate_publish(struct room *room, int handler, uint64_t min)
{
	_Atomic uint64_t *published = &room->readers[handler].min;

	if (min != atomic_load_explicit(published, memory_order_relaxed))
		atomic_store(published, min);
	open_if_enough(room);
}

void gate_hold(struct room *room, int handler, uint64_t position)
{
	_Atomic uint64_t *published = &room->readers[handler].min;

	if (atomic_load_explicit(published, memory_order_relaxed) > position)
		atomic_store(published, position);
	if (room->limit > position + room->ring.size - 1)
		room->limit = position + room->ring.size - 1;
}
