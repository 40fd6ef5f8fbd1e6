/*
 * arrival.h - how clients come to a handler: new, back, moved, or with only their farewell due
 */
#pragma once

#include "mtchatd/handler.h"

/* Takes all that others have put into the handler's inbox: clients, and news for its own. */
void arrival_take_all(struct handler *handler);

/*
 * The journal is told of a client's arrival when that has stayed for a while, goes to another
 * handler, or leaves: then it may be of so little interest, as one that nothing was heard from or
 * said to, that both records are for LOG_DEBUG only.  TRAIT_UNTOLD outlives us, so a crash loses
 * no record.
 */
void arrival_tell(struct client *client, int level);

/* Tells of those who have stayed.  Once a turn. */
void arrival_tell_due(struct handler *handler);
