/* proxy.c - the header of the PROXY protocol, by which a balancer tells for whom it connects */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "mtchatd/proxy.h"

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
static const char magic[] = "PROXY ";

enum {
	SIGNATURE_SIZE = sizeof(signature) - 1,
	FIXED_SIZE = SIGNATURE_SIZE + 4, /* version and command, family, size of the rest */
	VERSION_2 = 2,
	COMMAND_LOCAL = 0,
	COMMAND_PROXY = 1,
	FAMILY_IPV4 = 0x11, /* over TCP, as IPv6 */
	FAMILY_IPV6 = 0x21,
	FAMILY_UNIX = 0x31, /* its path says nothing to us */
	FAMILY_UNKNOWN = 0x00,
	SIZE_IPV4 = 12, /* two addresses and two ports */
	SIZE_IPV6 = 36,
};

static void set_ipv4(struct peer *peer, const void *address)
{
	*peer = (struct peer){.family = AF_INET,
			      .address = {.s6_addr[10] = 0xff, .s6_addr[11] = 0xff}};
	memcpy(&peer->address.s6_addr[12], address, 4);
}

/* One of IPv4 that came as IPv6 is one of IPv4. */
static void set_ipv6(struct peer *peer, const void *address)
{
	*peer = (struct peer){.family = AF_INET6};
	memcpy(&peer->address, address, sizeof(peer->address));
	if (IN6_IS_ADDR_V4MAPPED(&peer->address))
		peer->family = AF_INET;
}

/* -- version 1 -- */

/* "4711": without zeros before it. */
static bool read_port(const char *text, in_port_t *ret)
{
	unsigned port = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		port = port * 10 + (unsigned)(*text - '0');
		if (port > UINT16_MAX)
			return false;
	}
	*ret = htons((uint16_t)port);
	return true;
}

/* The words of a line, each ended: exactly one blank between two.  False: not so many. */
static bool split(char *line, char *words[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *end = strchr(line, ' ');

		words[i] = line;
		if (!end != (i + 1 == count))
			return false;
		if (end) {
			*end = '\0';
			line = end + 1;
		}
	}
	return true;
}

/* What stands behind "PROXY ", without its end; ended by NUL. */
static int read_line(struct peer *ret, char *line)
{
	char *words[5];
	struct in6_addr from, to;
	in_port_t port, other;
	int family;

	if (strncmp(line, "UNKNOWN", strlen("UNKNOWN")) == 0 &&
	    (line[strlen("UNKNOWN")] == ' ' || !line[strlen("UNKNOWN")]))
		return 0;
	if (!split(line, words, sizeof(words) / sizeof(words[0])))
		return -EBADMSG;
	if (strcmp(words[0], "TCP4") == 0)
		family = AF_INET;
	else if (strcmp(words[0], "TCP6") == 0)
		family = AF_INET6;
	else
		return -EBADMSG;
	if (inet_pton(family, words[1], &from) != 1 || inet_pton(family, words[2], &to) != 1 ||
	    !read_port(words[3], &port) || !read_port(words[4], &other))
		return -EBADMSG;
	if (family == AF_INET)
		set_ipv4(ret, &from);
	else
		set_ipv6(ret, &from);
	ret->port = port;
	return 0;
}

static int read_v1(struct peer *ret, const char *bytes, size_t size)
{
	const char *end = memchr(bytes, '\n', size < PROXY_LINE_MAX ? size : PROXY_LINE_MAX);
	char line[PROXY_LINE_MAX];
	size_t length;

	if (!end)
		return size < PROXY_LINE_MAX ? 0 : -EBADMSG;
	length = (size_t)(end - bytes);
	if (length < strlen(magic) + 1 || bytes[length - 1] != '\r' || memchr(bytes, '\0', length))
		return -EBADMSG;
	length -= strlen(magic) + 1;
	memcpy(line, bytes + strlen(magic), length);
	line[length] = '\0';
	return read_line(ret, line) < 0 ? -EBADMSG : (int)(end + 1 - bytes);
}

/* -- version 2 -- */

/* Who is told in so many bytes.  0, or -EBADMSG. */
static int read_addresses(struct peer *ret, unsigned family, const char *bytes, size_t size)
{
	switch (family) {
	case FAMILY_IPV4:
		if (size < SIZE_IPV4)
			return -EBADMSG;
		set_ipv4(ret, bytes);
		memcpy(&ret->port, bytes + 8, sizeof(ret->port));
		return 0;
	case FAMILY_IPV6:
		if (size < SIZE_IPV6)
			return -EBADMSG;
		set_ipv6(ret, bytes);
		memcpy(&ret->port, bytes + 32, sizeof(ret->port));
		return 0;
	case FAMILY_UNIX:
	case FAMILY_UNKNOWN:
		return 0;
	default: /* packets, or what later versions may have */
		return -EBADMSG;
	}
}

static int read_v2(struct peer *ret, const char *bytes, size_t size)
{
	unsigned command, family;
	size_t rest;

	if (size <= SIGNATURE_SIZE)
		return 0;
	command = (unsigned char)bytes[SIGNATURE_SIZE];
	if (command >> 4 != VERSION_2 || (command & 0xf) > COMMAND_PROXY)
		return -EBADMSG;
	if (size < FIXED_SIZE)
		return 0;
	family = (unsigned char)bytes[SIGNATURE_SIZE + 1];
	rest = (size_t)(unsigned char)bytes[SIGNATURE_SIZE + 2] << 8 |
	       (unsigned char)bytes[SIGNATURE_SIZE + 3];
	if (FIXED_SIZE + rest > PROXY_HEADER_MAX)
		return -EBADMSG;
	if (size < FIXED_SIZE + rest)
		return 0;
	if ((command & 0xf) == COMMAND_PROXY &&
	    read_addresses(ret, family, bytes + FIXED_SIZE, rest) < 0)
		return -EBADMSG;
	return (int)(FIXED_SIZE + rest);
}

/* As far as both go. */
static bool agree(const char *bytes, size_t size, const char *begin, size_t begin_size)
{
	return memcmp(bytes, begin, size < begin_size ? size : begin_size) == 0;
}

int proxy_read(struct peer *ret, const char *bytes, size_t size)
{
	if (!size)
		return 0;
	if (agree(bytes, size, signature, SIGNATURE_SIZE))
		return read_v2(ret, bytes, size);
	if (!agree(bytes, size, magic, strlen(magic)))
		return -EBADMSG;
	return size < strlen(magic) ? 0 : read_v1(ret, bytes, size);
}
