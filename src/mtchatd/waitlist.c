/* waitlist.c - clients that something is to be done with later */
#include <stdlib.h>

#include "mtchatd/waitlist.h"

void waitlist_done(struct waitlist *waitlist)
{
	free(waitlist->list);
	*waitlist = (struct waitlist){0};
}

void waitlist_add(struct waitlist *waitlist, struct client *client, uint64_t id)
{
	if (waitlist->count == waitlist->capacity) {
		size_t capacity = waitlist->capacity ? 2 * waitlist->capacity : 16;
		struct waiting_client *list;

		list = reallocarray(waitlist->list, capacity, sizeof(*list));
		if (!list)
			abort(); /* crash-only: everything that lasts is in the arena */
		waitlist->list = list;
		waitlist->capacity = capacity;
	}
	waitlist->list[waitlist->count++] = (struct waiting_client){.client = client, .id = id};
}

struct waitlist waitlist_take(struct waitlist *waitlist)
{
	struct waitlist taken = *waitlist;

	*waitlist = (struct waitlist){0};
	return taken;
}
