/* network.c - a network of IP addresses, as "10.0.0.0/8" or "2001:db8::1" names one */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "mtchatd/network.h"

enum { ALL_BITS = 128, MAPPED_BITS = 96 };

/* "8": up to 128, without a sign, blanks or zeros before it. */
static bool parse_bits(const char *text, unsigned most, unsigned *ret)
{
	unsigned bits = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		bits = bits * 10 + (unsigned)(*text - '0');
		if (bits > most)
			return false;
	}
	*ret = bits;
	return true;
}

static bool parse_address(const char *text, struct in6_addr *ret, bool *ret_old)
{
	struct in_addr old;

	*ret_old = inet_pton(AF_INET, text, &old) == 1;
	if (!*ret_old)
		return inet_pton(AF_INET6, text, ret) == 1;
	*ret = (struct in6_addr){.s6_addr[10] = 0xff, .s6_addr[11] = 0xff};
	memcpy(&ret->s6_addr[12], &old, sizeof(old));
	return true;
}

static struct in6_addr first_of(const struct in6_addr *address, unsigned bits)
{
	struct in6_addr first = *address;

	for (unsigned i = 0; i < sizeof(first.s6_addr); i++) {
		unsigned kept = bits > 8 * i ? bits - 8 * i : 0;

		if (kept < 8)
			first.s6_addr[i] &= (uint8_t)(0xff00U >> kept);
	}
	return first;
}

bool network_parse(const char *text, struct network *ret)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN];
	size_t size = slash ? (size_t)(slash - text) : strlen(text);
	unsigned bits, most;
	bool old;

	if (size >= sizeof(address))
		return false;
	memcpy(address, text, size);
	address[size] = '\0';
	if (!parse_address(address, &ret->address, &old))
		return false;
	most = old ? ALL_BITS - MAPPED_BITS : ALL_BITS;
	bits = most;
	if (slash && !parse_bits(slash + 1, most, &bits))
		return false;
	ret->bits = old ? bits + MAPPED_BITS : bits;
	return network_has(ret, &ret->address); /* it is the first one itself */
}

void network_text(const struct network *network, char ret[NETWORK_TEXT_MAX])
{
	bool old = IN6_IS_ADDR_V4MAPPED(&network->address) && network->bits >= MAPPED_BITS;
	char address[INET6_ADDRSTRLEN];

	if (old)
		inet_ntop(AF_INET, &network->address.s6_addr[12], address, sizeof(address));
	else
		inet_ntop(AF_INET6, &network->address, address, sizeof(address));
	if (network->bits == ALL_BITS)
		snprintf(ret, NETWORK_TEXT_MAX, "%s", address);
	else
		snprintf(ret, NETWORK_TEXT_MAX, "%s/%u", address,
			 old ? network->bits - MAPPED_BITS : network->bits);
}

bool network_has(const struct network *network, const struct in6_addr *address)
{
	const struct in6_addr first = first_of(address, network->bits);

	return memcmp(&first, &network->address, sizeof(first)) == 0;
}
