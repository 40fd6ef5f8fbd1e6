/* pool.c - buffers in the arena, lent for a while */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "mtchatd/pool.h"

static const uint32_t fat_bit = UINT32_C(1) << 31;

int pool_init(struct pool *pool, struct arena *arena, uint64_t offset, size_t size, uint32_t count)
{
	*pool = (struct pool){
		.arena = arena,
		.offset = offset,
		.size = size,
		.count = count,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.fresh = 1,
	};
	pool->idle = malloc(count * sizeof(*pool->idle)); /* untouched: costs nothing yet */
	return pool->idle ? 0 : -ENOMEM;
}

void pool_done(struct pool *pool)
{
	free(pool->idle);
	pool->idle = NULL;
}

uint32_t pool_take(struct pool *pool)
{
	uint32_t number;

	pthread_mutex_lock(&pool->lock);
	if (pool->idles) {
		number = pool->idle[--pool->idles];
		if (number & fat_bit)
			pool->fat--;
	} else {
		assert(pool->fresh <= pool->count);
		number = pool->fresh++;
	}
	pthread_mutex_unlock(&pool->lock);
	return number & ~fat_bit;
}

void pool_give(struct pool *pool, uint32_t number, bool fat)
{
	bool punch;

	pthread_mutex_lock(&pool->lock);
	punch = fat && pool->fat >= POOL_FAT_MAX;
	if (!punch) {
		pool->fat += fat;
		pool->idle[pool->idles++] = number | (fat ? fat_bit : 0);
	}
	pthread_mutex_unlock(&pool->lock);
	if (!punch)
		return;

	/* Outside the lock: nobody else knows the number meanwhile. */
	arena_forget(pool->arena, pool->offset + (uint64_t)(number - 1) * pool->size, pool->size);
	pthread_mutex_lock(&pool->lock);
	pool->idle[pool->idles++] = number;
	pthread_mutex_unlock(&pool->lock);
}
