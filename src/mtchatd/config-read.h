/*
 * config-read.h - files become a checked struct config
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct config;

/*
 * Reads path, then the files *.conf in path.d by their names, and checks everything.
 * Returns 0, or -EINVAL; *ret is untouched then.  Logs each error with file and line.
 */
int config_load(struct config *ret, const char *path);

/* The same on a machine that grants us so many bytes of memory (0: no limit). */
int config_load_within(struct config *ret, const char *path, uint64_t memory_max);

/*
 * The same for one text, without files or the limit of memory; name is what errors are told of.
 * The text may be any bytes.
 */
int config_parse(struct config *ret, const char *text, size_t size, const char *name);
