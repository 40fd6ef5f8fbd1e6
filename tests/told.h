/* told.h - keeps what was logged, for tests that look at the messages */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"

enum { TOLD_MAX = 64 };

static char told[TOLD_MAX][LOG_TEXT_MAX];
static int told_count;

static inline void told_keep(void *context, const struct log_record *record)
{
	(void)context;
	if (told_count < TOLD_MAX)
		snprintf(told[told_count], sizeof(told[0]), "%s", record->text);
	told_count++;
}

static inline void told_begin(void)
{
	told_count = 0;
	log_set_sink(told_keep, NULL);
}

/* Whether one message is just this, or with it in its middle. */
static inline bool told_is(const char *message)
{
	for (int i = 0; i < told_count && i < TOLD_MAX; i++)
		if (strcmp(told[i], message) == 0)
			return true;
	return false;
}

static inline bool told_has(const char *part)
{
	for (int i = 0; i < told_count && i < TOLD_MAX; i++)
		if (strstr(told[i], part))
			return true;
	return false;
}

static inline void told_print(void)
{
	for (int i = 0; i < told_count && i < TOLD_MAX; i++)
		printf("# told: %s\n", told[i]);
}
