/* parked.h - sockets to park, and what a look at a bag finds */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mtchatd/bag.h"

enum { SEEN_MAX = 8192 };

struct seen {
	unsigned count, mixed; /* mixed: a descriptor that is not who it should be */
	struct parked who[SEEN_MAX];
};

static inline struct parked parked_as(int fd, uint32_t slot)
{
	struct parked who = {.slot = slot};
	socklen_t size = sizeof(who.cookie);

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &who.cookie, &size) < 0)
		abort();
	return who;
}

/* A new socket that is nowhere but in the bag.  0, or what bag_park() said; *ret: who it is. */
static inline int park_new(struct bag *bag, uint32_t slot, struct parked *ret)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int r;

	if (fd < 0)
		abort();
	*ret = parked_as(fd, slot);
	r = bag_park(bag, ret, fd);
	close(fd);
	return r;
}

static inline void seen_add(void *context, const struct parked *who, int fd)
{
	struct seen *seen = context;

	seen->mixed += parked_as(fd, 0).cookie != who->cookie;
	if (seen->count < SEEN_MAX)
		seen->who[seen->count] = *who;
	seen->count++;
	close(fd);
}

/* All that is in it; the answer is good until the next call. */
static inline const struct seen *look_into(struct bag *bag)
{
	static struct seen seen;

	seen.count = seen.mixed = 0;
	if (bag_look(bag, seen_add, &seen) < 0 || seen.count > SEEN_MAX)
		abort();
	return &seen;
}

/* Is it exactly these, in this order? */
static inline bool seen_are(const struct seen *seen, const struct parked *who, unsigned count)
{
	bool same = seen->count == count && seen->mixed == 0;

	for (unsigned i = 0; same && i < count; i++)
		same = seen->who[i].cookie == who[i].cookie && seen->who[i].slot == who[i].slot;
	return same;
}

/* Descriptors that this process has open. */
static inline int count_open(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	if (!folder)
		abort();
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}
