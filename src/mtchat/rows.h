/*
 * rows.h - what others say must not look like rows of somebody else
 *
 * Pure.  A terminal breaks a line that is too wide for it, and the rest looks like any other row.
 * So who knows one's width can end a row with blanks and begin the next like a line of another
 * person.  Of text that may be wider than the rest of its row
 *	a run of ROWS_BLANKS_MAX columns or more of what looks blank becomes "[85 blanks]";
 *	a TAB, which is as wide as the terminal likes, becomes a blank;
 *	ROWS_MARK is put before what looks like the start of a row ("13:38", "2026-11-22", "* ",
 *	"-- ", "... ") and may be the first of its row.
 * Text that fits stays as it is, and so does all else: URLs can be copied.  Where terminals do not
 * agree on the width of a character, any place that one of them may begin a row at counts (but
 * Unicode's "ambiguous" ones are narrow here, as in all of mtchat).  After the width has changed
 *the terminal breaks anew, where nobody can have known.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { ROWS_BLANKS_MAX = 8 };

#define ROWS_MARK "> "

/* May the text reach the end of its row?  begin: columns that are taken; columns 0: there is none.
 * No is sure.  80 bytes cost 10 ns. */
bool rows_may_break(const char *text, size_t size, size_t begin, size_t columns);

/* Writes safe text (safe.h) that begins there.  80 bytes cost 1 us, if they may break. */
void rows_write(FILE *to, const char *text, size_t size, size_t begin, size_t columns);
