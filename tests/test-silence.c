/* test-silence.c - when a silent link is asked whether it lives, and when it counts as dead */
#include "common/deadline.h"
#include "mtchat/silence.h"

#include "tap.h"

enum { TIMEOUT = 30000, BEGIN = 5000 };

static struct silence silence;

static void begin(void)
{
	silence_begin(&silence, BEGIN);
}

/* The next thing that happens, at that time; the kernel has acknowledged nothing since `sent`. */
static void next(enum silence_verdict verdict, uint64_t at, uint64_t sent, const char *what)
{
	uint64_t due = silence_deadline(&silence, TIMEOUT);

	is((long long)due, (long long)at, "%s: when", what);
	is(silence_judge(&silence, due - 1, TIMEOUT, 0), SILENCE_BEARABLE, "... not before");
	is(silence_judge(&silence, due, TIMEOUT, sent ? due - sent : 0), verdict, "... what");
}

static void test_nothing_said(void)
{
	begin();
	next(SILENCE_ASK, BEGIN + TIMEOUT, 0, "asked after the timeout");
	for (uint64_t at = BEGIN + TIMEOUT + SILENCE_DEAD_MS; at < BEGIN + 2 * TIMEOUT;
	     at += SILENCE_DEAD_MS)
		next(SILENCE_BEARABLE, at, 0, "the question has arrived");
	next(SILENCE_DEAD, BEGIN + 2 * TIMEOUT, 0, "dead after as much again");

	begin();
	silence_heard(&silence, BEGIN + 20000);
	next(SILENCE_ASK, BEGIN + 20000 + TIMEOUT, 0, "what comes is life");
	silence_heard(&silence, BEGIN + 55000);
	silence_answered(&silence);
	next(SILENCE_ASK, BEGIN + 55000 + TIMEOUT, 0, "so is the answer");
}

static void test_dead_link(void)
{
	begin();
	next(SILENCE_ASK, BEGIN + TIMEOUT, 0, "a link that nobody uses");
	next(SILENCE_DEAD, BEGIN + TIMEOUT + SILENCE_DEAD_MS, BEGIN + TIMEOUT, "its ping is lost");

	begin();
	silence_owes(&silence, true, BEGIN + 1000);
	next(SILENCE_ASK, BEGIN + 1000 + SILENCE_OWED_MS, 0, "one's own line does not come back");
	next(SILENCE_DEAD, BEGIN + 1000 + SILENCE_OWED_MS + SILENCE_DEAD_MS, BEGIN + 1000,
	     "nothing arrives there");

	begin(); /* as after a suspend: all deadlines have passed */
	is(silence_judge(&silence, BEGIN + 8 * 3600000, TIMEOUT, 0), SILENCE_ASK, "a long sleep");
	is((long long)silence_deadline(&silence, TIMEOUT), BEGIN + 8 * 3600000 + SILENCE_DEAD_MS,
	   "... is no proof: it is asked first");
}

/* Whoever acknowledges what arrives lives: others speak, or the server is only slow. */
static void test_slow_server(void)
{
	begin();
	silence_owes(&silence, true, BEGIN);
	next(SILENCE_ASK, BEGIN + SILENCE_OWED_MS, 0, "one's own line does not come back");
	next(SILENCE_BEARABLE, BEGIN + SILENCE_OWED_MS + SILENCE_DEAD_MS, 0, "it has arrived");
	silence_heard(&silence, BEGIN + 9000);
	next(SILENCE_BEARABLE, BEGIN + SILENCE_OWED_MS + 2 * SILENCE_DEAD_MS, BEGIN,
	     "others are heard, whatever the kernel says");
	next(SILENCE_BEARABLE, BEGIN + SILENCE_OWED_MS + 3 * SILENCE_DEAD_MS, 0, "still nothing");
	next(SILENCE_DEAD, BEGIN + 9000 + SILENCE_GIVE_UP_MS, 0, "nothing more for long");
}

/* A line that never comes back on a link that lives is no reason to ask for ever. */
static void test_patience(void)
{
	uint64_t at = BEGIN;
	static const uint64_t waits[] = {3000, 6000, 12000, 24000, 30000, 30000};

	begin();
	silence_owes(&silence, true, BEGIN);
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		next(SILENCE_ASK, at + waits[i], 0, "asked again, later");
		at += waits[i] + 10;
		silence_heard(&silence, at);
		silence_answered(&silence);
		silence_owes(&silence, true, at);
	}
	silence_owes(&silence, false, at);
	next(SILENCE_ASK, at + TIMEOUT, 0, "nothing is missing any more");
	silence_heard(&silence, at);
	silence_answered(&silence);
	silence_owes(&silence, true, at + 100);
	next(SILENCE_ASK, at + 100 + SILENCE_OWED_MS, 0, "another line");
}

/* The shortest timeout that can be set bounds all others. */
static void test_short_timeout(void)
{
	begin();
	silence_owes(&silence, true, BEGIN);
	is((long long)silence_deadline(&silence, 1000), BEGIN + 1000, "asked");
	is(silence_judge(&silence, BEGIN + 1000, 1000, 0), SILENCE_ASK, "... then");
	is((long long)silence_deadline(&silence, 1000), BEGIN + 2000, "dead");
	is(silence_judge(&silence, BEGIN + 2000, 1000, 0), SILENCE_DEAD, "... then");
}

static void test_clock(void)
{
	uint64_t boot = clock_boot_ms();

	ok(boot + 1 >= clock_ms(), "a suspended machine's clock is never behind");
	is(deadline_boot_timeout(DEADLINE_NEVER), -1, "never");
	is(deadline_boot_timeout(boot), 0, "now");
	ok(deadline_boot_timeout(boot + 60000) > 1000, "later");
}

int main(void)
{
	test_nothing_said();
	test_dead_link();
	test_slow_server();
	test_patience();
	test_short_timeout();
	test_clock();
	return done();
}
