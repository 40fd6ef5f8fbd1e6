/* crash.c - the points at which the tests kill the daemon; nothing where it is installed */
#ifdef CRASH_POINTS
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mtchatd/crash.h"

#define VARIABLE "MTCHATD_CRASH"

static const char *const names[] = {
#define POINT(name, found, mended) [CRASH_##name] = #name,
	CRASH_TABLE(POINT)
#undef POINT
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int chosen = -1;   /* the point; -1: none */
static atomic_long ahead; /* how often it is still to be passed, the last time included */

/* A test that names no point would pass for the wrong reason. */
_Noreturn static void refuse(const char *text)
{
	fprintf(stderr, VARIABLE ": not a point and a passage from 1: '%s'\n", text);
	abort();
}

static int find(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0)
			return (int)i;
	return -1;
}

static void choose(void)
{
	const char *text = getenv(VARIABLE); /* NOLINT(concurrency-mt-unsafe): no setenv */
	const char *colon;
	char *end;
	long passage;

	if (!text)
		return;
	colon = strchr(text, ':');
	if (!colon)
		refuse(text);
	chosen = find(text, (size_t)(colon - text));
	errno = 0;
	passage = strtol(colon + 1, &end, 10);
	if (chosen < 0 || errno || *end || passage < 1)
		refuse(text);
	atomic_store_explicit(&ahead, passage, memory_order_relaxed);
}

void crash_point(enum crash_point point)
{
	pthread_once(&once, choose);
	if ((int)point != chosen || atomic_fetch_sub_explicit(&ahead, 1, memory_order_relaxed) != 1)
		return;
	kill(getpid(), SIGKILL);
	for (;;) /* not one step further, however long the signal takes */
		pause();
}
#endif
