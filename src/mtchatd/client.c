/* client.c - one client: what need not outlive the process */
#include <arpa/inet.h>
#include <stdio.h>

#include "mtchatd/client.h"

const char *client_address(const struct client *client, char text[CLIENT_ADDRESS_MAX])
{
	const struct slot *slot = client->slot;
	char ip[INET6_ADDRSTRLEN];
	int port = ntohs(slot->port);

	switch (slot->family) {
	case AF_INET:
		inet_ntop(AF_INET, &slot->address.s6_addr[12], ip, sizeof(ip));
		snprintf(text, CLIENT_ADDRESS_MAX, "%s:%d", ip, port);
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &slot->address, ip, sizeof(ip));
		snprintf(text, CLIENT_ADDRESS_MAX, "[%s]:%d", ip, port);
		break;
	default:
		snprintf(text, CLIENT_ADDRESS_MAX, "unix:uid=%u", slot->address.s6_addr32[0]);
	}
	return text;
}

const struct in6_addr *client_counted(const struct client *client)
{
	return client->slot->family == AF_UNIX ? NULL : &client->slot->address;
}
