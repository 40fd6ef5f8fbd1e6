/*
 * recovery.h - a start takes over what the process before it had in hand
 *
 *	look	at all that is parked, and sort it by cookie
 *	slots	each that was in use finds its socket: brought up to date (reconcile.h) and given
 *		to a handler, or its closing is finished, or it is free
 *	pools	and places: what the slots do not use is idle
 *	rest	sockets that no slot knows: accepted and not recorded yet, so let in now; or closed
 *		by us, and so dropped
 *
 * Runs before there are handler threads.  A crash in the middle changes nothing: the next
 * start finds the same sockets, and slots that are up to date already.
 */
#pragma once

#include "mtchatd/acceptor.h"

/*
 * Logs.  0, or -errno: nothing can be served without memory.
 */
int recovery_run(struct acceptor *acceptor);
