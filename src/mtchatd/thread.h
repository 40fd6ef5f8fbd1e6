/*
 * thread.h - the life of a handler: made, started, waited for, freed
 *
 * Its thread runs the loop (turn.h) and so stands above the handler itself (handler.h): what
 * a handler is does not depend on what it does all day.
 */
#pragma once

#include "mtchatd/handler.h"

/* Makes the handler `index`; clients can be given to it.  0, or -errno. */
int handler_new(struct handler **ret, struct core *core, int index);

/* Starts its thread.  0, or -errno. */
int handler_start(struct handler *handler);

/*
 * Waits for the end of its thread, which core->stopping or core->resting brings about.  NULL is
 * accepted, and one that was not started.
 */
void handler_join(struct handler *handler);

/* After all have ended: they hand clients and letters to each other. */
void handler_free(struct handler *handler);
