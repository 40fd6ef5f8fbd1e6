/*
 * outlet.h - what is to be drawn on the terminal, collected, and written at once
 *
 * A redraw that comes in one write does not flicker.  There is one terminal, hence one outlet.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Makes the stream that collects what goes to fd.  NULL: no memory. */
FILE *outlet_open(int fd);
void outlet_close(void);

/*
 * Writes all that was collected; waits until the terminal has taken it, or until it takes nothing
 * for 100 ms while SIGHUP, SIGINT, SIGQUIT or SIGTERM is blocked and waits: then it is gone.
 */
void outlet_flush(void);

/* The end has been asked for, so no signal waits any more: a second without anything taken, and it
 * is gone. */
void outlet_hurry(void);

/* The terminal has not taken it: it counts as gone, and nothing more is written.  Stays so. */
bool outlet_gone(void);

/* A capability of the terminal by its termcap name ("up", "ce"), without the pauses that some
 * have for printing terminals.  Nothing if the terminal has none of that name. */
void outlet_control(const char *name);
