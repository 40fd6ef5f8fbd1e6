/*
 * untold.h - clients of whose arrival the journal is told later
 *
 * The journal is told of a client's arrival when that has stayed for a while, goes to another
 * handler, or leaves: then it may be of so little interest, as one that nothing was heard from or
 * said to, that both records are for LOG_DEBUG only.  TRAIT_UNTOLD outlives us, so a crash loses
 * no record.
 */
#pragma once

#include "mtchatd/handler.h"

/* The journal is told now, if it was not yet. */
void untold_tell(struct client *client, int level);

/* The client has come: it is told of when it has stayed. */
void untold_add(struct handler *handler, struct client *client);

/* Tells of those who have stayed.  Once a turn. */
void untold_tell_due(struct handler *handler);
