/*
 * passed.h - sockets that a .socket unit of the service manager passes to each process
 *
 * They come by $LISTEN_FDS as what is in the store does, with names that are not ours.  A listening
 * TCP or Unix stream socket is a listener from then on; anything else is closed, and told.  Nothing
 * of it is put into the store: the unit passes it again to the next process, after a crash, too.
 */
#pragma once

#include "mtchatd/listeners.h"

/* After listeners_inherit(), before listeners_open().  Logs what is of no use. */
void passed_take(struct listeners *listeners, struct store *store);
