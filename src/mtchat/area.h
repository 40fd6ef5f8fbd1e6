/*
 * area.h - what stands below the scrollback: its texts, and how many rows they take
 *
 * Pure.  Two rulers: what readline draws is as wide as the C library says for the present locale;
 * our own rows are as wide as safe.h says, which cut them, whatever the locale.
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

/*
 * Is the text as wide on any terminal as the C library says?  Joined emoji are not: some terminals
 * draw one sign, others each; nor is what may be newer than the tables of either.
 */
bool area_is_sure(const char *text, size_t size);

/*
 * How many rows of the terminal a row of the area takes, by the ruler of safe.h; at least 1.  One
 * that was cut for so many columns takes one.  Escape sequences take no room.
 */
size_t area_text_rows(const char *text, size_t columns);

/* How many bytes at the begin of a text are an escape sequence, or stand between \001 and \002. */
size_t area_hidden_size(const char *text, size_t size);
