/*
 * tokens.h - the token bucket: who writes fast is read more slowly
 *
 * A bucket holds up to `burst` lines and gains `rate` lines a second; each line takes one.
 * Counted in thousandths of a line, so that a millisecond gains `rate` of them.
 *
 * Commands are counted in one word, by a date: when the next would come if they came at the rate.
 * Each moves it on by 1000 / rate ms, in whole ones: more than 1000 a second is no limit.  A date
 * that is past counts as now; so nothing is gained by silence, and nothing is looked at when time
 * passes.
 *
 * Pure.  All times are ms of a clock that wraps after 49 days.  Who was silent for as long as that
 * looks as if it had just spoken, at worst as if it had used up its burst: that costs it a moment.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { TOKEN = 1000 };

struct tokens {
	uint32_t level; /* thousandths of a line */
	uint32_t at;    /* when that was, ms */
};

/* Counts what was gained until now (ms).  rate, burst: lines, at least 1. */
void tokens_refill(struct tokens *tokens, uint32_t now, int rate, int burst);

/* How long until there is a whole token, ms; 0: there is one. */
uint32_t tokens_wait(const struct tokens *tokens, int rate);

/* How long until one more is taken, ms; 0: it is.  rate: a second, 0: no limit.  burst: at once. */
uint32_t due_wait(uint32_t due, uint32_t now, int rate, int burst);

/* Takes one, or returns false: it has to wait.  rate 0: it is taken and not counted. */
bool due_take(uint32_t *due, uint32_t now, int rate, int burst);

/* One that was taken at this rate was not made use of. */
void due_give_back(uint32_t *due, int rate);
