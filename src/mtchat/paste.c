/* paste.c - text that the terminal says is pasted: put into readline's line when it is whole */
#include "mtchat/paste.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

#define PASTE_END "\033[201~"

enum { PASTE_END_SIZE = sizeof(PASTE_END) - 1, PASTE_ROOM = 256 };

static struct paste {
	bool open;
	char *text; /* what came, with room for a NUL; NULL: nothing yet */
	size_t size, room;
} paste;

int paste_begin(int count, int key)
{
	(void)count, (void)key;
	paste.open = true;
	return 0;
}

bool paste_is_open(void)
{
	return paste.open;
}

/* Without memory the byte is left out. */
static void keep(char byte)
{
	if (paste.size + 1 >= paste.room) {
		size_t room = 2 * paste.room + PASTE_ROOM;
		char *text = realloc(paste.text, room);

		if (!text)
			return;
		paste.text = text;
		paste.room = room;
	}
	paste.text[paste.size++] = byte;
}

bool paste_add(int byte)
{
	if (byte == '\0') /* it would end the line */
		return false;
	keep((char)(byte == '\r' ? '\n' : byte));
	if (paste.size < PASTE_END_SIZE ||
	    memcmp(paste.text + paste.size - PASTE_END_SIZE, PASTE_END, PASTE_END_SIZE) != 0)
		return false;
	paste.size -= PASTE_END_SIZE;
	paste_end();
	return true;
}

void paste_end(void)
{
	if (paste.size > 0) {
		paste.text[paste.size] = '\0';
		rl_begin_undo_group();
		rl_insert_text(paste.text);
		rl_end_undo_group();
	}
	free(paste.text);
	paste = (struct paste){0};
}
