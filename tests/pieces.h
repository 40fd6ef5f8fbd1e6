/* pieces.h - feeds a screen bytes in pieces and keeps what it shows */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "mtchat/screen.h"

/* Into shown, which has room; returns how much it is. */
static inline size_t show_pieces(char *shown, const char *bytes, size_t size, size_t piece)
{
	size_t at = 0, some, length = 0;
	struct screen screen;
	struct buffer show;

	if (screen_init(&screen) < 0 || buffer_init(&show, SCREEN_SHOW_SIZE) < 0)
		abort();
	for (bool more = true; more || at < size;) {
		some = size - at < piece ? size - at : piece;
		if (some > buffer_room(&screen.held))
			some = buffer_room(&screen.held);
		if (some > 0)
			buffer_add(&screen.held, bytes + at, some);
		at += some;
		more = screen_lines(&screen, &show, at < size ? SCREEN_LINES : SCREEN_END);
		memcpy(shown + length, buffer_first(&show), buffer_size(&show));
		length += buffer_size(&show);
		buffer_taken(&show, buffer_size(&show));
	}
	screen_done(&screen);
	buffer_done(&show);
	return length;
}
