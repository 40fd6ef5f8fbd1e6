/* plain.c - bytes from the server become lines that are safe for a terminal */
#include "mtchat/plain.h"

#include <stddef.h>

#include "common/line.h"

int plain_init(struct plain *ret)
{
	*ret = (struct plain){0};
	return buffer_init(&ret->held, PLAIN_HOLD_SIZE);
}

void plain_done(struct plain *plain)
{
	buffer_done(&plain->held);
}

/* How many bytes the character takes that begins with this one. */
static size_t character_size(unsigned char first)
{
	if (first >= 0xf0)
		return 4;
	if (first >= 0xe0)
		return 3;
	return first >= 0xc0 ? 2 : 1;
}

/* size without a character at the end that has only begun, or a CR whose LF may come. */
static size_t whole_characters(const char *bytes, size_t size)
{
	if (size > 0 && bytes[size - 1] == '\r')
		return size - 1;
	for (size_t back = 1; back <= 3 && back <= size; back++) {
		unsigned char byte = (unsigned char)bytes[size - back];

		if ((byte & 0xc0) != 0x80)
			return character_size(byte) > back ? size - back : size;
	}
	return size;
}

/* A line without an end, if it is time for it. */
static struct line cut_early(const struct buffer *held, enum plain_until until)
{
	size_t size = whole_characters(buffer_first(held), buffer_size(held));

	if (size == 0)
		return (struct line){.kind = LINE_MORE};
	if (until == PLAIN_LINES && buffer_room(held) > 0)
		return (struct line){.kind = LINE_MORE};
	return (struct line){.kind = LINE_WHOLE, .consumed = size, .length = size};
}

bool plain_lines(struct plain *plain, struct buffer *show, enum plain_until until)
{
	struct buffer *held = &plain->held;

	for (;;) {
		const char *bytes = buffer_first(held);
		struct line line = line_cut(bytes, buffer_size(held), until == PLAIN_END,
					    PLAIN_HOLD_SIZE, 0);
		bool early = line.kind == LINE_MORE;

		if (early)
			line = cut_early(held, until);
		if (line.kind == LINE_MORE)
			return false;
		if (SAFE_SIZE_MAX * line.length + 1 > buffer_room(show))
			return true;
		if (line.length > 0 || !plain->broken) { /* not the mere end of what was shown */
			buffer_added(show, safe_copy(buffer_next(show), bytes, line.length));
			buffer_add(show, "\n", 1);
		}
		plain->broken = early;
		buffer_taken(held, line.consumed);
	}
}
