/*
 * plain.h - bytes from the server become lines that are safe for a terminal
 *
 * Pure.  What comes out is safe (safe.h), with LF after each line.
 * A line is held until it is whole, so that no character is torn; the bounds are
 *	PLAIN_HOLD_SIZE bytes	as much is shown as a line of its own, and so is the rest
 *	PLAIN_HOLD_MS of silence	likewise (the caller keeps the time)
 */
#pragma once

#include <stdbool.h>

#include "mtchat/buffer.h"
#include "mtchat/safe.h"

enum {
	PLAIN_HOLD_SIZE = 65536,
	PLAIN_HOLD_MS = 1000,
	PLAIN_SHOW_SIZE = SAFE_SIZE_MAX * PLAIN_HOLD_SIZE + 1, /* the longest line, cleaned */
};

/* How far to go into what is held. */
enum plain_until {
	PLAIN_LINES, /* whole lines */
	PLAIN_PAUSE, /* the start of a line too, but no torn character */
	PLAIN_END,   /* everything: no more will come */
};

struct plain {
	struct buffer held; /* as it came; the caller adds to it */
	bool broken;        /* the start of the present line was shown already */
};

/* 0, or -ENOMEM. */
int plain_init(struct plain *ret);
void plain_done(struct plain *plain);

/*
 * Moves lines from `held` to `show` while they fit; into an empty `show` of PLAIN_SHOW_SIZE
 * bytes at least one does.  Returns whether there is more for another call.
 */
bool plain_lines(struct plain *plain, struct buffer *show, enum plain_until until);
