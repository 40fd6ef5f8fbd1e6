/* test-descriptors.c - how many clients a limit of descriptors allows */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mtchatd/descriptors.h"

#include "tap.h"

static void set_limit(rlim_t soft, rlim_t hard)
{
	const struct rlimit limit = {soft, hard};

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		abort();
}

static int next_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* The hard limit can only be lowered: from the highest down. */
static void test_raise(void)
{
	struct rlimit limit;
	rlim_t hard;
	int next = next_fd();

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		abort();
	hard = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
	is(descriptors_raise(), limit.rlim_max > INT_MAX ? INT_MAX : (long long)limit.rlim_max,
	   "raised to the hard limit");

	set_limit(64, hard);
	is(descriptors_raise(), (long long)hard, "from a low one");
	getrlimit(RLIMIT_NOFILE, &limit);
	ok(limit.rlim_cur == hard, "which now holds");
	is(descriptors_raise(), (long long)hard, "raised already, it stays");
	set_limit(64, 64);
	is(descriptors_raise(), 64, "it goes no higher than it may");
	descriptors_prepare(INT_MAX);
	is(next_fd(), next, "more clients than it allows are no error");
}

static void test_clients(void)
{
	int faults = 0;

	for (int limit = 2; limit < 100000; limit++)
		faults += descriptors_clients(limit) != limit / 2;
	is(faults, 0, "each client counts twice");
	is(descriptors_clients(1), 1, "no limit is too low for one client");
	is(descriptors_clients(0), 1, "not even none");
	is(descriptors_clients(-1), 1, "nor a silly one");
	is(descriptors_clients(INT_MAX), INT_MAX / 2, "none is too high");
	ok(descriptors_clients(1024) >= 256, "the usual soft limit allows what is the default");
	ok(descriptors_clients(524288) >= 100000, "the usual hard limit the largest house");
}

/* Places in the kernel's table of our descriptors. */
static int places(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	int count = 0;

	while (status && fgets(line, sizeof(line), status)) {
		if (strncmp(line, "FDSize:", 7) == 0)
			count = atoi(line + 7);
	}
	if (status)
		fclose(status);
	return count;
}

static void test_prepare(void)
{
	int next = next_fd();

	ok(places() < 2000, "few places at first");
	descriptors_prepare(2000);
	ok(places() >= 2000, "the table has a place for each client");
	is(next_fd(), next, "and nothing is left open");
}

int main(void)
{
	test_clients();
	test_prepare();
	test_raise();
	return done();
}
