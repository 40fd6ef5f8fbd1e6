/*
 * intake.h - takes what clients send: reads, cuts lines, says them or obeys
 *
 * All whole lines of one recv() are said in one critical section and one commit: what was said and
 * that it was taken from the client become true together.
 */
#pragma once

#include "mtchatd/handler.h"

/* Receives once and says what came.  Returns false if the client is gone. */
bool intake_read(struct handler *handler, struct client *client);

/* Goes on with what was received, now that a reason to wait is over.  False: gone. */
bool intake_resume(struct handler *handler, struct client *client, enum client_pause reason);

/* Pauses it until client->deadline, when its bucket holds a token. */
void intake_throttle(struct handler *handler, struct client *client);
