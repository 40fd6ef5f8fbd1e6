/*
 * config-check.h - what settings must be to each other, once all files are read
 *
 * Also the state that goes on from file to file: config.c fills it.
 */
#pragma once

#include <stdint.h>

#include "mtchatd/config.h"
#include "mtchatd/settings.h"

/* Where a setting got its value; file NULL: nowhere, it has its default. */
struct origin {
	const char *file;
	int line, order; /* order: among all settings that were read, from 1 */
};

struct reader {
	const char *name; /* of the main file */
	struct config config;
	struct origin origins[SETTING_COUNT];
	int order;
	int errors;
};

/* Counts an error and logs it (line 0: the whole file's); after CONFIG_ERRORS_MAX only counts. */
void complain(struct reader *reader, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The longest rendered line must be at most a quarter of a ring.  Logs. */
void check_ring(struct reader *reader);

/* The rings of all rooms must be at most half of memory_max bytes (0: no limit).  Logs. */
void check_memory(struct reader *reader, uint64_t memory_max);
