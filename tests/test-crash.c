/* test-crash.c - a process dies at the point and passage it is told to, and a bag survives that */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "mtchatd/crash.h"

#include "parked.h"
#include "tap.h"

enum { COUNT = 20, THREADS = 4, PASSAGES = 1000 };

static atomic_int *passed; /* shared with the children */

/*
 * Does it in a child, for a process asks but once where it is to die.  The signal that it dies of,
 * or 0; what it says on the way is thrown away unless it is loud.
 */
static int dies(const char *at, void (*body)(void *context), void *context, bool loud)
{
	int status;
	pid_t child;

	fflush(stdout);
	*passed = 0;
	child = fork();
	if (child == 0) {
		if (!loud && !freopen("/dev/null", "w", stderr))
			_exit(EXIT_FAILURE);
		setenv("MTCHATD_CRASH", at, 1);
		body(context);
		_exit(EXIT_SUCCESS);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		abort();
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) ? -1 : 0;
}

static void pass(void *context)
{
	(void)context;
	for (int i = 0; i < 10; i++) {
		crash_point(CRASH_LENT);
		(*passed)++;
		crash_point(CRASH_RECEIVED);
	}
}

static void *pass_often(void *context)
{
	for (int i = 0; i < PASSAGES; i++) {
		(*passed)++;
		crash_point(CRASH_RECEIVED);
	}
	return context;
}

static void pass_at_once(void *context)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, pass_often, context) != 0)
			abort();
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void test_passages(void)
{
	is(dies("RECEIVED:3", pass, NULL, true), SIGKILL, "it dies when it passes a point");
	is(*passed, 3, "for the third time");
	is(dies("LENT:1", pass, NULL, true), SIGKILL, "or for the first");
	is(*passed, 0, "before anything else");
	is(dies("RECEIVED:11", pass, NULL, true), 0, "it lives if it passes less often");
	is(dies("READY:1", pass, NULL, true), 0, "or elsewhere");
	is(dies("RECEIVED:4000", pass_at_once, NULL, true), SIGKILL,
	   "threads are counted together");
	is(*passed, THREADS * PASSAGES, "each passage once");
	is(dies("RECEIVED:4001", pass_at_once, NULL, true), 0, "and none more often");
}

static void test_mistakes(void)
{
	static const char *const wrong[] = {
		"",           "RECEIVED",    "RECEIVED:",
		"RECEIVED:0", "RECEIVED:-1", "RECEIVED:1x",
		"NOWHERE:1",  "RECEIVE:1",   "RECEIVEDX:1",
		":1",         "received:1",  "RECEIVED:99999999999999999999",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		is(dies(wrong[i], pass, NULL, false), SIGABRT, "'%s' is no point and passage",
		   wrong[i]);
}

static bool keeps_all(void *context, const struct parked *who)
{
	(void)context;
	(void)who;
	return true;
}

static void compact(void *context)
{
	bag_compact(context, keeps_all, NULL);
}

/* Is everybody in it, as the last copy of each says, in order? */
static bool has_all(struct bag *bag, const struct parked *who)
{
	const struct seen *seen = look_into(bag);

	return seen->mixed == 0 && seen->count >= COUNT &&
	       memcmp(seen->who + seen->count - COUNT, who, COUNT * sizeof(*who)) == 0;
}

static void test_bag(const char *at, unsigned first, unsigned second)
{
	struct parked who[COUNT];
	struct bag bag;

	if (bag_new(&bag) < 0)
		abort();
	for (uint32_t i = 0; i < COUNT; i++)
		if (park_new(&bag, i, &who[i]) < 0)
			abort();
	is(dies(at, compact, &bag, true), SIGKILL, "dead at %s", at);
	ok(has_all(&bag, who), "everybody is in the bag");
	is(bag.messages, first, "%u messages", first);
	is(dies(at, compact, &bag, true), SIGKILL, "dead again");
	ok(has_all(&bag, who), "everybody is still in the bag");
	is(bag.messages, second, "%u messages", second);
	is(dies("READY:1", compact, &bag, true), 0, "and then a compaction comes to its end");
	ok(seen_are(look_into(&bag), who, COUNT) && bag.messages == 1, "everybody is in it, once");
	bag_done(&bag);
}

int main(void)
{
	passed = mmap(NULL, sizeof(*passed), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (passed == MAP_FAILED)
		abort();
	test_passages();
	test_mistakes();
	test_bag("SNAPSHOT:1", COUNT + 1, COUNT + 2);
	test_bag("DROPPED:1", COUNT, COUNT);
	return done();
}
