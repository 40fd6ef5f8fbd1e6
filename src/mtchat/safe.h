/*
 * safe.h - text from strangers, made safe for a terminal
 *
 * Pure.  On top of common/text.h (no control characters, no bidi overrides, valid UTF-8): of the
 * marks that combine with one character (categories Mn, Me, Mc), format characters (Cf: joiners,
 * tags) and vowels and finals of Hangul that is taken apart only the first SAFE_MARKS_MAX in a row
 * stay, so that no heap of them reaches over other lines.  text: any bytes.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

enum {
	SAFE_MARKS_MAX = 8,
	SAFE_SIZE_MAX = 4, /* what is written is at most so many times as long as the text */
};

/* Writes it to a stream.  Text that is not clean takes memory; without any it is one U+FFFD. */
void safe_write(FILE *to, const char *text, size_t size);

/* The same into `to`, which has room for SAFE_SIZE_MAX * size + 1 bytes; ends it with NUL; its
 * size. */
size_t safe_copy(char *to, const char *text, size_t size);

/*
 * How many columns safe text takes: wide characters two, marks none, a TAB one.  Where terminals
 * differ (marks of category Mc, soft hyphens, emoji variants, what is newer than utf8proc's tables)
 * the most.
 */
size_t safe_width(const char *text, size_t size);

/* How many bytes of safe text fit into so many columns, whole characters with their marks. */
size_t safe_fit(const char *text, size_t size, size_t columns);

/* Tells on stderr what a server has said, cut at SAFE_WARN_MAX bytes; NULL: nothing.  Logs. */
enum { SAFE_WARN_MAX = 512 };
void safe_warn(const char *text);
