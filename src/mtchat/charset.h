/*
 * charset.h - the encoding of the terminal, where it is not UTF-8
 *
 * Inside of mtchat and on the wire all text is UTF-8.  A terminal has the encoding that the locale
 * names: what is typed is converted as it comes (inlet.h), what is drawn as it goes (outlet.h).
 * Where the environment names no locale, or one that this system does not have, or one of ASCII,
 * the terminal is most likely one of UTF-8, too: C.UTF-8 is taken then.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { CHARSET_PIECE = 8 }; /* bytes of one character, in any encoding */

/* LC_CTYPE is what the environment says, or C.UTF-8. */
void charset_init(void);

/*
 * LC_CTYPE is one of UTF-8 from now on.  If the terminal's is not, what is said to the user is in
 * ASCII English, and the two functions below convert.  Says once on stderr if the encoding is not
 * known to this system: then all but ASCII is a question mark.
 */
void charset_take(void);

/* Is LC_CTYPE that of the terminal, so that nothing is converted? */
bool charset_is_utf8(void);

/*
 * From the terminal: the character at the begin of so many bytes, as UTF-8.  Its size in *ret_taken
 * and as the result; 0: more bytes are needed.  What is none is a question mark.
 */
size_t charset_in(char ret[CHARSET_PIECE], const char *bytes, size_t size, size_t *ret_taken);

/* To the terminal: a character of UTF-8.  0: the encoding does not have it. */
size_t charset_out(char ret[CHARSET_PIECE], const char *bytes, size_t size);
