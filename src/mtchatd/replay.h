/*
 * replay.h - history is a cursor that starts further back: nothing is copied
 *
 * /last and /since leave a replay in the client's outbox (outbox.h): first it gets what it is owed,
 * then the mark before, then the log again from there, then the mark behind.  A client in a
 * replay is not waited for; if it is overtaken, it is told as any other.  It is read no
 * further until it has all.
 */
#pragma once

#include "mtchatd/handler.h"

struct outbox;

/* If the client's replay begins here: moves its cursor back.  False: there is none. */
bool replay_begin(struct handler *handler, struct client *client, struct outbox *outbox);
