/* peer.c - who is at the other end of a connection */
#include <arpa/inet.h>
#include <stdio.h>

#include "mtchatd/peer.h"

const char *peer_name(const struct peer *peer, char text[PEER_NAME_MAX])
{
	char ip[INET6_ADDRSTRLEN];
	int port = ntohs(peer->port);

	switch (peer->family) {
	case AF_INET:
		inet_ntop(AF_INET, &peer->address.s6_addr[12], ip, sizeof(ip));
		snprintf(text, PEER_NAME_MAX, "%s:%d", ip, port);
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &peer->address, ip, sizeof(ip));
		snprintf(text, PEER_NAME_MAX, "[%s]:%d", ip, port);
		break;
	default:
		snprintf(text, PEER_NAME_MAX, "unix:uid=%u", peer->address.s6_addr32[0]);
	}
	return text;
}

const struct in6_addr *peer_counted(const struct peer *peer)
{
	return peer->family == AF_UNIX ? NULL : &peer->address;
}
