/*
 * store.h - descriptors that the service manager keeps for the next process
 *
 * systemd's FD store (sd_notify(3), FDSTORE=1): what is in it is handed to every later process of
 * the service as LISTEN_FDS, until the service is really stopped.  Each has a name of its own
 * here.  $FDSTORE says how many it takes (systemd sets it from 254 on, for 252 our unit does):
 * without it, or without $NOTIFY_SOCKET, there is no store and nothing outlives us.  What is handed
 * to us all the same comes from a .socket unit, and so may be, in any case, what has a name that is
 * not one of ours (passed.h).
 *
 * What is stored is never told apart from what waits in the manager's queue: a message that was
 * taken is worked through even if its sender dies at once (measured).
 *
 * The manager tells nobody that its store is full, and takes two of one name.  So the names are
 * counted here, and two of one name cannot come from us.  A .socket unit can still bring one
 * (FileDescriptorName=).  The first of them is handed over, the others are closed, and left to the
 * manager: it can only be told to forget all of a name, and what was claimed would go too and be
 * missing after a crash.  That costs one entry each.  Which one is the first changes when the
 * manager re-executes itself (measured: the order is turned round); so look at what you claim.
 *
 * Belongs to one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mtchatd/notify.h"

enum { STORE_NAME_MAX = 16 }; /* of ours, with the NUL */

struct stored {
	char *name;
	int fd;    /* inherited, not claimed yet; -1: none */
	bool kept; /* claimed, or put by us, and not removed: it stays in the store */
};

struct store {
	struct notify *notify;
	bool there;     /* there is a store */
	bool inherited; /* something was in it when we started */
	size_t most;    /* descriptors it takes */
	struct stored *entries;
	size_t count;
};

/*
 * Takes what the service manager has kept ($LISTEN_FDS), all closed on exec, and the variables
 * with it; before any thread starts.  notify is open, and stays the caller's.
 * 0, or -errno (-EINVAL: the variables contradict each other); store_done() is due in any case.
 */
int store_open(struct store *ret, struct notify *notify);

/* Closes what nobody claimed, and forgets the rest of `store`.  The manager's store stays. */
void store_done(struct store *store);

/* Had anything been kept?  With a store, a .socket unit's counts, too. */
static inline bool store_has_any(const struct store *store)
{
	return store->inherited;
}

/* Is there one of that name, not claimed yet? */
bool store_has(const struct store *store, const char *name);

/* Hands over the descriptor of that name, its owner is the caller then; -1: none is kept. */
int store_claim(struct store *store, const char *name);

/* Hands over the one at entries[i], whatever its name is; -1: nobody may claim it any more. */
int store_claim_at(struct store *store, size_t i);

/*
 * At the end of the start: closes what nobody claimed, and has the manager forget it.
 * Returns how many that were; -EAGAIN: the manager's queue is full, not all of it is forgotten:
 * call it again, or the next process does; or another -errno, the same holds.
 */
int store_forget_rest(struct store *store);

/*
 * Keeps a copy of fd.  0; -EAGAIN: the manager's queue is full; -EEXIST: one of that name is
 * there, not removed; -ENOSPC: the store is full; -EINVAL: no such name can be (empty,
 * STORE_NAME_MAX bytes or more, a colon, anything but visible ASCII); or another -errno.
 */
int store_put(struct store *store, const char *name, int fd);

/*
 * The same, waiting until it is taken, at most `ms` altogether: at a first start only.
 * -ETIMEDOUT in place of -EAGAIN.
 */
int store_put_waiting(struct store *store, const char *name, int fd, int ms);

/*
 * Forgets the one of that name, and closes what was inherited and not claimed of it.  0, also if
 * there is none; -EAGAIN or another -errno: the manager does not know yet, but store_put() of the
 * name or store_forget_rest() tells it before anything else.
 */
int store_remove(struct store *store, const char *name);

/*
 * Waits until the manager has worked through all that was sent, at most `ms` altogether.
 * 0, or -ETIMEDOUT or another -errno.
 */
int store_barrier(struct store *store, int ms);
