/* peer.h - who is at the other end of a connection */
#pragma once

#include <netinet/in.h>
#include <stdint.h>

struct peer {
	struct in6_addr address; /* IPv4 as ::ffff:a.b.c.d; Unix socket: s6_addr32[0] is the uid */
	in_port_t port;          /* network order */
	uint8_t family;          /* AF_INET, AF_INET6, AF_UNIX */
};

enum { PEER_NAME_MAX = 64 };

/* Writes "192.0.2.1:4711", "[2001:db8::1]:4711" or "unix:uid=1000"; returns text. */
const char *peer_name(const struct peer *peer, char text[PEER_NAME_MAX]);

/* The address that max_per_address counts, or NULL. */
const struct in6_addr *peer_counted(const struct peer *peer);
