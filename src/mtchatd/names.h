/*
 * names.h - who has which name
 *
 * A hash table from folded names to slots, keyed by chance anew in each process: it does not
 * last.  What lasts is the name record of each slot in the arena, which the table is made from
 * at a start.
 *
 * One mutex; inside a room's lock if both are held.  A lookup costs some 100 ns, and one more per
 * name that falls together with it.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "mtchatd/name.h"

struct names_entry;

struct names {
	pthread_mutex_t lock;
	uint64_t key[2];
	struct names_entry **buckets; /* lock */
	uint32_t size;                /* lock; of buckets, a power of two */
	uint32_t count;               /* lock */
};

/* 0, or -errno. */
int names_init(struct names *names);
void names_done(struct names *names);

/* Any thread; between them lock and unlock, so that what was found stays true. */
void names_lock(struct names *names);
void names_unlock(struct names *names);

/* Who has it.  False: nobody.  Under the lock. */
bool names_find(const struct names *names, const struct name *name, uint32_t *ret_slot);

/*
 * Gives the name to the slot.  0; -EEXIST: another slot has it; or -ENOMEM.  A slot may have
 * two names for a moment, the old one and the new one.  Under the lock.
 */
int names_add(struct names *names, const struct name *name, uint32_t slot);

/* Nobody has it any more.  Under the lock. */
void names_remove(struct names *names, const struct name *name);
