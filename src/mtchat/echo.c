/* echo.c - have our own lines come back? */
#include "mtchat/echo.h"

/* FNV-1a, 64 bits: good enough against chance; a server that cheats could as well close. */
#define HASH_START  UINT64_C(0xcbf29ce484222325)
#define HASH_FACTOR UINT64_C(0x100000001b3)

static void begin(struct echo_way *way)
{
	way->length = 0;
	way->hash = HASH_START;
	way->foreign = false;
}

void echo_init(struct echo *ret, const char *prefix, size_t prefix_size)
{
	*ret = (struct echo){.prefix = prefix, .prefix_size = prefix_size};
	begin(&ret->sent);
	begin(&ret->heard);
}

static void end(struct echo_way *way, size_t prefix_size)
{
	if (!way->foreign && way->length >= prefix_size) {
		way->lines++;
		way->last_length = way->length;
		way->last_hash = way->hash;
	}
	begin(way);
}

static void pass(const struct echo *echo, struct echo_way *way, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n') {
			end(way, echo->prefix_size);
			continue;
		}
		if (way->length < echo->prefix_size && bytes[i] != echo->prefix[way->length])
			way->foreign = true;
		way->length++;
		way->hash = (way->hash ^ (unsigned char)bytes[i]) * HASH_FACTOR;
	}
}

void echo_sent(struct echo *echo, const char *bytes, size_t size)
{
	if (echo->prefix_size > 0)
		pass(echo, &echo->sent, bytes, size);
}

void echo_heard(struct echo *echo, const char *bytes, size_t size)
{
	if (echo->prefix_size > 0)
		pass(echo, &echo->heard, bytes, size);
}

bool echo_complete(const struct echo *echo)
{
	/* More than were sent: somebody else has our name, and the last of them is the test. */
	return echo->prefix_size > 0 && echo->heard.lines >= echo->sent.lines &&
	       (echo->sent.lines == 0 || (echo->heard.last_length == echo->sent.last_length &&
					  echo->heard.last_hash == echo->sent.last_hash));
}
