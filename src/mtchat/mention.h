/*
 * mention.h - does a line call somebody by name?
 *
 * Pure.  A name is called where it stands as a word of its own, whatever its case: no letter, mark,
 * digit, _ or - is right before or after it.  A dot is the end of a sentence, unless it goes on:
 * "alice.b" is another name, "alice." is not.  In an address ("https://...", up to a blank) it is
 * none.
 */
#pragma once

#include <stdbool.h>

/*
 * folded_name: by name_fold(); "" is never called.  False if there is no memory or the text is no
 * UTF-8.  80 bytes cost 0.1 us of ASCII; of Korean, which takes Unicode's tables, 0.8 us.
 */
bool mention_find(const char *text, const char *folded_name);
