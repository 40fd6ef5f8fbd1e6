/*
 * intake.h - takes what clients send: reads, cuts lines, says them or obeys
 *
 * All whole lines of one recv() are said in one critical section and one commit: what was said and
 * that it was taken from the client become true together.
 */
#pragma once

#include "mtchatd/answer.h"
#include "mtchatd/handler.h"

/* Receives once and says what came.  Returns false if the client is gone. */
bool intake_read(struct handler *handler, struct client *client);

/* Goes on with what was received, now that a reason to wait is over.  False: gone. */
bool intake_resume(struct handler *handler, struct client *client, enum client_pause reason);

/* Pauses it until client->deadline, when its bucket holds a token. */
void intake_throttle(struct handler *handler, struct client *client);

/* Tells one client something, due now.  Lost if its outbox is full. */
void intake_tell(struct handler *handler, struct client *client, const struct answer *answer);

/*
 * It leaves: it is told last of all, if it is one to be told; its room is told; what it still
 * sends counts for nothing.  All that by one commit.
 */
void intake_part(struct handler *handler, struct client *client, enum reason reason);

/* Waits until the gate of that log opens. */
void intake_wait(struct handler *handler, struct client *client, struct rendering *full);
