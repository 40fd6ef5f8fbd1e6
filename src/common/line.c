/* line.c - where a line ends, and how much of one that is too long can be thrown away */
#include "common/line.h"

#include <string.h>

/* The length of a line that ends after bytes[0, size): a CR there belongs to the line's end. */
static size_t length_without_cr(const char *bytes, size_t size)
{
	return size > 0 && bytes[size - 1] == '\r' ? size - 1 : size;
}

static struct line line_end(const char *bytes, size_t size, size_t end_size, size_t max_line,
			    uint64_t discarded)
{
	uint64_t length = discarded + length_without_cr(bytes, size);
	bool lost = discarded > 0 || length > max_line;

	return (struct line){
		.kind = lost ? LINE_TOO_LONG : LINE_WHOLE,
		.consumed = size + end_size,
		.length = length,
	};
}

/*
 * The last byte always stays, for two reasons: if it is a CR, only the next byte tells whether
 * it counts; and so nothing unconsumed means that no line is under way.
 */
static struct line line_goes_on(const char *bytes, size_t size, size_t max_line, uint64_t discarded)
{
	bool too_long = discarded > 0 || length_without_cr(bytes, size) > max_line;
	size_t consumed = too_long && size > 0 ? size - 1 : 0;

	return (struct line){
		.kind = LINE_MORE,
		.consumed = consumed,
		.discarded = discarded + consumed,
	};
}

/*
 * A line that comes in pieces is searched from its start for each piece.  Remembering how far
 * the search came would cost a field in each client and save at most max_line bytes of memchr.
 */
struct line line_cut(const char *bytes, size_t size, bool end, size_t max_line, uint64_t discarded)
{
	const char *lf = size > 0 ? memchr(bytes, '\n', size) : NULL;

	if (lf)
		return line_end(bytes, (size_t)(lf - bytes), 1, max_line, discarded);
	if (end && (size > 0 || discarded > 0))
		return line_end(bytes, size, 0, max_line, discarded);
	return line_goes_on(bytes, size, max_line, discarded);
}
