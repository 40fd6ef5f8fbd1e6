/* test-breaker.c - bytes that end us again and again, and starts that all end at one place */
#include <string.h>

#include "mtchatd/breaker.h"

#include "tap.h"

static struct arena arena;
static struct legacy *legacy;
static struct handler_record *records;

/* The next start: a process has ended, whatever it had in hand. */
static bool start(void)
{
	return breaker_trips(&arena);
}

/* As the first time. */
static void begin_anew(void)
{
	memset(legacy, 0, sizeof(*legacy));
	memset(records, 0, HANDLERS_MAX * sizeof(*records));
}

/* How many starts that end at the stage it takes until the arena is set aside. */
static int starts_until_trip(enum stage stage, uint32_t slot)
{
	int starts = 1;

	while (!start() && starts < 100) {
		breaker_stage(legacy, stage, slot);
		starts++;
	}
	return starts;
}

static void test_loop(void)
{
	static const enum stage stages[] = {STAGE_FOUND, STAGE_SLOT, STAGE_ADOPTS, STAGE_SERVES};

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		begin_anew();
		is(starts_until_trip(stages[i], 0), BREAKER_STARTS + 1,
		   "stage %d: after five ends the sixth start does without the arena", stages[i]);
	}
	begin_anew();
	is(starts_until_trip(STAGE_SLOT, 99999), BREAKER_STARTS + 1, "the same at one slot");
	begin_anew();
	is(starts_until_trip(STAGE_SERVED, 0), 100, "a process that served may end as it likes");
}

static void test_a_start_that_never_gets_far(void)
{
	int starts = 1;

	begin_anew();
	while (!start() && starts < 100)
		starts++;
	is(starts, BREAKER_STARTS + 1, "ended before it called any stage itself");
}

static void test_other_stages(void)
{
	bool trips = false;

	begin_anew();
	for (uint32_t i = 0; i < 50; i++) {
		trips |= start();
		breaker_stage(legacy, STAGE_SLOT, i);
	}
	ok(!trips, "one slot after the other: kills from outside, or progress");
	begin_anew();
	for (int i = 0; i < 50; i++) {
		trips |= start();
		breaker_stage(legacy, i % BREAKER_STARTS ? STAGE_SLOT : STAGE_ADOPTS, 7);
	}
	ok(!trips, "four at the same stage, then another");
	ok(!start(), "the fourth is one too few");
	is((long long)word_get(&legacy->failures), BREAKER_STARTS - 1, "which are counted");
}

static void test_served(void)
{
	begin_anew();
	for (int i = 0; i < BREAKER_STARTS - 1; i++) {
		start();
		breaker_stage(legacy, STAGE_SERVES, 0);
	}
	start();
	breaker_stage(legacy, STAGE_SERVES, 0);
	breaker_served(legacy);
	is((long long)word_get(&legacy->failures), 0, "all turn: what was before is forgotten");
	ok(!start(), "the next start is no failure");
	breaker_stage(legacy, STAGE_SERVES, 0);
	is(starts_until_trip(STAGE_SERVES, 0), BREAKER_STARTS, "five more are needed");
}

/* A start, and its end with these bytes in hand. */
static bool end_with(int handler, uint64_t cookie, uint64_t parsed)
{
	bool trips = start();

	breaker_stage(legacy, STAGE_SERVES, 0);
	hand_take(&records[handler].hand, cookie, parsed);
	return trips;
}

static void test_poison(void)
{
	begin_anew();
	for (int i = 0; i < BREAKER_STARTS; i++) {
		ok(!end_with(i, 77, 1000), "end %d, in the hands of any handler", i + 1);
		ok(!breaker_is_poison(legacy, 77, 1000), "is not poison yet");
	}
	ok(!start(), "five such ends: that wins over the loop, the arena is kept");
	ok(breaker_is_poison(legacy, 77, 1000), "and they are poison");
	ok(!breaker_is_poison(legacy, 77, 1001), "what comes after them is not");
	ok(!breaker_is_poison(legacy, 78, 1000), "nor what somebody else says");
	is((long long)word_get(&legacy->failures), 0, "the loop begins anew");
	breaker_stage(legacy, STAGE_SERVES, 0);
	is(starts_until_trip(STAGE_SERVES, 0), BREAKER_STARTS,
	   "if it goes on without them, the arena is to blame");
}

static void test_hands(void)
{
	int held = 0;

	begin_anew();
	hand_take(&records[0].hand, 5, 50);
	hand_take(&records[HANDLERS_MAX - 1].hand, 6, 60);
	start();
	for (int i = 0; i < HANDLERS_MAX; i++)
		held += word_get(&records[i].hand.cookie) != 0;
	is(held, 0, "a start empties all hands");
	is((long long)legacy->suspects[0].starts, 1, "whose bytes are suspects");
	is((long long)legacy->suspects[HANDLERS_MAX - 1].cookie, 6, "of all handlers");
	start();
	is((long long)legacy->suspects[0].cookie, 0, "not in hand at the next end: no suspect");
}

/* In a row, and with nothing else in between: progress is no poison. */
static void test_innocent(void)
{
	bool poison = false;

	begin_anew();
	for (uint64_t i = 0; i < 50; i++) {
		end_with(0, 77, 1000 + i);
		poison |= breaker_is_poison(legacy, 77, 1000 + i);
	}
	ok(!poison, "the same client, each time some bytes further");
	begin_anew();
	for (int i = 0; i < 50; i++) {
		if (i % BREAKER_STARTS)
			end_with(0, 77, 1000);
		else
			start();
		poison |= breaker_is_poison(legacy, 77, 1000);
	}
	ok(!poison, "four times in a row, then not");
	begin_anew();
	for (int i = 0; i <= BREAKER_STARTS; i++) {
		end_with(0, 77, 1000);
		hand_empty(&records[0].hand);
	}
	ok(!breaker_is_poison(legacy, 77, 1000), "done with before the end");
}

int main(void)
{
	if (core_new_arena(&arena) < 0)
		abort();
	legacy = core_legacy(&arena);
	records = core_records(&arena);
	test_loop();
	test_a_start_that_never_gets_far();
	test_other_stages();
	test_served();
	test_poison();
	test_hands();
	test_innocent();
	arena_done(&arena);
	return done();
}
