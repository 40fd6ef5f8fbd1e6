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

/* Writes all that was collected; waits until the terminal has taken it. */
void outlet_flush(void);

/* The terminal has not taken it: it is gone.  Stays so. */
bool outlet_gone(void);

/* A capability of the terminal by its termcap name ("up", "ce"), without the pauses that some
 * have for printing terminals.  Nothing if the terminal has none of that name. */
void outlet_control(const char *name);
