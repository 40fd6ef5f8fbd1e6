/*
 * config.h - what /etc/mtchatd.conf sets: a checked struct (config-read.h reads it)
 *
 * Every setting is one row of the table in settings.c; the parser, the checks, the defaults,
 * what a reload may change and the manual's list all come from there.
 *
 * A plain value without pointers: it is copied, compared and (in the arena) outlives us.
 */
#pragma once

#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#include "mtchatd/network.h"

enum mode { MODE_BROADCAST, MODE_ECHO };
enum text { TEXT_UTF8, TEXT_RAW };

enum {
	CONFIG_LISTEN_MAX = 16,
	CONFIG_PROXY_MAX = CONFIG_LISTEN_MAX,
	CONFIG_ERRORS_MAX = 20, /* told one by one; of the rest the number is told */
};

struct config {
	int port;
	int max_clients;
	int mode; /* enum mode */
	char listen[CONFIG_LISTEN_MAX]
		   [INET6_ADDRSTRLEN]; /* "" ends the list; none: all addresses */
	char socket[sizeof(((struct sockaddr_un *)NULL)->sun_path)]; /* path; "": none */
	char proxy[CONFIG_PROXY_MAX][NETWORK_TEXT_MAX];              /* as `listen`; none: nobody */
	int handlers;   /* as written: 0 = by the number of CPUs */
	int max_line;   /* bytes */
	int text;       /* enum text */
	int rate_lines; /* lines a second; 0: no limit */
	int rate_burst; /* lines */
	int slow_grace_ms;
	int room_log_kib;
	int max_rooms;
	int history;               /* lines */
	int max_per_address;       /* clients; 0: no limit */
	int max_rooms_per_address; /* 0: no limit */
	int log_level;             /* LOG_ERR ... LOG_DEBUG */
};

/* The defaults; `socket` from $RUNTIME_DIRECTORY (the first, if it names several). */
void config_default(struct config *ret);

/*
 * Takes over into *current what may change while we run, out of *next.  Logs each
 * setting that has another value in *next but waits for the next start.
 */
void config_apply(struct config *current, const struct config *next);

/*
 * Could config_load() have returned it, on a machine with memory enough?  For one that lay in the
 * arena: it may be any bytes.  Logs nothing.
 */
bool config_is_sound(const struct config *config);

/* How many handler threads the setting `handlers` stands for, at least 1. */
int config_resolve_handlers(int setting);
