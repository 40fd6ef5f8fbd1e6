/* finds.c - the sockets that a start finds in the bags, sorted by cookie */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "mtchatd/finds.h"

/* Nobody else's: without memory there is no start, and the next one finds all of it again. */
static void add(void *context, const struct parked *who, int fd)
{
	struct finds *finds = context;
	struct find *find;
	socklen_t size = sizeof(int);

	if (finds->count == finds->capacity) {
		size_t capacity = finds->capacity ? 2 * finds->capacity : 256;
		struct find *list = realloc(finds->list, capacity * sizeof(*list));

		if (!list)
			abort();
		finds->list = list;
		finds->capacity = capacity;
	}
	find = &finds->list[finds->count];
	*find = (struct find){.who = *who, .order = (uint32_t)finds->count, .fd = fd};
	finds->count++;
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &find->family, &size);
	if ((uint32_t)fd > finds->highest)
		finds->highest = (uint32_t)fd;
}

static int by_slot(const void *a, const void *b)
{
	const struct find *x = a, *y = b;

	if (x->who.slot != y->who.slot)
		return x->who.slot < y->who.slot ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static int by_cookie(const void *a, const void *b)
{
	const struct find *x = a, *y = b;
	bool x_stray = x->who.slot == PARKED_NOWHERE, y_stray = y->who.slot == PARKED_NOWHERE;

	if (x->who.cookie != y->who.cookie)
		return x->who.cookie < y->who.cookie ? -1 : 1;
	if (x_stray != y_stray)
		return x_stray ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* The last one that was parked for a slot is perhaps not in it yet; all others were. */
static void mark_fresh(struct finds *finds)
{
	qsort(finds->list, finds->count, sizeof(*finds->list), by_slot);
	for (size_t i = 0; i < finds->count; i++) {
		struct find *find = &finds->list[i];

		bool stray = find->who.slot == PARKED_NOWHERE;

		finds->strays |= stray;
		find->fresh = stray || i + 1 == finds->count || find[1].who.slot != find->who.slot;
	}
}

/* Of a socket that is parked twice the later copy counts; one that has a slot, if any does. */
static void drop_copies(struct finds *finds)
{
	size_t kept = 0;

	qsort(finds->list, finds->count, sizeof(*finds->list), by_cookie);
	for (size_t i = 0; i < finds->count; i++) {
		struct find *find = &finds->list[i];

		if (kept && finds->list[kept - 1].who.cookie == find->who.cookie)
			find_close(&finds->list[--kept]);
		finds->list[kept++] = *find;
	}
	finds->count = kept;
}

int finds_gather(struct finds *ret, struct parking *parking)
{
	*ret = (struct finds){0};
	for (uint32_t i = 0; i < parking->count; i++) {
		int r = bag_look(&parking->bags[i], add, ret);

		if (r < 0)
			return r;
	}
	if (ret->count) {
		mark_fresh(ret);
		drop_copies(ret);
	}
	return 0;
}

void finds_done(struct finds *finds)
{
	for (size_t i = 0; i < finds->count; i++)
		find_close(&finds->list[i]);
	free(finds->list);
	*finds = (struct finds){0};
}

struct find *finds_look_up(struct finds *finds, uint64_t cookie)
{
	const struct find key = {.who.cookie = cookie};
	size_t low = 0, high = finds->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (finds->list[middle].who.cookie < key.who.cookie)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == finds->count || finds->list[low].who.cookie != cookie || finds->list[low].fd < 0)
		return NULL;
	return &finds->list[low];
}

struct find *finds_next(struct finds *finds, struct find *find)
{
	struct find *end = finds->list + finds->count;

	for (find = find ? find + 1 : finds->list; find < end; find++) {
		if (find->fd >= 0)
			return find;
	}
	return NULL;
}

void find_close(struct find *find)
{
	closep(&find->fd);
	find->fd = -1;
}
