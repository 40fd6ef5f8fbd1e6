/* test-proxy.c - headers of the PROXY protocol: each byte that is short of one, and each that is
 * wrong */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mtchatd/network.h"
#include "mtchatd/proxy.h"

#include "chance.h"
#include "tap.h"

#define BYTES(text) text, sizeof(text) - 1
#define SIGNATURE   "\r\n\r\n\0\r\nQUIT\n"
#define NOBODY      "nobody"

static const struct {
	const char *bytes;
	size_t size;
	const char *told; /* NULL: it is no header */
} samples[] = {
	{BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 4711 9190\r\n"), "192.0.2.1:4711"},
	{BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
	 "255.255.255.255:65535"},
	{BYTES("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n"), "0.0.0.0:0"},
	{BYTES("PROXY TCP6 2001:db8::1 2001:db8::2 4711 9190\r\n"), "[2001:db8::1]:4711"},
	{BYTES("PROXY TCP6 ::ffff:192.0.2.1 ::1 4711 9190\r\n"), "192.0.2.1:4711"},
	{BYTES("PROXY UNKNOWN\r\n"), NOBODY},
	{BYTES("PROXY UNKNOWN what ever\r\n"), NOBODY},
	{BYTES(SIGNATURE "\x21\x11\0\x0c\xc0\0\2\1\xc0\0\2\2\x12\x67\x23\xe6"), "192.0.2.1:4711"},
	{BYTES(SIGNATURE "\x21\x11\0\x0f\xc0\0\2\1\xc0\0\2\2\x12\x67\x23\xe6\4\0\0"),
	 "192.0.2.1:4711"},
	{BYTES(SIGNATURE "\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
			 "bbbbbbbbbbbbbbbb\x12\x67\x23\xe6"),
	 "[2001:db8::1]:4711"},
	{BYTES(SIGNATURE "\x20\0\0\0"), NOBODY},
	{BYTES(SIGNATURE "\x20\x11\0\3abc"), NOBODY},
	{BYTES(SIGNATURE "\x21\0\0\0"), NOBODY},
	{BYTES(SIGNATURE "\x21\x31\0\2ab"), NOBODY},
	{BYTES("hi\n"), NULL},
	{BYTES("PROXY\r\n"), NULL},
	{BYTES("proxy UNKNOWN\r\n"), NULL},
	{BYTES("PROXY \r\n"), NULL},
	{BYTES("PROXY \n"), NULL},
	{BYTES("PROXY UNKNOWN\n"), NULL},
	{BYTES("PROXY UNKNOWNS\r\n"), NULL},
	{BYTES("PROXY TCP4\r\n"), NULL},
	{BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 4711\r\n"), NULL},
	{BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 4711 9190 1\r\n"), NULL},
	{BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 4711 9190 \r\n"), NULL},
	{BYTES("PROXY TCP4  192.0.2.1 192.0.2.2 4711 9190\r\n"), NULL},
	{BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 4711 +9190\r\n"), NULL},
	{BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 04711 9190\r\n"), NULL},
	{BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 65536 9190\r\n"), NULL},
	{BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 4711 9190\0\r\n"), NULL},
	{BYTES("PROXY TCP4 192.0.2.1 192.0.2 4711 9190\r\n"), NULL},
	{BYTES("PROXY TCP4 ::1 ::1 4711 9190\r\n"), NULL},
	{BYTES("PROXY TCP6 192.0.2.1 192.0.2.2 4711 9190\r\n"), NULL},
	{BYTES("PROXY UDP4 192.0.2.1 192.0.2.2 4711 9190\r\n"), NULL},
	{BYTES("\r\n\r\nPROXY UNKNOWN\r\n"), NULL},
	{BYTES(SIGNATURE "\x11\x11\0\x0c"), NULL},
	{BYTES(SIGNATURE "\x22"), NULL},
	{BYTES(SIGNATURE "\x21\x12\0\x0c\xc0\0\2\1\xc0\0\2\2\x12\x67\x23\xe6"), NULL},
	{BYTES(SIGNATURE "\x21\x11\0\x0b\xc0\0\2\1\xc0\0\2\2\x12\x67\x23"), NULL},
	{BYTES(SIGNATURE "\x21\x41\0\0"), NULL},
	{BYTES(SIGNATURE "\x21\x11\x0f\xf1"), NULL},
};

/* In memory of just that size, so that ASan sees each byte that is read beyond. */
static int read_copy(struct peer *ret, const char *bytes, size_t size)
{
	char *copy = malloc(size ? size : 1);
	int r;

	if (!copy)
		abort();
	memcpy(copy, bytes, size);
	r = proxy_read(ret, copy, size);
	free(copy);
	return r;
}

static bool is_told(const struct peer *peer, const char *want)
{
	char name[PEER_NAME_MAX];

	if (strcmp(want, NOBODY) == 0)
		return peer->family == AF_UNSPEC;
	return strcmp(peer_name(peer, name), want) == 0;
}

static void test_sample(size_t i)
{
	const char *bytes = samples[i].bytes, *told = samples[i].told;
	size_t size = samples[i].size, wrong = 0;
	struct peer peer = {.family = AF_UNSPEC};
	char longer[256];
	int r = read_copy(&peer, bytes, size);

	is(r, told ? (int)size : -EBADMSG, "sample %zu: %s", i, told ? told : "is none");
	ok(!told || is_told(&peer, told), "who is told");
	for (size_t part = 0; part < size && told; part++)
		wrong += read_copy(&peer, bytes, part) != 0;
	is((long long)wrong, 0, "less of it waits for more");
	memcpy(longer, bytes, size);
	memcpy(longer + size, "PROXY", 5);
	is(read_copy(&peer, longer, size + 5), r, "more does not matter");
}

static void test_bounds(void)
{
	static char bytes[2 * PROXY_HEADER_MAX];
	struct peer peer;

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "PROXY UNKNOWN ", 14);
	is(read_copy(&peer, bytes, PROXY_LINE_MAX - 1), 0, "a line of 106 bytes may go on");
	is(read_copy(&peer, bytes, PROXY_LINE_MAX), -EBADMSG, "one of 107 may not");
	memcpy(bytes + PROXY_LINE_MAX - 2, "\r\n", 2);
	is(read_copy(&peer, bytes, PROXY_LINE_MAX), PROXY_LINE_MAX, "but it may end there");
	memcpy(bytes, BYTES(SIGNATURE "\x20\0\x0f\xf0"));
	is(read_copy(&peer, bytes, PROXY_HEADER_MAX - 1), 0, "4,095 bytes of version 2");
	is(read_copy(&peer, bytes, sizeof(bytes)), PROXY_HEADER_MAX, "4,096 are all there can be");
}

/* Whatever is changed in a good one: never more than came, and what is decided stays decided. */
static void test_by_chance(void)
{
	uint64_t state = CHANCE_SEED;
	long long faults = 0;

	for (int round = 0; round < 200000; round++) {
		size_t i = chance(&state, sizeof(samples) / sizeof(samples[0]));
		size_t size = samples[i].size;
		struct peer peer;
		char bytes[256];
		int before = 0;

		memcpy(bytes, samples[i].bytes, size);
		for (uint32_t n = chance(&state, 4); n > 0; n--)
			bytes[chance(&state, (uint32_t)size)] = (char)chance(&state, 256);
		for (size_t part = 1; part <= size; part++) {
			int r = read_copy(&peer, bytes, part);

			faults += r > (int)part || (before && r != before);
			before = r;
		}
	}
	is(faults, 0, "no fault in 200,000 headers");
}

static void test_networks(void)
{
	static const struct {
		const char *network, *address;
		bool has;
	} cases[] = {
		{"10.0.0.0/8", "::ffff:10.255.0.1", true},
		{"10.0.0.0/8", "::ffff:11.0.0.0", false},
		{"10.0.0.0/8", "::10.0.0.1", false},
		{"192.0.2.7", "::ffff:192.0.2.7", true},
		{"192.0.2.7", "::ffff:192.0.2.6", false},
		{"0.0.0.0/0", "::ffff:1.2.3.4", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"::/0", "2001:db8::1", true},
		{"2001:db8::/33", "2001:db8:7fff::", true},
		{"2001:db8::/33", "2001:db8:8000::", false},
		{"::ffff:192.0.2.7", "::ffff:192.0.2.7", true},
	};
	char text[NETWORK_TEXT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct in6_addr address;
		struct network network;

		if (inet_pton(AF_INET6, cases[i].address, &address) != 1)
			abort();
		ok(network_parse(cases[i].network, &network) &&
			   network_has(&network, &address) == cases[i].has,
		   "%s %s %s", cases[i].network, cases[i].has ? "has" : "has not",
		   cases[i].address);
		network_text(&network, text);
		ok(strcmp(text, cases[i].network) == 0 || i + 1 == sizeof(cases) / sizeof(cases[0]),
		   "is written so");
	}
	ok(strcmp(text, "192.0.2.7") == 0, "IPv4 that came as IPv6 is IPv4");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		test_sample(i);
	test_bounds();
	test_by_chance();
	test_networks();
	return done();
}
