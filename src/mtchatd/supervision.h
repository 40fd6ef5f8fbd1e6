/*
 * supervision.h - what the service manager is told: ready, status, alive
 *
 * WATCHDOG=1 goes out only if every handler has answered since the last one: a handler that
 * hangs stops the pings, and the service manager replaces us.  Nothing here ever blocks; what
 * the manager's full queue did not take is sent again at the next tick.
 */
#pragma once

#include <stdbool.h>

#include "mtchatd/handler.h"
#include "mtchatd/notify.h"

enum { STATUS_MAX = 256 };

struct supervision {
	struct notify *notify;
	struct core *core;
	struct handler **handlers; /* core->handlers of them */

	char state[128];          /* READY=1 and the like, not taken yet; "" if it is */
	uint64_t state_due;       /* ms: when that is tried again */
	char status[STATUS_MAX];  /* last one that was taken */
	uint64_t lines, lines_at; /* the room's count at the last status, and when: ms */
	uint64_t rate;            /* lines a second, between the last two looks */
	uint64_t status_due;      /* ms */
	uint64_t watchdog_ms;     /* how often a ping is tried; 0: nobody asked for any */
	uint64_t watchdog_due;
};

/* notify: stays the caller's. */
void supervision_init(struct supervision *supervision, struct core *core, struct handler **handlers,
		      struct notify *notify);

/* "READY=1", "RELOADING=1\n...", "STOPPING=1": sent now, or as soon as it is taken. */
void supervision_state(struct supervision *supervision, const char *state);

/* Sends what is due; trouble: what is wrong at the moment, for the status, or NULL. */
void supervision_tick(struct supervision *supervision, uint64_t now, uint32_t max_clients,
		      const char *trouble);

/* When the next tick is due, ms; DEADLINE_NEVER: never. */
uint64_t supervision_due(const struct supervision *supervision);
