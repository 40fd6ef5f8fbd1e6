/*
 * listeners.h - the sockets that clients come in by, as the configuration says
 *
 * TCP on each address of `listen` (none: all, IPv4 and IPv6 by two sockets) at `port`, and the
 * Unix socket.  A reload that names others opens those first, and only then retires the old ones:
 * who waits in their backlog is still let in.
 *
 * Each is in the store as "l<number>", so that a restart refuses nobody.  Besides there are those
 * that a .socket unit passes (passed.h): they serve whatever the configuration says, and an address
 * that one of them serves is not opened again.
 */
#pragma once

#include "common/event.h"
#include "common/sock.h"
#include "mtchatd/config.h"
#include "mtchatd/legacy.h"
#include "mtchatd/store.h"

enum {
	LISTENERS_PASSED_MAX = 16,
	LISTENERS_MAX = 2 * (CONFIG_LISTEN_MAX + 1) + LISTENERS_PASSED_MAX,
	LISTENERS_TEXT_MAX = 320,
};

_Static_assert((int)LISTENERS_MAX <= (int)LEGACY_LISTENERS, "each has its file");

struct listener {
	struct event_source source; /* fd; owner and handle are the acceptor's */
	union sock_address address;
	bool open;
	bool retires; /* closes when its backlog is empty */
	bool passed;  /* by a .socket unit, to each process: not in the store, never retires */
	bool dual;    /* passed, IPv6, and takes IPv4 connections as well */
};

struct listeners {
	struct listener list[LISTENERS_MAX]; /* not moved while they are open */
	int passed;                          /* of them by .socket units */
	struct store *store;
	struct legacy *legacy;
};

/*
 * Takes over those in the store.  One whose socket file is not there any more retires at once,
 * so that listeners_open() makes another one.  Returns how many there are.
 */
int listeners_inherit(struct listeners *listeners, struct store *store, struct legacy *legacy);

/* A place for one more, or NULL. */
struct listener *listeners_find_free(struct listeners *listeners);

/*
 * Opens what config asks for and is not open yet, then marks as retiring what it does not ask
 * for.  A Unix socket whose file is not there any more is made again.  Of "all addresses" those of
 * one family may lack.  Returns 0; or -errno, and nothing has changed.  Logs.  New ones wait to be
 * added to a loop (source.added is false).
 */
int listeners_open(struct listeners *listeners, const struct config *config);

/* Closes one; it must be out of the loop.  A socket file goes with it. */
void listener_close(struct listeners *listeners, struct listener *listener);

/* Where they listen: "0.0.0.0:9190 and /run/mtchatd/socket (no IPv6 here)"; returns text. */
const char *listeners_text(const struct listeners *listeners, const struct config *config,
			   char text[LISTENERS_TEXT_MAX]);
