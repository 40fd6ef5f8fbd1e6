/* pieces.h - feeds the plain way bytes in pieces and keeps what it shows */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "mtchat/plain.h"

/* Into shown, which has room; returns how much it is. */
static inline size_t show_pieces(char *shown, const char *bytes, size_t size, size_t piece)
{
	size_t at = 0, some, length = 0;
	struct plain plain;
	struct buffer show;

	if (plain_init(&plain) < 0 || buffer_init(&show, PLAIN_SHOW_SIZE) < 0)
		abort();
	for (bool more = true; more || at < size;) {
		some = size - at < piece ? size - at : piece;
		if (some > buffer_room(&plain.held))
			some = buffer_room(&plain.held);
		if (some > 0)
			buffer_add(&plain.held, bytes + at, some);
		at += some;
		more = plain_lines(&plain, &show, at < size ? PLAIN_LINES : PLAIN_END);
		memcpy(shown + length, buffer_first(&show), buffer_size(&show));
		length += buffer_size(&show);
		buffer_taken(&show, buffer_size(&show));
	}
	plain_done(&plain);
	buffer_done(&show);
	return length;
}
