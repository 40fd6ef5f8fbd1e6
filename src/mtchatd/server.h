/*
 * server.h - the whole daemon: makes or takes over the core, starts the threads, serves, ends
 */
#pragma once

#include <stdbool.h>

#include "mtchatd/config.h"
#include "mtchatd/store.h"
#include "mtchatd/tune.h"

/*
 * Serves until it is told to stop; config_path is read again at a reload.  config: NULL if it has
 * errors, which have been told; the last good one is used then, since what was inherited is not
 * given up for that.  Returns 0 after a stop; -EADDRINUSE and the like if an address cannot
 * be listened on; another -errno.  Logs.
 */
int server_run(const struct config *config, const char *config_path, const struct tune *tune,
	       struct store *store);

/* Was there a process before us that left connections behind? */
bool server_inherits(const struct store *store);

/* Lowers max_clients to what the limit of descriptors allows.  Logs if it does. */
void server_clamp_clients(struct config *config);
