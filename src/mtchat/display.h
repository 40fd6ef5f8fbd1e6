/*
 * display.h - the rows above the prompt, and the prompt with what is typed: cleared and drawn anew
 *
 * readline draws the prompt and what is typed, and knows where; the rows above are ours.  The
 * cursor is in readline's part whenever nobody draws.  Everything goes to the outlet, so nothing
 * is on the terminal before outlet_flush().
 *
 * What is taller than the terminal, or may be wider than readline counts (joined emoji), is one row
 * of it, and that is ours, too (slice.h): readline's own horizontal scrolling cuts characters.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mtchat/area.h"

/* Nothing is drawn yet; no texts. */
void display_init(void);
void display_done(void);

/* Its texts; to be changed only while it is not drawn. */
struct area *display_area(void);

/*
 * What is asked, until NULL: it stands behind the prompt, or alone if both do not fit one row.
 * Stays the caller's.
 */
void display_ask(const char *question);

/* Clears it: the cursor is where the first row was. */
void display_erase(void);

/* Draws it where the cursor is, in the first column. */
void display_draw(void);

/* readline's part alone is not on the terminal any more, the cursor where it began. */
void display_forget_line(void);

/* The line that stays on the terminal is at its end: what comes is below it. */
void display_leave_line(void);

/* readline had something to ask (a search), so the prompt had to wait for its other text; and of a
 * question that was given up pieces are left. */
void display_catch_up(void);

/* Draws it on an empty screen: ^L. */
void display_clear_screen(void);

/*
 * The terminal may have another size.  One that got narrower has wrapped our rows, or cut them off:
 * that cannot be known.  We take them as wrapped, which most do: so nothing of them is left behind,
 * but on the others (xterm) as many lines above are lost from view.
 */
void display_resize(void);

/* Columns of the terminal, at least 1. */
size_t display_columns(void);

/* Nothing of it is on the terminal, whose size may be another: draws it where the cursor is. */
void display_begin_anew(void);

/* Is it a terminal whose cursor can be moved up? */
bool display_climbs(void);
