/*
 * echo.h - echo mode: each client gets its own bytes back, unchanged
 *
 * Nothing is interpreted.  A client that does not take what is owed to it is read no further;
 * nobody else notices.  The bytes wait in its input buffer: `parsed` counts those sent back.
 */
#pragma once

#include "mtchatd/handler.h"

/* It has come, perhaps by a proxy.  False: gone. */
bool echo_begin(struct handler *handler, struct client *client);

/* Its socket is ready: sends back what is owed, reads on if nothing is.  False: gone. */
bool echo_serve(struct handler *handler, struct client *client);
