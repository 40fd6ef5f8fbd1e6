/*
 * invocation.h - does a line look like a command: a slash and a word?
 *
 * Pure; what both programs go by, so that no private line is said by a slip.  The slash may stand
 * behind blanks, and be one that looks like it (U+FF0F, U+2044, U+2215, U+29F8); the word is of
 * letters of any script, with their marks and what is not seen among them, or a question mark
 * alone.  A blank is all that is not seen: controls, spaces of any kind, fillers, joiners, U+2800.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum invocation_behind {
	INVOCATION_BEHIND_END,   /* nothing, */
	INVOCATION_BEHIND_SPACE, /* or a space: as it is to be */
	INVOCATION_BEHIND_BLANK, /* another blank, or a comma of any script */
	INVOCATION_BEHIND_SLASH, /* as in a path */
	INVOCATION_BEHIND_OTHER,
};

struct invocation {
	size_t word, end; /* of the word: where it begins, and where it has ended */
	bool blanks;      /* stand before the slash */
	bool other;       /* it is not the plain one */
	bool apart;       /* blanks stand between it and the word */
	enum invocation_behind behind;
};

/* false: it does not, *ret may be anything.  // is no slash and a word. */
bool invocation_find(struct invocation *ret, const char *line, size_t size);

/* Where the slash at the begin ends, behind blanks; 0: there is none. */
size_t invocation_slash_end(const char *line, size_t size);

/* Where what follows line[at] begins, behind blanks (and commas). */
size_t invocation_skip_blanks(const char *line, size_t size, size_t at);
size_t invocation_skip_separators(const char *line, size_t size, size_t at);
