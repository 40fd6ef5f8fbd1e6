/* address.h - a target becomes the addresses at which it may be reached */
#pragma once

#include <stddef.h>
#include <sys/socket.h>

#include "mtchat/target.h"

struct address {
	struct sockaddr_storage name;
	socklen_t size;
};

struct addresses {
	struct address *at;
	size_t count;
};

/*
 * All addresses of the target, in the order in which the resolver wants them tried; may ask
 * the network, and wait for it.  0, then at least one, to be freed with addresses_done(); or
 * a code for gai_strerror(), with errno if it is EAI_SYSTEM.
 */
int addresses_find(struct addresses *ret, const struct target *target);
void addresses_done(struct addresses *addresses);
