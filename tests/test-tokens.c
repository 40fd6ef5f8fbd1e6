/* test-tokens.c - who is fast waits for the rate behind the burst, whatever the clock does */
#include "mtchatd/tokens.h"

#include "chance.h"
#include "tap.h"

enum {
	RATE_MAX = 1000000, /* of the settings */
	BURST_MAX = 1000000,
	COMMANDS = 100, /* a second, of which one comes each STEP ms, and BURST at once */
	STEP = 10,
	BURST = 200,
};

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

/* Takes as many commands as there can be at that time, and no more than twice the burst. */
static int take_due(uint32_t *due, uint32_t now)
{
	int commands = 0;

	while (commands < 2 * BURST && due_take(due, now, COMMANDS, BURST))
		commands++;
	return commands;
}

static void test_due_burst(void)
{
	uint32_t due = 5000;

	is(due_wait(due, 5000, COMMANDS, BURST), 0, "the first is taken");
	is(take_due(&due, 5000), BURST, "and so is the burst");
	is(due_wait(due, 5000, COMMANDS, BURST), STEP, "the next waits for its turn");
	is(take_due(&due, 5000 + STEP - 1), 0, "no ms less,");
	is(due_wait(due, 5000 + STEP - 1, COMMANDS, BURST), 1, "which is still to come");
	is(take_due(&due, 5000 + STEP), 1, "and is alone");
	is(take_due(&due, 5000 + STEP + 50 * STEP), 50, "half a second gains half the rate");
	is(take_due(&due, 5000 + STEP + 50 * STEP + (BURST - 1) * STEP), BURST - 1,
	   "almost the burst");
	is(take_due(&due, 100000), BURST, "the burst, after it was used up");
	due = 5000;
	ok(due_take(&due, 5000, 1, 1) && !due_take(&due, 5999, 1, 1) && due_take(&due, 6000, 1, 1),
	   "one a second, and a burst of one");
}

static void test_due_give_back(void)
{
	uint32_t due = 5000;

	due_take(&due, 7000, COMMANDS, BURST);
	due_give_back(&due, COMMANDS);
	is(take_due(&due, 7000), BURST, "one that was given back was not taken");
	due_give_back(&due, COMMANDS);
	is(take_due(&due, 7000), 1, "of a burst that is used up, too");
	for (int i = 0; i < 2 * BURST; i++)
		due_give_back(&due, COMMANDS);
	is(take_due(&due, 7000), BURST, "but there is never more than a burst");
}

static void test_due_not_counted(void)
{
	uint32_t due = 5000;
	int taken = 0;

	for (int i = 0; i < 10 * BURST; i++)
		taken += due_take(&due, 7000, 0, BURST);
	is(taken, 10 * BURST, "rate 0: all are taken");
	due_give_back(&due, 0);
	is(due, 5000, "and none is counted");
	is(due_wait(7000 + BURST * STEP, 7000, 0, BURST), 0, "nobody waits");
	for (int i = 0; i < 10 * BURST; i++)
		taken += due_take(&due, 7000, 1001, BURST);
	is(taken, 20 * BURST, "more than one a ms is no limit");
}

static void test_due_wrap(void)
{
	uint32_t due = UINT32_MAX - 499;

	is(take_due(&due, UINT32_MAX - 499), BURST, "a burst that is ahead over the clock's wrap");
	is(due, (BURST * STEP) - 500, "is dated behind it");
	is(due_wait(due, UINT32_MAX, COMMANDS, BURST), 0,
	   "before the wrap it is counted as it was");
	is(take_due(&due, UINT32_MAX), 49, "exactly");
	is(due_wait(due, UINT32_MAX, COMMANDS, BURST), 1, "and so is the wait");
	is(take_due(&due, 0), 1, "the wrap is a ms as any other");
	due_give_back(&due, COMMANDS);
	is(take_due(&due, 0), 1, "and one from before can be given back behind it");
	is(take_due(&due, 500), 50, "what is gained behind it");
}

/* It was never there, or spoke last so long ago. */
static void test_due_silence(void)
{
	static const struct {
		uint32_t ms;
		const char *name;
	} silences[] = {
		{1, "a ms"},
		{BURST * STEP, "as long as a burst lasts"},
		{3600 * 1000, "an hour"},
		{(UINT32_C(1) << 31) - 1, "24 days"},
		{UINT32_C(1) << 31, "a ms more, half a turn of the clock"},
		{UINT32_MAX - BURST * STEP, "almost 49 days"},
	};
	uint32_t due, most = 0;

	for (size_t i = 0; i < sizeof(silences) / sizeof(silences[0]); i++) {
		due = 5000;
		is(take_due(&due, 5000 + silences[i].ms), BURST, "a burst after %s of silence",
		   silences[i].name);
	}
	for (uint32_t early = 0; early <= BURST * STEP; early++) {
		uint32_t wait = due_wait(5000, 5000 - early, COMMANDS, BURST);

		most = wait > most ? wait : most;
	}
	is(most, STEP, "a whole turn of the clock: at worst it waits for one step");
}

/* After the wait one is taken, and a millisecond earlier none is. */
static void test_due_wait_is_exact(void)
{
	uint64_t state = CHANCE_SEED;
	int late = 0, early = 0;

	for (int i = 0; i < 20000; i++) {
		int rate = 1 + (int)chance(&state, 1000), burst = 1 + (int)chance(&state, 300);
		uint32_t now = (uint32_t)state, due = now, wait;

		for (int left = burst; left; left--)
			due_take(&due, now, rate, burst);
		now += chance(&state, 1000 / (uint32_t)rate);
		wait = due_wait(due, now, rate, burst);
		early += !wait || due_take(&(uint32_t){due}, now + wait - 1, rate, burst);
		late += !due_take(&due, now + wait, rate, burst);
	}
	is(late, 0, "after the wait a command is taken");
	is(early, 0, "and not before");
}

static void test_due_rate_holds(void)
{
	uint32_t begin = UINT32_MAX - 500000, due = begin;
	uint64_t state = CHANCE_SEED;
	long long commands = 0;

	for (uint32_t at = 0; at < 1000000; at += 1 + chance(&state, 500))
		commands += take_due(&due, begin + at);
	ok(commands > 100000 - 50 && commands <= 100000 + BURST,
	   "1000 s at 100 commands a second, read at odd times over the wrap: %lld", commands);
}

int main(void)
{
	test_refill();
	test_bounds();
	test_wrap();
	test_wait();
	test_wait_is_exact();
	test_rate_holds();
	test_due_burst();
	test_due_give_back();
	test_due_not_counted();
	test_due_wrap();
	test_due_silence();
	test_due_wait_is_exact();
	test_due_rate_holds();
	return done();
}
