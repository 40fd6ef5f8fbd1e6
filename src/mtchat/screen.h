/*
 * screen.h - bytes from the server become lines that are safe for a terminal
 *
 * Pure.  What comes out is text without control characters but TAB, and LF after each line.
 * A line is held until it is whole, so that no character is torn; the bounds are
 *	SCREEN_HOLD_SIZE bytes	as much is shown as a line of its own, and so is the rest
 *	SCREEN_HOLD_MS of silence	likewise (the caller keeps the time)
 */
#pragma once

#include <stdbool.h>

#include "common/text.h"
#include "mtchat/buffer.h"

enum {
	SCREEN_HOLD_SIZE = 65536,
	SCREEN_HOLD_MS = 1000,
	SCREEN_SHOW_SIZE = TEXT_GROWTH * SCREEN_HOLD_SIZE + 1, /* the longest line, cleaned */
};

/* How far to go into what is held. */
enum screen_until {
	SCREEN_LINES, /* whole lines */
	SCREEN_PAUSE, /* the start of a line too, but no torn character */
	SCREEN_END,   /* everything: no more will come */
};

struct screen {
	struct buffer held; /* as it came; the caller adds to it */
	bool broken;        /* the start of the present line was shown already */
};

/* 0, or -ENOMEM. */
int screen_init(struct screen *ret);
void screen_done(struct screen *screen);

/*
 * Moves lines from `held` to `show` while they fit; into an empty `show` of SCREEN_SHOW_SIZE
 * bytes at least one does.  Returns whether there is more for another call.
 */
bool screen_lines(struct screen *screen, struct buffer *show, enum screen_until until);
