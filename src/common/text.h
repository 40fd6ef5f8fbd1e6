/*
 * text.h - makes bytes from strangers safe to show: valid UTF-8 without control characters
 *
 * Pure.  Valid text passes byte for byte.  One U+FFFD (EF BF BD) takes the place of
 *	each byte that is not part of a well-formed UTF-8 sequence (Unicode 15, table 3-7),
 *	each control character: C0 but TAB, DEL, C1 (U+0080..9F),
 *	U+2028, U+2029, and the bidi controls U+202A..202E, U+2066..2069.
 * NUL is dropped, and so are telnet's commands (RFC 854):
 *	FF and one of 241..249; FF, one of 251..254 and one byte; FF 250 ... FF 240
 *	(FF FF in between is a byte of data, RFC 855).
 * One that is cut off by the end is no command: its bytes are invalid bytes.
 */
#pragma once

#include <stddef.h>

enum { TEXT_GROWTH = 3 }; /* cleaned text is at most so many times as long */

/* How many bytes at the start are printable ASCII: 16 of them cost a nanosecond. */
size_t text_plain_prefix(const char *text, size_t size);

/* How many bytes at the start of text pass as they are; size if all do. */
size_t text_clean_prefix(const char *text, size_t size);

/*
 * Cleans text[0, size) into to, which has room for TEXT_GROWTH x size bytes and does not
 * overlap text.  Returns the length.  One cleaning is enough: what comes out passes as it is.
 */
size_t text_clean(char *to, const char *text, size_t size);
