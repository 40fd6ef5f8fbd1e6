/*
 * proxies.h - connections of proxies, until they have told for whom they are
 *
 * The setting `proxy` lists who must begin with a header of the PROXY protocol.  Such a connection
 * has no place yet: it waits here, at most proxy_wait_ms, and at most proxy_waits_max of them (then
 * the oldest has to go).  Its header is only looked at, never taken from the socket: the handler
 * does that with the first bytes of the client, when the slot says whose they are.  So a process
 * that dies at any moment leaves either a header that the next one looks at again, or a client
 * with its address.  All belongs to the acceptor.
 */
#pragma once

#include "common/event.h"
#include "mtchatd/config.h"
#include "mtchatd/network.h"
#include "mtchatd/parking.h"
#include "mtchatd/peer.h"
#include "mtchatd/tune.h"

struct acceptor;
struct proxied;

struct proxies {
	struct acceptor *acceptor;
	struct event_loop *loop;
	struct proxied *list; /* tune.proxy_waits_max of them */
	int size, count;
	uint64_t wait_ms;
	uint64_t due; /* ms: not before that is one's time over */
	struct network networks[CONFIG_PROXY_MAX];
	size_t networks_count; /* 0: nobody speaks it */
};

/* 0, or -ENOMEM. */
int proxies_init(struct proxies *proxies, struct acceptor *acceptor);

/* parking: where those that wait are kept for the next process; NULL: nowhere, they end. */
void proxies_done(struct proxies *proxies, struct parking *parking);

/* Who speaks it from now on; those that wait go on waiting. */
void proxies_set(struct proxies *proxies, const struct config *config);

bool proxies_have(const struct proxies *proxies, const struct peer *peer);

/* Takes over fd, of one of them, that has given nothing yet.  It may be let in at once. */
void proxies_add(struct proxies *proxies, int fd, const struct peer *peer, uint64_t now);

/* Ends those whose time is over; returns when the next one's may be, or DEADLINE_NEVER. */
uint64_t proxies_sweep(struct proxies *proxies, uint64_t now);
