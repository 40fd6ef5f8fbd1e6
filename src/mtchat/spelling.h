/*
 * spelling.h - commands as people type them, and what may have been meant as one
 *
 * Pure.  Nothing private is said by a slip: with the case of letters, with blanks before it, with
 * another slash, in Hangul since that mode was left on (/ㅡㄴㅎ are the keys of /msg), by the name
 * that it has elsewhere (/nick).  Hangul is read by the keys of the two-set layout that make it,
 * syllables and jamo of any kind.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum spelling_kind {
	SPELLING_TEXT,      /* no command: it is said as it is */
	SPELLING_WELL,      /* a command, which the server may not know */
	SPELLING_OTHERWISE, /* a command that is known, not spelled so */
	SPELLING_UNKNOWN,   /* like a command, but none that there can be */
};

struct spelling {
	enum spelling_kind kind;
	/* WELL: the line in the case that servers before 0.2 need, too; OTHERWISE: the line as it
	 * would be right.  Else NULL. */
	char *line;
	const char *name;      /* OTHERWISE: "msg" */
	size_t word, word_end; /* all but TEXT: where the word stands in what was typed */
};

/* 0, and *ret is to be done with; -ENOMEM.  line: one, without LF. */
int spelling_read(struct spelling *ret, const char *line);
void spelling_done(struct spelling *spelling);

/*
 * May the history file have it?  entry: lines.  Not if one of them may be private: what looks like
 * a command, however it is spelt, is kept only if it is one that is known to be harmless.  So is
 * all that is said, also by //.
 */
bool spelling_may_keep(const char *entry);
