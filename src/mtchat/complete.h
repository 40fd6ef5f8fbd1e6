/*
 * complete.h - what TAB makes of the word before the cursor
 *
 * Pure.  One's own name is never offered; names are also looked for behind an @ that is typed.  At
 * the line's begin: commands (the server's and the client's own) after a slash, else
 * names, then ": " follows.  After /msg, /ignore and in the line: names; after /join and /who:
 * rooms; after /set: settings, then their values.  Whatever the case of what was typed.  Of names
 * and rooms, those heard of last come first.
 */
#pragma once

#include <stddef.h>

#include "mtchat/known.h"

struct completions {
	char **words; /* each to be put in place of the word; the caller's: completions_done() */
	size_t count;
	size_t start;      /* where in the line the word begins, bytes */
	const char *after; /* what follows if there is just one: ": " or " " */
};

/* line[0, point): up to the cursor.  0, or -ENOMEM. */
int complete(struct completions *ret, const struct known *known, const char *line, size_t point);
void completions_done(struct completions *completions);
