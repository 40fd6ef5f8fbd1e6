/*
 * redo.h - several words of the arena change together, whatever instruction we die at
 *
 * A commit writes down which words get which values, then stores how many there are: that
 * store is the commit point.  Then the words are stored, and the count is cleared.
 *
 *	died before the commit point	nothing has happened
 *	died after it			the next process repeats the stores: redo_again()
 *
 * Repeating is harmless, since a record holds values, not differences.  What the values
 * rely on (bytes in a ring) must be in place before.  A commit is finished before the lock
 * over its words is let go, so a record can never undo a later store of somebody else.
 * Measured: 2 ns each.  One handler has one record.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mtchatd/word.h"

enum { REDO_MAX = 31 };

/* In the arena. */
struct redo_record {
	word count;
	struct {
		uint64_t offset; /* of the word, from the arena's start */
		uint64_t value;
	} store[REDO_MAX];
};

struct redo {
	struct redo_record *record;
	char *arena;
	size_t count; /* of the commit being written down */
};

/* Adds one store to the commit. */
void redo_put(struct redo *redo, word *where, uint64_t value);

/* Makes all stores put since the last commit. */
void redo_commit(struct redo *redo);

/*
 * Can it be repeated: are all its words in arena[begin, end), which was never any other kind of
 * memory?  A record that we have found, not made.
 */
bool redo_is_sound(const struct redo_record *record, uint64_t begin, uint64_t end);

/* At start: finishes a commit that was cut short. */
void redo_again(struct redo *redo);
