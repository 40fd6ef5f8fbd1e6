/* test-backoff.c - the pauses between tries grow, vary by a quarter, and begin anew */
#include <stdbool.h>

#include "mtchat/backoff.h"

#include "tap.h"

enum { RUNS = 2000, SAME = 4 };

static const uint64_t wanted[] = {200, 500, 1000, 2000, 5000, 10000, 20000, 30000, 30000, 30000};

enum { STEPS = sizeof(wanted) / sizeof(wanted[0]) };

/* Of many clients, each with a seed of its own: the shortest and the longest pause of each step. */
static void test_steps(void)
{
	uint64_t least[STEPS], most[STEPS] = {0};
	struct backoff backoff;
	uint64_t delay;

	for (int i = 0; i < STEPS; i++)
		least[i] = UINT64_MAX;
	for (uint64_t run = 0; run < RUNS; run++) {
		backoff_init(&backoff, run * UINT64_C(0x9e3779b97f4a7c15));
		for (int i = 0; i < STEPS; i++) {
			delay = backoff_next(&backoff);
			least[i] = delay < least[i] ? delay : least[i];
			most[i] = delay > most[i] ? delay : most[i];
		}
	}
	for (int i = 0; i < STEPS; i++) {
		ok(least[i] >= wanted[i] * 3 / 4 && most[i] <= wanted[i] * 5 / 4,
		   "pause %d is %llu ms, a quarter more or less", i, (unsigned long long)wanted[i]);
		ok(least[i] <= wanted[i] * 77 / 100 && most[i] >= wanted[i] * 123 / 100,
		   "... by chance, over all of that");
	}
}

static void test_reset(void)
{
	struct backoff backoff;
	bool all = true;

	backoff_init(&backoff, 7);
	for (int i = 0; i < 100; i++)
		all = all && backoff_next(&backoff) <= 37500;
	ok(all, "no pause of a hundred is longer than 37.5 s");
	backoff_reset(&backoff);
	ok(backoff_next(&backoff) <= 250, "after a good link it begins anew");
}

/* The same moment for a thousand clients is what the chance is for. */
static void test_chance(void)
{
	struct backoff a, b;
	int same = 0;

	backoff_init(&a, 1);
	backoff_init(&b, 2);
	for (int i = 0; i < 20; i++)
		same += backoff_next(&a) == backoff_next(&b);
	ok(same <= SAME, "two clients do not go together: %d of 20 are the same", same);
	backoff_init(&a, 0);
	same = 0;
	backoff_reset(&a);
	for (int i = 0; i < 20; i++) {
		backoff_reset(&a);
		same += backoff_next(&a) == 150;
	}
	ok(same <= SAME, "a seed of 0 is as good as any");
}

int main(void)
{
	test_steps();
	test_reset();
	test_chance();
	return done();
}
