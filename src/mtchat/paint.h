/*
 * paint.h - what the lines of screen.c are made of: times, names, rules, in colour or not
 *
 * Pure.  The only sequences that it makes are SGR, and none without style.colour.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "mtchat/safe.h"
#include "mtchat/screen.h"

enum {
	PAINT_WORD_MAX = 256, /* bytes of a host's name, or of a reason */
	PAINT_WORD_SIZE = SAFE_SIZE_MAX * PAINT_WORD_MAX + 1,
	PAINT_COLUMNS = 80, /* of a terminal that does not tell, and of the widest rule */
	PAINT_SGR_SIZE = 16,
};

/* Safe text of one word or a few, to be put into a message. */
struct word {
	char text[PAINT_WORD_SIZE];
};

/*
 * The first `max` bytes at most, whole characters; "" for NULL.  max <= PAINT_WORD_MAX.  A TAB
 * becomes a space: nobody knows how wide it would be.  Returns ret->text.
 */
const char *word_make(struct word *ret, const char *text, size_t max);

/* A name, a room, cut to SCREEN_NAME_MAX bytes; no server of ours has longer ones. */
static inline const char *word_name(struct word *ret, const char *name)
{
	return word_make(ret, name, SCREEN_NAME_MAX);
}

int paint_columns(const struct screen *screen);

/* SGR, if there are colours: e.g. "2" for dim; and back. */
void paint_on(const struct screen *screen, const char *sgr, FILE *to);
void paint_off(const struct screen *screen, FILE *to);

/* The SGR of a name: its colour is always the same, one's own is bold too.  Returns ret. */
const char *paint_colour(const struct screen *screen, const char *name, char ret[PAINT_SGR_SIZE]);

/* A name with its colour, to be put into a line or a message. */
struct painted {
	char text[PAINT_WORD_SIZE + 2 * PAINT_SGR_SIZE];
};

/* Returns ret->text. */
const char *paint_name(const struct screen *screen, const char *name, struct painted *ret);

/* Is it one's own?  NULL is not. */
bool paint_is_own(const struct screen *screen, const char *name);

/* "10:31 ", dim; a rule with the date before it, if that is another than before.  Returns how many
 * columns that takes. */
size_t paint_time(struct screen *screen, int64_t time_ms, FILE *to);

/* "10:31 * TEXT\n", all dim.  The format's arguments are safe words. */
void paint_happening(struct screen *screen, int64_t time_ms, FILE *to, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Text from anywhere, behind so many columns of its row: safe (safe.h), and nothing in it looks
 * like a row of its own (rows.h).
 */
void paint_text(const struct screen *screen, const char *text, size_t begin, FILE *to);

/* As paint_happening(), for text from anywhere. */
void paint_notice(struct screen *screen, int64_t time_ms, FILE *to, const char *text);

/* "-- LEFT ---- RIGHT --\n": without RIGHT, then LEFT is cut, if there are too few columns. */
void paint_rule(const struct screen *screen, const char *left, const char *right, FILE *to);

/* Local time, of the years 1970 to 9999: what lies outside becomes the nearest. */
struct tm paint_local(int64_t time_ms);
int paint_day(const struct tm *tm);
