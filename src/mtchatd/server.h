/*
 * server.h - the whole daemon: makes the core, starts the threads, serves, ends in order
 */
#pragma once

#include "mtchatd/config.h"
#include "mtchatd/tune.h"

/*
 * Serves until it is told to stop; config_path is read again at a reload.  Returns 0 after a stop;
 * -EADDRINUSE and the like if an address cannot be listened on; another -errno.  Logs.
 */
int server_run(const struct config *config, const char *config_path, const struct tune *tune);

/* Lowers max_clients to what the limit of descriptors allows.  Logs if it does. */
void server_clamp_clients(struct config *config);
