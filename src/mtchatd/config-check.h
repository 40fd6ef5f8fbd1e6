/*
 * config-check.h - what settings must be: strings by themselves, and numbers to each other
 *
 * Also the state that goes on from file to file: config-read.c fills it.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "mtchatd/config-file.h"
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

/*
 * Reads the file and those beside it, which are listed in *dropins, and checks it all: *reader,
 * which has its name only, is filled in.  The origins point to the names.  Logs each error.
 */
void reader_read(struct reader *reader, struct file_list *dropins, const char *path,
		 uint64_t memory_max);

/* 0 and what was read; or -EINVAL: there were errors, and *ret is untouched.  Logs how many more.
 */
int reader_finish(const struct reader *reader, struct config *ret);

/* Counts an error and logs it (line 0: the whole file's); after CONFIG_ERRORS_MAX only counts. */
void complain(struct reader *reader, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Whether it is an IPv4 or IPv6 address; then *ret is the form in which the kernel, too, would
 * write it, and an IPv4 address within IPv6 (::ffff:192.0.2.1) is IPv4: so no address can hide in
 * another form.
 */
bool normal_address(const char *address, char ret[INET6_ADDRSTRLEN]);

/* The same of a network (network.h). */
bool normal_network(const char *network, char ret[NETWORK_TEXT_MAX]);

/* Whether it is "", or an absolute path of clean text in less than `room` bytes. */
bool is_socket_path(const char *path, size_t room);

/* Whether the longest rendered line is at most a quarter of a ring; each is within its range. */
bool line_fits_ring(const struct config *config);

/* The same.  Logs. */
void check_ring(struct reader *reader);

/*
 * The rings of all rooms must be at most half of memory_max bytes (0: no limit).  Only what a file
 * sets can be wrong: without max_rooms in any, it is lowered to what fits, 1 at least.  Logs.
 */
void check_memory(struct reader *reader, uint64_t memory_max);
