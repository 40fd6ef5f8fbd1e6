/*
 * pool.h - buffers in the arena, lent for a while
 *
 * All of one size, one for every slot there can be, so a loan never fails.  They are sparse:
 * a buffer costs the pages that were touched.  What was given back last is lent first: few
 * buffers stay hot.  A fat one (many pages touched) keeps its pages only while few such are
 * idle (POOL_FAT_MAX): to touch a page costs 0.5 us, to give it back to the kernel 1 us.
 * Any thread; a mutex, 20 ns each way.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mtchatd/arena.h"

enum { POOL_FAT_MAX = 32 };

struct pool {
	struct arena *arena;
	uint64_t offset; /* of buffer 1 in the arena */
	size_t size;     /* of a buffer, whole pages */
	uint32_t count;

	pthread_mutex_t lock;
	uint32_t *idle; /* lock; a stack of numbers, a bit added to those with pages */
	uint32_t idles; /* lock */
	uint32_t fresh; /* lock; the first number that was never lent */
	uint32_t fat;   /* lock; how many in `idle` kept their pages */

	uint8_t *claimed; /* a bit for each buffer; until pool_settle() only */
};

/* 0, or -ENOMEM. */
int pool_init(struct pool *pool, struct arena *arena, uint64_t offset, size_t size, uint32_t count);
void pool_done(struct pool *pool);

/*
 * After a crash, between pool_init() and the first pool_take(): the buffer is lent already.
 * False: there is no such buffer, or it is claimed twice.
 */
bool pool_claim(struct pool *pool, uint32_t number);

/* Whether pool_claim() would say yes. */
bool pool_can_claim(const struct pool *pool, uint32_t number);

/*
 * All are claimed: the others are idle, the lowest is lent first, and their memory is given back.
 * Costs 0.3 us for each run of idle buffers, and 0.5 us for each page that they had.  Returns 0.
 */
int pool_settle(struct pool *pool);

/* Lends a buffer: its number, 1 ... count.  Its contents are anything. */
uint32_t pool_take(struct pool *pool);

/* Takes it back; fat: more than two or three of its pages were touched. */
void pool_give(struct pool *pool, uint32_t number, bool fat);

static inline char *pool_at(const struct pool *pool, uint32_t number)
{
	return pool->arena->bytes + pool->offset + (uint64_t)(number - 1) * pool->size;
}
