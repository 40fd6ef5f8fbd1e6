/*
 * keeper.h - a small process that outlives a crash of ours for a moment
 *
 * Between accept() and parking a connection is in no bag, and would be reset if we died.  No
 * store is quick enough for that, but a process that shares our table of descriptors (CLONE_FILES)
 * is: as long as it lives, nothing in the table is closed.  It waits for our end, parks what is
 * not parked yet, and ends as well; the next process waits for that (arena_own()).
 *
 * It executes nothing (that would give it a table of its own) and blocks all signals, since a stop
 * sends SIGTERM to it, too.  Killed together with us (`systemctl kill`, out of memory), it cannot
 * help: then only what was parked survives, all but a microsecond of each connection's life.
 */
#pragma once

#include <sys/types.h>

#include "common/event.h"
#include "mtchatd/parking.h"

struct keeper {
	const struct core *core;
	struct parking *parking;
	struct event_source source; /* its pidfd: readable when it has ended */
	uint8_t *known;             /* a bit for each descriptor: parked for sure */
	size_t known_size;          /* bytes */
	int parent;                 /* pidfd of ours */
	pid_t pid;                  /* 0: none */
};

/* Logs nothing.  0, or -errno: there is none then, and keeper_start() may be tried later. */
int keeper_init(struct keeper *keeper, const struct core *core, struct parking *parking);
int keeper_start(struct keeper *keeper);

/* It has ended, and nobody waited for it yet. */
void keeper_reap(struct keeper *keeper);

/* The process itself goes on until ours has ended. */
void keeper_done(struct keeper *keeper);
