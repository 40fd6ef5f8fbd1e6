/* machine.c - what this machine grants us: processors and memory */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "mtchatd/machine.h"

int machine_processors(void)
{
	cpu_set_t set;
	long online;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return CPU_COUNT(&set);
	online = sysconf(_SC_NPROCESSORS_ONLN); /* more than cpu_set_t can name */
	return online > 0 ? (int)online : 1;
}

static void fclosep(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

/* The path of our group, of the line "0::PATH\n": version 2's.  -ENOENT if there is none. */
static int own_group(const char *self_cgroup, char ret[PATH_MAX])
{
	CLEANUP(fclosep) FILE *stream = fopen(self_cgroup, "re");

	if (!stream)
		return -errno;
	while (fgets(ret, PATH_MAX, stream)) {
		if (strncmp(ret, "0::", 3) != 0)
			continue;
		ret[strcspn(ret, "\n")] = '\0';
		memmove(ret, ret + 3, strlen(ret + 3) + 1);
		return 0;
	}
	return -ENOENT;
}

uint64_t machine_memory_max(const char *self_cgroup, const char *mount)
{
	CLEANUP(fclosep) FILE *stream = NULL;
	char group[PATH_MAX], path[2 * PATH_MAX], text[32], *end;
	uint64_t bytes;

	if (own_group(self_cgroup, group) < 0)
		return 0;
	snprintf(path, sizeof(path), "%s%s/memory.max", mount, group);
	stream = fopen(path, "re");
	if (!stream || !fgets(text, sizeof(text), stream))
		return 0;
	errno = 0;
	bytes = strtoull(text, &end, 10); /* "max": no digits, so 0 */
	return errno == 0 && (*end == '\n' || *end == '\0') ? bytes : 0;
}
