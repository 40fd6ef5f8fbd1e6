/*
 * echo.h - have our own lines come back?
 *
 * Pure.  For servers that show our lines to ourselves but do not close when we half-close.
 * Our lines are those that begin with our "[NAME] ".  We know them again by their number and
 * by length and hash of the last one, so no line is too long to be known and nothing is
 * kept.  Lines that the server cut up or mixed up are not known: a silence must do then.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lines that go one way. */
struct echo_way {
	uint64_t lines;                  /* whole lines of ours */
	uint64_t length, hash;           /* of the line under way */
	uint64_t last_length, last_hash; /* of the last whole line of ours */
	bool foreign;                    /* the line under way is not ours */
};

struct echo {
	const char *prefix; /* what begins each of our lines */
	size_t prefix_size; /* 0: nobody wants to know */
	struct echo_way sent, heard;
};

/* prefix stays the caller's and must last. */
void echo_init(struct echo *ret, const char *prefix, size_t prefix_size);

void echo_sent(struct echo *echo, const char *bytes, size_t size);
void echo_heard(struct echo *echo, const char *bytes, size_t size);

/* Have all lines sent so far come back?  Always false without a prefix. */
bool echo_complete(const struct echo *echo);
