/* test-tokens.c - a bucket fills at its rate up to its burst, and no clock empties it */
#include "mtchatd/tokens.h"

#include "chance.h"
#include "tap.h"

enum { RATE_MAX = 1000000, BURST_MAX = 1000000 }; /* of the settings */

/* Takes as many lines as there are tokens. */
static int take_all(struct tokens *tokens)
{
	int lines = 0;

	for (; tokens->level >= TOKEN; lines++)
		tokens->level -= TOKEN;
	return lines;
}

static void test_refill(void)
{
	struct tokens tokens = {.at = 5000};

	tokens_refill(&tokens, 5000, 20, 100);
	is(tokens.level, 0, "no time, no token");
	tokens_refill(&tokens, 5001, 20, 100);
	is(tokens.level, 20, "a millisecond gains the rate in thousandths");
	tokens_refill(&tokens, 6000, 20, 100);
	is(take_all(&tokens), 20, "a second gains the rate");
	is(tokens.level, 0, "exactly");
	tokens_refill(&tokens, 6000 + 4999, 20, 100);
	is(take_all(&tokens), 99, "just short of the burst");
	tokens_refill(&tokens, 6000 + 4999 + 5001, 20, 100);
	is(take_all(&tokens), 100, "the burst");
	tokens_refill(&tokens, 1000000, 20, 100);
	is(take_all(&tokens), 100, "however long it was");
	tokens_refill(&tokens, 2000000, 20, 1);
	is(take_all(&tokens), 1, "a burst of one");
}

static void test_bounds(void)
{
	struct tokens tokens = {.level = 500 * TOKEN, .at = 1000};

	tokens_refill(&tokens, 1000, 20, 100);
	is(take_all(&tokens), 100, "a burst that was lowered cuts off what is over it");
	tokens_refill(&tokens, 1000 - 1, RATE_MAX, BURST_MAX);
	is(take_all(&tokens), BURST_MAX, "the longest time at the highest rate fills the largest");
	tokens_refill(&tokens, 1000 - 2, RATE_MAX, 1);
	is(take_all(&tokens), 1, "or the smallest");
	tokens_refill(&tokens, 1000 - 2 + 1, RATE_MAX, BURST_MAX);
	is(take_all(&tokens), RATE_MAX / 1000, "a millisecond at the highest rate");
}

static void test_wrap(void)
{
	struct tokens tokens = {.at = UINT32_MAX - 499};

	tokens_refill(&tokens, 500, 20, 100);
	is(take_all(&tokens), 20, "a second over the clock's wrap is a second");
	is(tokens.at, 500, "and the clock goes on");
	tokens_refill(&tokens, 500, 20, 100);
	is(tokens.level, 0, "a whole turn of the clock looks like now");
}

static void test_wait(void)
{
	struct tokens tokens = {.level = TOKEN};

	is(tokens_wait(&tokens, 20), 0, "there is one");
	tokens.level = TOKEN - 1;
	is(tokens_wait(&tokens, 20), 1, "almost: no shorter than a millisecond");
	tokens.level = 0;
	is(tokens_wait(&tokens, 20), 50, "20 a second: 50 ms");
	is(tokens_wait(&tokens, 3), 334, "3 a second: a third of a second, rounded up");
	is(tokens_wait(&tokens, 1), 1000, "the lowest rate");
	is(tokens_wait(&tokens, RATE_MAX), 1, "the highest");
}

/* After the wait there is a token, and a millisecond earlier there is none. */
static void test_wait_is_exact(void)
{
	uint64_t state = CHANCE_SEED;
	int late = 0, early = 0;

	for (int i = 0; i < 20000; i++) {
		int rate = 1 + (int)chance(&state, i % 2 ? 50 : RATE_MAX);
		struct tokens tokens = {.level = chance(&state, TOKEN), .at = (uint32_t)state};
		struct tokens before = tokens;
		uint32_t wait = tokens_wait(&tokens, rate);

		tokens_refill(&tokens, tokens.at + wait, rate, 100);
		late += tokens.level < TOKEN;
		tokens_refill(&before, before.at + wait - 1, rate, 100);
		early += before.level >= TOKEN;
	}
	is(late, 0, "after the wait there is a token");
	is(early, 0, "and not before");
}

static void test_rate_holds(void)
{
	struct tokens tokens = {0};
	uint64_t state = CHANCE_SEED;
	long long lines = 0;

	for (uint32_t now = 0; now < 1000000; now += 1 + chance(&state, 90)) {
		tokens_refill(&tokens, now, 7, 10);
		lines += take_all(&tokens);
	}
	ok(lines >= 6998 && lines <= 7000, "1000 s at 7 lines a second, read at odd times: %lld",
	   lines);
}

int main(void)
{
	test_refill();
	test_bounds();
	test_wrap();
	test_wait();
	test_wait_is_exact();
	test_rate_holds();
	return done();
}
