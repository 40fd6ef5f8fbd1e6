/*
 * line.h - cuts a stream of bytes into lines, each of bounded length
 *
 * Pure: the bytes stay where they are, the caller keeps the state.  A line ends at LF; a CR
 * before the LF is not part of it.  A line longer than max_line is never stored whole: its
 * bytes are thrown away as they come and only counted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum line_kind {
	LINE_MORE,     /* no whole line yet */
	LINE_WHOLE,    /* bytes[0, length) is a line */
	LINE_TOO_LONG, /* a line of `length` bytes ended here and is lost */
};

struct line {
	enum line_kind kind;
	size_t consumed;    /* bytes done with, the line's end among them */
	uint64_t length;    /* LINE_WHOLE, LINE_TOO_LONG: of the line, without its end */
	uint64_t discarded; /* of a line still going on, to be given to the next call */
};

/*
 * Cuts one line from the start of bytes[0, size).
 *
 * end		no more bytes will come: a tail without LF is a line (a CR at its end is dropped)
 * max_line	the longest line that is kept, in bytes, at least 1
 * discarded	0 at first, later what the last call returned
 *
 * With LINE_MORE, `consumed` may be more than 0: the start of a line that is too long already.
 * At most max_line + 1 bytes remain unconsumed then (the line and perhaps a CR).
 * The last byte of a line under way always does: no byte left means no line under way.
 * With end, LINE_MORE means that nothing is left.
 */
struct line line_cut(const char *bytes, size_t size, bool end, size_t max_line, uint64_t discarded);
