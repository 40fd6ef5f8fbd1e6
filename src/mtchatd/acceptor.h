/*
 * acceptor.h - the main thread: lets clients in, and hears what the administrator wants
 *
 * It accepts, admits (admission.h), deals clients out to the handlers, reads signals, reloads
 * the configuration, and keeps the service manager informed.  It never touches a client that it
 * has given to a handler.
 */
#pragma once

#include "common/event.h"
#include "mtchatd/config.h"
#include "mtchatd/handler.h"
#include "mtchatd/keeper.h"
#include "mtchatd/listeners.h"
#include "mtchatd/proxies.h"
#include "mtchatd/refusal.h"
#include "mtchatd/supervision.h"

struct acceptor {
	struct core *core;
	struct handler **handlers; /* core->handlers of them */
	struct config config;      /* in force; max_clients may be clamped */
	const char *config_path;

	struct event_loop loop;
	struct listeners listeners;
	struct refusals refusals;
	struct proxies proxies;
	struct supervision supervision;
	struct parking parking;
	struct keeper keeper;
	struct event_source signals; /* signalfd */
	struct event_source waker;   /* of core->acceptor */

	uint64_t keeper_due; /* ms: when a keeper is started again; 0: there is one, or none is to
				be */
	uint64_t retry_due;  /* ms: no descriptor was left, the listeners rest; 0: they do not */
	bool starves;        /* that has been told, and accept() has not done well since */
	bool ready;          /* the service manager was told */
	const char *trouble; /* for the status, or NULL */
	bool stops;
	bool for_good;           /* a stop is no restart */
	uint64_t for_good_until; /* ms: a SIGTERM until then is none (SIGUSR1) */
};

/* Whether connections are kept for a next process. */
static inline bool acceptor_hands_on(const struct acceptor *acceptor)
{
	const struct store *store = acceptor->parking.store;

	return store && store->there && !acceptor->for_good;
}

/*
 * The signals that acceptor_init() will read.  Blocked first of all, before any thread starts: one
 * that comes while the configuration is read waits, where it would end the process.
 */
void acceptor_block_signals(void);
void acceptor_unblock_signals(void); /* for who only looks at the configuration */

/* Opens everything; the listeners' backlog begins to fill.  Logs.  0, or -errno. */
int acceptor_init(struct acceptor *acceptor, struct core *core, struct handler **handlers,
		  const struct config *config, const char *config_path, struct store *store);
void acceptor_done(struct acceptor *acceptor);

/* Serves until SIGTERM or SIGINT.  The handlers have started. */
void acceptor_run(struct acceptor *acceptor);

/* -- for the files of this floor -- */

/* Lets in (or turns away) whoever waits at a listener. */
void acceptor_admit(struct acceptor *acceptor, struct listener *listener);

/*
 * Lets in a connection that was accepted before this process; takes over fd.  lost: it had been
 * let in before, and is told that lines may be missing.
 */
void acceptor_adopt(struct acceptor *acceptor, int fd, bool lost);

/* Lets in one that a proxy has told of: the header waits to be received, and is a client's. */
void acceptor_admit_proxied(struct acceptor *acceptor, int fd, const struct peer *peer);

/* A descriptor of a client: the keeper looks no further than the highest. */
void acceptor_note_fd(struct acceptor *acceptor, uint32_t fd);

/* SIGHUP: applies the configuration file, or tells why not. */
void acceptor_reload(struct acceptor *acceptor);

/* Watches listeners that are new; those of a pause rest. */
void acceptor_watch_listeners(struct acceptor *acceptor);
