/*
 * overtake.h - leaves stuck readers behind, and lets them return
 *
 * When the gate has been shut for slow_grace_ms, whoever is still in the way is parked: it
 * counts in the room's minimum no more.  When its socket has space again it gets the rest of
 * the line it was in, is told what it missed, and goes on in the newer half of the log.  Until
 * it has caught up it is not waited for again.
 */
#pragma once

#include "mtchatd/handler.h"

/* When the grace is over for clients of this handler, ms; DEADLINE_NEVER: none is in the way. */
uint64_t overtake_due(const struct handler *handler, const struct rendering *rendering);

/* Parks those who are in the way, if it is over. */
void overtake_laggards(struct handler *handler, struct rendering *rendering);

/* A parked client has taken all before its gap: it returns.  False if it is leaving instead. */
bool overtaken_return(struct handler *handler, struct client *client);
