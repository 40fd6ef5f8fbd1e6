/* members.c - the clients of one room at one handler */
#include <errno.h>
#include <stdlib.h>

#include "mtchatd/members.h"

void members_done(struct members *members)
{
	free(members->list);
	*members = (struct members){0};
}

int members_reserve(struct members *members)
{
	size_t capacity = members->capacity ? 2 * members->capacity : 16;
	struct member **list;

	if (members->count < members->capacity)
		return 0;
	list = realloc(members->list, capacity * sizeof(struct member *));
	if (!list)
		return -ENOMEM;
	members->list = list;
	members->capacity = capacity;
	return 0;
}

static void put(struct members *members, size_t place, struct member *member)
{
	members->list[place] = member;
	member->place = (uint32_t)place;
}

/* Exchanges a member with whoever stands at `place`. */
static void swap(struct members *members, struct member *member, size_t place)
{
	struct member *other = members->list[place];

	put(members, member->place, other);
	put(members, place, member);
}

void members_add(struct members *members, struct member *member)
{
	put(members, members->count++, member);
	members_unblock(members, member);
}

void members_remove(struct members *members, struct member *member)
{
	if (member->place < members->active)
		members_block(members, member);
	swap(members, member, --members->count);
}

void members_block(struct members *members, struct member *member)
{
	swap(members, member, --members->active);
}

void members_unblock(struct members *members, struct member *member)
{
	swap(members, member, members->active++);
}
