/*
 * listeners.h - the sockets that clients come in by, as the configuration says
 *
 * TCP on each address of `listen` (none: all, IPv4 and IPv6 by two sockets) at `port`, and the
 * Unix socket.  A reload that names others opens those first, and only then retires the old ones:
 * who waits in their backlog is still let in.
 */
#pragma once

#include <sys/stat.h>

#include "common/event.h"
#include "common/sock.h"
#include "mtchatd/config.h"

enum { LISTENERS_MAX = 2 * (CONFIG_LISTEN_MAX + 1) };

struct listener {
	struct event_source source; /* fd; owner and handle are the acceptor's */
	union sock_address address;
	dev_t device; /* of a Unix socket's file, to remove it only while it is ours */
	ino_t inode;
	bool open;
	bool retires; /* closes when its backlog is empty */
};

struct listeners {
	struct listener list[LISTENERS_MAX]; /* not moved while they are open */
};

/*
 * Opens what config asks for and is not open yet, then marks as retiring what it does not ask
 * for.  Returns 0; or -errno, and nothing has changed.  Logs.  New ones wait to be added to a
 * loop (source.added is false).
 */
int listeners_open(struct listeners *listeners, const struct config *config);

/* Closes one; it must be out of the loop.  A socket file goes with it. */
void listener_close(struct listener *listener);
