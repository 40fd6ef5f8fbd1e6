/* tune.c - "NAME=VALUE" of --tune, by a table */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "mtchatd/tune.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* 0 is allowed where it means "none" or "at once", not where a timer would spin. */
static const struct {
	const char *name;
	size_t offset; /* of an int in struct tune */
	int min, max;
} rows[] = {
	{"split_members", offsetof(struct tune, split_members), 1, 1000000},
	{"keepalive_idle_s", offsetof(struct tune, keepalive_idle_s), 1, 32767}, /* the kernel's */
	{"keepalive_step_s", offsetof(struct tune, keepalive_step_s), 1, 32767}, /* own limits */
	{"keepalive_probes", offsetof(struct tune, keepalive_probes), 1, 127},
	{"link_look_ms", offsetof(struct tune, link_look_ms), 1, DAY_MS},
	{"link_dead_ms", offsetof(struct tune, link_dead_ms), 1, DAY_MS},
	{"linger_ms", offsetof(struct tune, linger_ms), 0, DAY_MS},
	{"refused_max", offsetof(struct tune, refused_max), 0, 1000000},
	{"proxy_wait_ms", offsetof(struct tune, proxy_wait_ms), 1, DAY_MS},
	{"proxy_waits_max", offsetof(struct tune, proxy_waits_max), 1, 1000000},
	{"status_ms", offsetof(struct tune, status_ms), 1, DAY_MS},
	{"announced_ms", offsetof(struct tune, announced_ms), 0, DAY_MS},
	{"stop_ms", offsetof(struct tune, stop_ms), 0, DAY_MS},
	{"visit_ms", offsetof(struct tune, visit_ms), 0, DAY_MS},
	{"rendering_idle_ms", offsetof(struct tune, rendering_idle_ms), 0, DAY_MS},
	{"commands_rate", offsetof(struct tune, commands_rate), 0, 1000000},
	{"reconcile", offsetof(struct tune, reconcile), 0, 1},
};

/* Digits only: strtol() alone would take blanks, a sign and nothing at all. */
static int parse_value(const char *text, int min, int max, int *ret)
{
	char *end;
	long value;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	value = strtol(text, &end, 10);
	if (*end != '\0' || errno != 0 || value < min || value > max)
		return -EINVAL;
	*ret = (int)value;
	return 0;
}

int tune_set(struct tune *tune, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	size_t length;

	if (!equals)
		return -EINVAL;
	length = (size_t)(equals - assignment);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strlen(rows[i].name) == length && memcmp(rows[i].name, assignment, length) == 0)
			return parse_value(equals + 1, rows[i].min, rows[i].max,
					   (int *)((char *)tune + rows[i].offset));
	return -EINVAL;
}
