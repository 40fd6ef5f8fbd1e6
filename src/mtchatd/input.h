/*
 * input.h - the buffer in which a client's bytes wait until they are said
 *
 * In the arena, lent by the first recv() and given back when nothing in it waits.  recv() goes
 * straight into it, and the count is stored after the call: after a crash the bytes of
 * the last call are there, and the kernel knows how many.
 */
#pragma once

#include "mtchatd/handler.h"

enum { RECEIVE_MAX = 64 << 10 }; /* bytes of one recv(): a flood takes turns with the others */

/* Receives into the client's buffer, which is lent to it for that.  As recv(). */
ssize_t input_receive(struct handler *handler, struct client *client);

/* Gives the buffer back, if all in it is done with. */
void input_release(struct handler *handler, struct client *client);
