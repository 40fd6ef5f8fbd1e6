/*
 * delivery.h - gives a client what is its due: its outbox, and the log from its cursor on
 *
 * One send() carries all that lies between cursor and head, straight from the ring.  A client
 * that does not take all of it is `blocked` and served when its socket has space again; if it
 * stands in the way of the room for too long, it is overtaken (overtake.h).
 */
#pragma once

#include "mtchatd/handler.h"

/*
 * Serves one client up to head.  Returns false if the client is gone, or another handler's.  A
 * client that has all goes on with what waited for that: its departure, or its own unanswered
 * commands.
 */
bool delivery_serve(struct handler *handler, struct client *client, uint64_t head);

/* Serves all active clients of the handler that read it, up to its head. */
void delivery_flush(struct handler *handler, struct rendering *rendering);
