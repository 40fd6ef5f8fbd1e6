/* members.c - the clients of one room at one handler */
#include <errno.h>
#include <stdlib.h>

#include "mtchatd/client.h"
#include "mtchatd/members.h"

void members_done(struct members *members)
{
	free(members->list);
	*members = (struct members){0};
}

int members_reserve(struct members *members, struct client *clients)
{
	size_t capacity = members->capacity ? 2 * members->capacity : 16;
	uint32_t *list;

	members->clients = clients;
	if (members->count < members->capacity)
		return 0;
	list = realloc(members->list, capacity * sizeof(*list));
	if (!list)
		return -ENOMEM;
	members->list = list;
	members->capacity = capacity;
	return 0;
}

static void put(struct members *members, size_t place, struct client *client)
{
	members->list[place] = (uint32_t)(client - members->clients);
	client->place = (uint32_t)place;
}

/* Exchanges a client with whoever stands at `place`. */
static void swap(struct members *members, struct client *client, size_t place)
{
	struct client *other = &members->clients[members->list[place]];

	put(members, client->place, other);
	put(members, place, client);
}

void members_add(struct members *members, struct client *client)
{
	put(members, members->count++, client);
	members_unblock(members, client);
}

void members_remove(struct members *members, struct client *client)
{
	if (client->place < members->active)
		members_block(members, client);
	swap(members, client, --members->count);
}

void members_block(struct members *members, struct client *client)
{
	swap(members, client, --members->active);
}

void members_unblock(struct members *members, struct client *client)
{
	swap(members, client, members->active++);
}
