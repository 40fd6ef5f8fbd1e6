/* slice.c - one row of a line that is too long for the terminal: the part where the cursor is */
#include "mtchat/slice.h"

#include <string.h>

#include "mtchat/area.h"
#include "mtchat/safe.h"

enum { CHARACTER_MAX = 4 }; /* bytes */

/* A character as it is shown. */
struct sign {
	char text[SAFE_SIZE_MAX * CHARACTER_MAX + 1];
	size_t width;
};

struct walk {
	const char *at, *end; /* in the prompt, then in the line */
	bool in_line;
	size_t column; /* of the whole, if it were one endless row */
};

static struct walk begin(const struct slice *slice)
{
	return (struct walk){slice->prompt, slice->prompt + strlen(slice->prompt), false, 0};
}

/* The character at the start of the text; its size. */
static size_t read_sign(const char *text, size_t left, struct sign *ret)
{
	unsigned char byte = (unsigned char)*text;
	size_t size = 1;

	if (byte < 0x80) {
		bool control = byte < ' ' || byte == 0x7f;

		ret->width = control && byte != '\t' ? 2 : 1;
		snprintf(ret->text, sizeof(ret->text), "%s%c", ret->width == 2 ? "^" : "",
			 byte == '\t' ? ' '
			 : control    ? byte ^ 0x40
				      : byte);
		return 1;
	}
	while (size < left && size < CHARACTER_MAX && ((unsigned char)text[size] & 0xc0) == 0x80)
		size++;
	ret->width = safe_width(ret->text, safe_copy(ret->text, text, size));
	return size;
}

/* Goes over the prompt's end and what is not shown. */
static void skip(struct walk *walk, const struct slice *slice)
{
	while (!walk->in_line) {
		size_t left = (size_t)(walk->end - walk->at);
		size_t hidden = left > 0 ? area_hidden_size(walk->at, left) : 0;

		if (left > 0 && hidden == 0)
			return;
		walk->at += hidden;
		if (left == 0) {
			walk->in_line = true;
			walk->at = slice->line;
			walk->end = slice->line + slice->size;
		}
	}
}

static bool is_at_cursor(const struct walk *walk, const struct slice *slice)
{
	return walk->in_line && walk->at >= slice->line + slice->point;
}

/* After skip().  false: the line's end. */
static bool next_sign(struct walk *walk, const struct slice *slice, struct sign *ret)
{
	if (walk->at == walk->end)
		return false;
	walk->at += read_sign(walk->at, (size_t)(walk->end - walk->at), ret);
	walk->column += ret->width;
	skip(walk, slice);
	return true;
}

/* The slice moves by half of its size, so that it stays where it is for most keys. */
static size_t first_column(const struct slice *slice, size_t room)
{
	size_t half = room > 1 ? room / 2 : 1;
	struct walk walk = begin(slice);
	struct sign sign;

	skip(&walk, slice);
	while (!is_at_cursor(&walk, slice) && next_sign(&walk, slice, &sign))
		;
	if (walk.column < room)
		return 0;
	return ((walk.column - room) / half + 1) * half;
}

size_t slice_write(const struct slice *slice, bool to_cursor, FILE *to)
{
	bool signs = slice->columns >= SLICE_SIGNS_FROM, ended;
	size_t room = slice->columns > 1 ? slice->columns - 1 : 1, first, written = 0;
	struct walk walk = begin(slice);
	struct sign sign;

	room -= signs ? 2 : 0;
	first = first_column(slice, room);
	skip(&walk, slice);
	while (walk.column < first && next_sign(&walk, slice, &sign))
		;
	if (first > 0 && signs) {
		fputc('<', to);
		written++;
		room++;
	}
	for (bool whole = first == 0; !(to_cursor && is_at_cursor(&walk, slice));) {
		struct walk before = walk;

		ended = !next_sign(&walk, slice, &sign);
		if (ended)
			break;
		if (written + sign.width > room) {
			walk = before;
			break;
		}
		whole = whole || sign.width > 0; /* marks of a character that is not shown */
		fputs(whole ? sign.text : "", to);
		written += sign.width;
	}
	if (to_cursor || walk.at == walk.end || !signs)
		return written;
	fputc('>', to);
	return written + 1;
}
