/* meter.c - what both loads count: how long things take, and what a server spends */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "meter.h"

enum { SPARE_FDS = 16 }; /* beside the connections */

void give_up(const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(EXIT_FAILURE);
}

void *allocate(uint64_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		give_up("no memory for %llu x %zu bytes", (unsigned long long)count, size);
	return memory;
}

void raise_limit(long connections)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    (rlim_t)connections + SPARE_FDS > limit.rlim_cur)
		give_up("%ld clients are too many: %llu descriptors may be open", connections,
			(unsigned long long)limit.rlim_cur);
}

static int bucket_of(uint64_t ns)
{
	int shift;

	if (ns < TIME_STEPS)
		return (int)ns;
	shift = 63 - TIME_STEPS_LOG - __builtin_clzll(ns);
	return (shift + 1) * TIME_STEPS + (int)(ns >> shift) - TIME_STEPS;
}

/* The least time that is counted there. */
static uint64_t floor_of(int bucket)
{
	int shift = bucket / TIME_STEPS - 1;

	return shift < 0 ? (uint64_t)bucket : (uint64_t)(bucket % TIME_STEPS + TIME_STEPS) << shift;
}

void times_add(struct times *times, uint64_t ns, uint64_t count)
{
	times->buckets[bucket_of(ns)] += count;
	if (ns > times->longest)
		times->longest = ns;
}

uint64_t times_count(const struct times *times)
{
	uint64_t all = 0;

	for (int i = 0; i < TIME_BUCKETS; i++)
		all += times->buckets[i];
	return all;
}

double times_us(const struct times *times, double share)
{
	const double wanted = share * (double)times_count(times);
	uint64_t below = 0;
	int bucket = 0;

	while (bucket < TIME_BUCKETS - 1 && (double)(below + times->buckets[bucket]) < wanted)
		below += times->buckets[bucket++];
	return (double)floor_of(bucket) / 1000;
}

uint64_t meter_cpu_ns(int pid)
{
	clockid_t id;
	int r = clock_getcpuclockid(pid, &id);

	errno = r;
	if (r)
		give_up("the processor time of process %d: %m", pid);
	return clock_read_ns(id);
}

long meter_kb(int pid, const char *field)
{
	const size_t size = strlen(field);
	char path[32], line[128];
	long kb = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	if (!file)
		give_up("%s: %m", path);
	while (kb < 0 && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, field, size))
			kb = strtol(line + size, NULL, 10);
	}
	fclose(file);
	if (kb < 0)
		give_up("the server has ended");
	return kb;
}
