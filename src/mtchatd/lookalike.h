/*
 * lookalike.h - words that are nobody's, however they are spelt
 *
 * Pure.  `you`, `server` and `all` are compared by their looks, as UTS 39 does it with skeletons:
 * marks do not count, and letters and digits of other scripts that look like one of theirs are
 * taken for it.  The table has those of Unicode 15 that are in use (Latin, Greek, Cyrillic,
 * Armenian, Coptic, Cherokee, Lisu, zeros of all scripts and more); it is for these nine letters
 * alone, and what it lacks is a name like any other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* text: UTF-8, decomposed (NFKD), with nothing in it that is not seen, not folded. */
bool lookalike_is_reserved(const char *text, size_t size);

/* Is it one of the words, letter by letter? */
bool lookalike_is_word(const char *folded);
