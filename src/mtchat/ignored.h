/*
 * ignored.h - whose lines are not shown
 *
 * Pure.  Names are the same whatever their case (utf8proc's NFKC_Casefold, as the server's).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { IGNORED_MAX = 100, IGNORED_SIZE = 256 };

struct ignored {
	char names[IGNORED_MAX][IGNORED_SIZE]; /* folded; cut if they are longer */
	size_t count;
};

/* Ignores it, or no more if it was.  1: it is now; 0: it is no more; -ENOSPC; -EINVAL: no name. */
int ignored_turn(struct ignored *ignored, const char *name);

/* One who was called `from` is called `to`: ignored as before. */
void ignored_rename(struct ignored *ignored, const char *from, const char *to);
bool ignored_has(const struct ignored *ignored, const char *name);

/* "name" folded into ret[IGNORED_SIZE]; as it is (cut) if it is no UTF-8 or there is no memory. */
void name_fold(char ret[IGNORED_SIZE], const char *name);
