/*
 * tokens.h - the token bucket: who writes fast is read more slowly
 *
 * A bucket holds up to `burst` lines and gains `rate` lines a second; each line takes one.
 * Counted in thousandths of a line, so that a millisecond gains `rate` of them.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { TOKEN = 1000 };

struct tokens {
	uint32_t level; /* thousandths of a line */
	uint32_t at;    /* when that was, ms; wraps after 49 days, which then looks like now */
};

/* Counts what was gained until now (ms).  rate, burst: lines, at least 1. */
void tokens_refill(struct tokens *tokens, uint32_t now, int rate, int burst);

/* How long until there is a whole token, ms; 0: there is one. */
uint32_t tokens_wait(const struct tokens *tokens, int rate);
