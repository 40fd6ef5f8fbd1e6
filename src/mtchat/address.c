/* address.c - a target becomes the addresses at which it may be reached */
#include "mtchat/address.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static int find_path(struct addresses *ret, const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct address *at = calloc(1, sizeof(*at));

	if (!at)
		return EAI_MEMORY;
	memcpy(name.sun_path, path, strlen(path) + 1);
	memcpy(&at->name, &name, sizeof(name));
	at->size = sizeof(name);
	*ret = (struct addresses){.at = at, .count = 1};
	return 0;
}

static int copy_list(struct addresses *ret, const struct addrinfo *list)
{
	const struct addrinfo *ai;
	struct address *at;
	size_t count = 0;

	for (ai = list; ai; ai = ai->ai_next)
		count++;
	if (count == 0)
		return EAI_NONAME;
	at = calloc(count, sizeof(*at));
	if (!at)
		return EAI_MEMORY;
	*ret = (struct addresses){.at = at, .count = count};
	for (ai = list; ai; ai = ai->ai_next, at++) {
		memcpy(&at->name, ai->ai_addr, ai->ai_addrlen);
		at->size = ai->ai_addrlen;
	}
	return 0;
}

int addresses_find(struct addresses *ret, const struct target *target)
{
	/* No AI_ADDRCONFIG: it hides ::1 on a machine without an IPv6 network. */
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list;
	int r;

	if (*target->path)
		return find_path(ret, target->path);
	r = getaddrinfo(target->host, target->port, &hints, &list);
	if (r != 0)
		return r;
	r = copy_list(ret, list);
	freeaddrinfo(list);
	return r;
}

void addresses_done(struct addresses *addresses)
{
	free(addresses->at);
	*addresses = (struct addresses){0};
}
