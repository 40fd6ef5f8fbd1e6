/* redo.c - several words of the arena change together, whatever instruction we die at */
#include <assert.h>

#include "mtchatd/crash.h"
#include "mtchatd/redo.h"

void redo_put(struct redo *redo, word *where, uint64_t value)
{
	assert(redo->count < REDO_MAX);
	redo->record->store[redo->count].offset = (uintptr_t)where - (uintptr_t)redo->arena;
	redo->record->store[redo->count].value = value;
	redo->count++;
}

static void apply(const struct redo_record *record, char *arena, size_t i)
{
	word_set((word *)(void *)(arena + record->store[i].offset), record->store[i].value);
}

void redo_commit(struct redo *redo)
{
	struct redo_record *record = redo->record;
	char *arena = redo->arena;
	size_t count = redo->count;

	redo->count = 0;
	word_set(&record->count, count); /* the commit point */
	crash_point(CRASH_RECORDED);
	atomic_signal_fence(memory_order_seq_cst);
	for (size_t i = 0; i < count; i++) {
		if (i == 1)
			crash_point(CRASH_HALF_DONE);
		apply(record, arena, i);
	}
	crash_point(CRASH_APPLIED);
	word_set(&record->count, 0);
}

bool redo_is_sound(const struct redo_record *record, uint64_t begin, uint64_t end)
{
	uint64_t count = word_get(&record->count);

	if (count > REDO_MAX)
		return false;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t offset = record->store[i].offset;

		if (offset % sizeof(word) || offset < begin || offset >= end ||
		    end - offset < sizeof(word))
			return false;
	}
	return true;
}

void redo_again(struct redo *redo)
{
	struct redo_record *record = redo->record;
	uint64_t count = word_get(&record->count);

	redo->count = 0;
	for (uint64_t i = 0; i < count; i++)
		apply(record, redo->arena, i);
	word_set(&record->count, 0);
}
