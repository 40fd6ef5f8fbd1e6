/* paste.c - text that the terminal says is pasted: put into readline's line when it is whole */
#include "mtchat/paste.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

#include "common/clock.h"
#include "mtchat/inlet.h"
#include "mtchat/slash.h"

#define PASTE_END "\033[201~"

enum { PASTE_END_SIZE = sizeof(PASTE_END) - 1, PASTE_ROOM = 256 };

static struct paste {
	bool is_text; /* what looks like a command in it is none */
	bool open;
	bool cut;   /* no more of it is kept */
	bool cr;    /* the last byte was one */
	char *text; /* what came, with room for a NUL; NULL: nothing yet */
	size_t size, room;
	size_t matched; /* so many bytes of PASTE_END came last; they are not in the text */
	uint64_t last_ms;
} paste;

void paste_init(bool has_commands)
{
	paste = (struct paste){.is_text = has_commands};
}

int paste_begin(int count, int key)
{
	(void)count, (void)key;
	paste.open = true;
	paste.last_ms = clock_ms();
	return 0;
}

bool paste_is_open(void)
{
	return paste.open;
}

void paste_waited(uint64_t ms)
{
	paste.last_ms += ms;
}

static bool grow(void)
{
	size_t room = 2 * paste.room + PASTE_ROOM;
	char *text = realloc(paste.text, room);

	if (!text)
		return false;
	paste.text = text;
	paste.room = room;
	return true;
}

static void keep(const char *bytes, size_t size)
{
	for (; size > 0 && !paste.cut; bytes++, size--) {
		if (paste.size == PASTE_MAX || (paste.size + 1 >= paste.room && !grow()))
			paste.cut = true;
		else
			paste.text[paste.size++] = *bytes;
	}
}

/* A byte that does not go on with PASTE_END, whose first one is nowhere else in it. */
static void keep_byte(char byte)
{
	keep(PASTE_END, paste.matched);
	paste.matched = byte == PASTE_END[0];
	if (!paste.matched)
		keep(&byte, 1);
}

bool paste_add(int byte)
{
	bool after_cr = paste.cr;

	paste.last_ms = clock_ms();
	paste.cr = byte == '\r';
	if (byte == '\0' || (byte == '\n' && after_cr)) /* a NUL would end the line */
		return false;
	if ((char)byte != PASTE_END[paste.matched]) {
		keep_byte((char)(byte == '\r' ? '\n' : byte));
		return false;
	}
	if (++paste.matched < PASTE_END_SIZE)
		return false;
	paste.matched = 0;
	paste_end();
	return true;
}

/* Where it was cut, there may be a part of a character. */
static void leave_whole_characters(void)
{
	while (paste.size > 0 && ((unsigned char)paste.text[paste.size - 1] & 0xc0) == 0x80)
		paste.size--;
	if (paste.size > 0 && (unsigned char)paste.text[paste.size - 1] >= 0xc0)
		paste.size--;
}

/* Of several lines, or of one that begins a further line.  One alone is as if it was typed. */
static bool is_text(void)
{
	const char *lf = strchr(paste.text, '\n');

	return (lf && lf[1]) || (rl_point > 0 && rl_line_buffer[rl_point - 1] == '\n');
}

static void insert(void)
{
	bool begins = rl_point == 0 || rl_line_buffer[rl_point - 1] == '\n';
	char *text = paste.is_text && is_text() ? slash_add(paste.text, begins) : NULL;

	rl_begin_undo_group();
	rl_insert_text(text ? text : paste.text);
	rl_end_undo_group();
	free(text);
}

void paste_end(void)
{
	keep(PASTE_END, paste.matched);
	if (paste.cut) {
		leave_whole_characters();
		rl_ding();
	}
	if (paste.size > 0) {
		paste.text[paste.size] = '\0';
		insert();
	}
	free(paste.text);
	paste = (struct paste){.is_text = paste.is_text};
}

bool paste_end_late(int key)
{
	if (!paste.open || clock_ms() < paste.last_ms + PASTE_LATE_MS || inlet_has_more())
		return false;
	paste_end();
	(*rl_redisplay_function)();
	return key == '\r' || key == '\n';
}
