/*
 * network.h - a network of IP addresses, as "10.0.0.0/8" or "2001:db8::1" names one
 *
 * Pure.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

enum { NETWORK_TEXT_MAX = INET6_ADDRSTRLEN + 4 };

struct network {
	struct in6_addr address; /* IPv4 as ::ffff:a.b.c.d; 0 behind the bits that count */
	unsigned bits;           /* that count, of 128 */
};

/* False: that is none.  An address that is in the network, and not its first one, is none either.
 */
bool network_parse(const char *text, struct network *ret);

/* The one way in which it is written; an address has no "/". */
void network_text(const struct network *network, char ret[NETWORK_TEXT_MAX]);

bool network_has(const struct network *network, const struct in6_addr *address);
