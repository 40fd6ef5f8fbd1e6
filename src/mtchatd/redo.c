/* redo.c - several words of the arena change together, whatever instruction we die at */
#include <assert.h>

#include "mtchatd/redo.h"

void redo_put(struct redo *redo, word *where, uint64_t value)
{
	assert(redo->count < REDO_MAX);
	redo->record->store[redo->count].offset = (uintptr_t)where - (uintptr_t)redo->arena;
	redo->record->store[redo->count].value = value;
	redo->count++;
}

static void apply(struct redo *redo, uint64_t count)
{
	const struct redo_record *record = redo->record;

	for (uint64_t i = 0; i < count; i++)
		word_set((word *)(void *)(redo->arena + record->store[i].offset),
			 record->store[i].value);
	word_set(&redo->record->count, 0);
}

void redo_commit(struct redo *redo)
{
	size_t count = redo->count;

	redo->count = 0;
	word_set(&redo->record->count, count); /* the commit point */
	atomic_signal_fence(memory_order_seq_cst);
	apply(redo, count);
}

void redo_again(struct redo *redo)
{
	redo->count = 0;
	apply(redo, word_get(&redo->record->count));
}
