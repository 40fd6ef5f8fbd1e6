/*
 * slice.h - one row of a line that is too long for the terminal: the part where the cursor is
 *
 * Pure.  Only whole characters are written, as safe.h has them and as wide as it says, whatever the
 * locale; a control character as "^J", a TAB as a blank.  "<" and ">" tell that there is more, on
 * terminals of at least SLICE_SIGNS_FROM columns.  The last column stays free.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { SLICE_SIGNS_FROM = 9 };

struct slice {
	const char *prompt; /* its escape sequences are left out */
	const char *line;
	size_t size, point; /* of the line, and where in it the cursor is; bytes */
	size_t columns;     /* of the terminal */
};

/*
 * Writes the row, or what of it is before the cursor; returns how many columns that takes.  The
 * whole line is measured for each: 1 MiB costs 10 ms if it is ASCII, 50 ms if it is Korean.
 */
size_t slice_write(const struct slice *slice, bool to_cursor, FILE *to);
