/* test-pace.c - those who spoke lately are waited for, as long as that is cheap */
#include "mtchatd/pace.h"

#include "tap.h"

enum { RECEIVERS = 10, BUDGET_NS = RECEIVERS * PACE_RECEIVER_NS, LONG_NS = 1000000000 };

/* A room: what it counts, and the time. */
static struct pace pace;
static uint64_t spoken, fresh, now;

static void begin(void)
{
	spoken = 1000;
	fresh = 100;
	now = LONG_NS;
	pace = (struct pace){.spoken_seen = spoken, .fresh_seen = fresh, .flushed_at = now};
}

/* A round in which so many spoke, of whom some had been silent the round before. */
static void pass_round(uint64_t speakers, uint64_t newcomers)
{
	spoken += speakers;
	fresh += newcomers;
	now += BUDGET_NS;
	pace_flushed(&pace, spoken, fresh, now);
}

/* How many must speak until nobody is waited for any more? */
static long long expected(void)
{
	uint64_t more = 0;

	while (pace_waits(&pace, spoken + more))
		more++;
	return (long long)more;
}

static void test_rounds(void)
{
	begin();
	is(expected(), 0, "where nobody spoke nobody is expected");
	pass_round(4, 4);
	is(expected(), 4, "four who have spoken are expected again");
	pass_round(4, 0);
	is(expected(), 4, "and again");
	pass_round(3, 0);
	is(expected(), 4, "who was silent for one round still is");
	pass_round(3, 0);
	is(expected(), 3, "after two rounds no more");
	pass_round(0, 0);
	is(expected(), 3, "the same for all others");
	pass_round(0, 0);
	is(expected(), 0, "after two silent rounds nobody is expected");
}

static void test_turns(void)
{
	begin();
	for (int i = 0; i < 5; i++) {
		pass_round(1, 1);
		pass_round(3, 3);
		is(expected(), 4, "one and three in turns are four people");
	}
}

static void test_waiting(void)
{
	begin();
	pass_round(2, 2);
	is((long long)pace_begin(&pace, RECEIVERS, now + 1), BUDGET_NS,
	   "so long for each receiver");
	ok(pace_waits(&pace, spoken), "both are awaited");
	ok(pace_waits(&pace, spoken + 1), "one has spoken: so is the other");
	ok(!pace_waits(&pace, spoken + 2), "both have");
	ok(!pace_waits(&pace, spoken + 5), "nor when more have");
}

static void test_budget(void)
{
	begin();
	pass_round(2, 2);
	is((long long)pace_begin(&pace, 0, now), 0, "no receiver, no wait");
	is((long long)pace_begin(&pace, 1, now), PACE_RECEIVER_NS, "one receiver");
	is((long long)pace_begin(&pace, 1000000, now), PACE_MAX_NS, "never longer than this");
}

/* At 10 receivers late is later than 160 us, if not earlier: four budgets and the longest one. */
static void test_quiet(void)
{
	begin();
	pass_round(2, 2);
	pace_begin(&pace, RECEIVERS, now + 4ULL * BUDGET_NS + PACE_MAX_NS);
	is(expected(), 2, "soon after the last flush they are expected");
	pace_begin(&pace, RECEIVERS, now + 4ULL * BUDGET_NS + PACE_MAX_NS + 1);
	is(expected(), 0, "in a quiet room nobody is");

	pass_round(2, 2);
	is((long long)pace_begin(&pace, RECEIVERS, now + LONG_NS), 0, "nor is there time for it");
	ok(!pace_waits(&pace, spoken), "whoever spoke last");
}

static void test_counters(void)
{
	begin();
	spoken = UINT64_MAX - 1;
	pace.spoken_seen = spoken;
	pass_round(4, 4);
	is(expected(), 4, "counters may pass their end");
}

int main(void)
{
	test_rounds();
	test_turns();
	test_waiting();
	test_budget();
	test_quiet();
	test_counters();
	return done();
}
