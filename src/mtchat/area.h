/*
 * area.h - what stands below the scrollback: its texts, and how many rows they take
 *
 * Pure.  Widths are those of the C library for the present locale, as readline has them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { AREA_ROWS_MAX = 5 };

struct area {
	char *prompt;
	char *rows[AREA_ROWS_MAX];
	size_t rows_count;
};

/* Copies the texts; rows beyond AREA_ROWS_MAX are left out.  0; -ENOMEM: they stay as before. */
int area_set(struct area *area, const char *prompt, const char *const *rows, size_t rows_count);

/* Are these its texts? */
bool area_is(const struct area *area, const char *prompt, const char *const *rows,
	     size_t rows_count);
void area_done(struct area *area);

/* A place on the terminal, from the begin of what was written. */
struct spot {
	size_t row, column; /* from 0; column == columns: behind the last */
};

/*
 * Moves the spot behind a text that is written there, as readline shows it: escape sequences and
 * what is between \001 and \002 take no room, a control character two columns ("^A"), a TAB goes
 * to the next eighth column, a LF to the next row.
 */
void spot_move(struct spot *spot, size_t columns, const char *text, size_t size);

/* How many rows of the terminal a text takes that begins at the first column; at least 1. */
size_t area_text_rows(const char *text, size_t columns);

/* How many columns; without LFs. */
size_t area_text_width(const char *text);
