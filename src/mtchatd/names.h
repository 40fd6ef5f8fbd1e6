/*
 * names.h - who has which name
 *
 * A hash table from folded names to slots, keyed by chance anew in each process: it does not
 * last.  What lasts is the name record of each slot in the arena, which the table is made from
 * at a start.
 *
 * One mutex; inside a room's lock if both are held.  A lookup costs 20 ns for names that are
 * much in use, 200 ns for one among 100,000.
 *
 * It holds what it is given: two names a slot at most, so slots are what limits it.  It doubles
 * when there are more names than buckets, under the lock (2 ms at 65,536 names), and does not
 * shrink: 8 bytes for each of the most names that there ever were.  A name itself takes 24 bytes
 * and its folded form.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "mtchatd/name.h"

struct names_entry;

struct names {
	pthread_mutex_t lock;
	uint64_t key[2];              /* since names_init */
	struct names_entry **buckets; /* lock */
	uint32_t size;                /* lock; of buckets, a power of two */
	uint32_t count;               /* lock */
};

/* 0; -ENOMEM; or -errno of getrandom(): then names_done is not needed, and does no harm. */
int names_init(struct names *names);
/* Nobody uses it any more.  All zeros are done with at once. */
void names_done(struct names *names);

/* Any thread; between them lock and unlock, so that what was found stays true. */
void names_lock(struct names *names);
void names_unlock(struct names *names);

/* Who has it.  False: nobody, and *ret_slot is untouched.  Under the lock. */
bool names_find(const struct names *names, const struct name *name, uint32_t *ret_slot);

/*
 * Gives the name to the slot.  0; -EEXIST: another slot has it; or -ENOMEM, and nothing has
 * changed.  A slot may have two names for a moment, the old one and the new one; if both are the
 * same in another spelling (name_is_same()), the one entry is for both: remove it once.  Under
 * the lock.
 */
int names_add(struct names *names, const struct name *name, uint32_t slot);

/*
 * Calls visit() for each entry, in no order that a client could know or arrange.  folded[0, size):
 * the name's folded form, there as long as the entry.  Under the lock: 1.5 ms at 100,000 names, and
 * several times that if they are out of the cache.
 */
void names_each(const struct names *names,
		void (*visit)(void *context, uint32_t slot, const char *folded, size_t size),
		void *context);

/* Somebody has it: from now on that slot.  Under the lock. */
void names_hand_over(struct names *names, const struct name *name, uint32_t slot);

/* Nobody has it any more, if anybody had.  Under the lock. */
void names_remove(struct names *names, const struct name *name);

/* The same, but only if that slot has it. */
static inline void names_give_back(struct names *names, const struct name *name, uint32_t slot)
{
	uint32_t holder;

	if (names_find(names, name, &holder) && holder == slot)
		names_remove(names, name);
}
