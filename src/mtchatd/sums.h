/*
 * sums.h - the sums of a slot that hold between two calls
 *
 * The first one (slot.h) is the word `received`.  The second takes a look into the outbox, which
 * the slot itself does not know.
 */
#pragma once

#include "mtchatd/core.h"

/* What the socket has ever taken from us, in bytes. */
uint64_t sums_accepted(const struct core *core, const struct slot *slot);
