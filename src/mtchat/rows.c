/* rows.c - what others say must not look like rows of somebody else */
#include "mtchat/rows.h"

#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

#include "mtchat/safe.h"

enum {
	JOINER = 0x200D,
	TAB_COLUMNS = 8,
	ROW_BEGIN_MAX = 64, /* bytes that are looked at: "13:38" with joiners in between */
};

/* Where the next character goes, counted on over all rows, if it takes the least that any terminal
 * gives to each, and the most. */
struct place {
	size_t least, most;
	bool joined; /* behind a joiner: it may be part of the emoji before */
};

/* A character of safe text; its size. */
static size_t character_at(const char *text, size_t size, utf8proc_int32_t *ret)
{
	utf8proc_ssize_t n;

	*ret = (unsigned char)*text;
	if (*ret < 0x80)
		return 1;
	n = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)size, ret);
	return n > 0 ? (size_t)n : 1;
}

/* -- how wide -- */

bool rows_may_break(const char *text, size_t size, size_t begin, size_t columns)
{
	/* No character is wider than its bytes are many, but for a TAB. */
	size_t most = begin + size;

	if (columns == 0)
		return false;
	for (const char *tab = text; most <= columns; tab++) {
		tab = memchr(tab, '\t', size - (size_t)(tab - text));
		if (!tab)
			return false;
		most += TAB_COLUMNS - 1;
	}
	return true;
}

/* What takes no column of its own on some terminals. */
static bool may_vanish(utf8proc_int32_t character)
{
	const utf8proc_property_t *property = utf8proc_get_property(character);

	return property->ignorable || property->category == UTF8PROC_CATEGORY_CF ||
	       property->category == UTF8PROC_CATEGORY_MC ||
	       property->boundclass == UTF8PROC_BOUNDCLASS_V ||
	       property->boundclass == UTF8PROC_BOUNDCLASS_T ||
	       (character >= 0x1F3FB && character <= 0x1F3FF); /* the skin of the emoji before */
}

/* A flag is two of them, and as wide as one or both. */
static bool is_half_flag(utf8proc_int32_t character)
{
	return character >= 0x1F1E6 && character <= 0x1F1FF;
}

/* A character that is too wide for the rest of its row goes to the next one. */
static size_t after(size_t column, size_t width, size_t columns)
{
	size_t left = columns - column % columns;

	return column + width + (width > left ? left : 0);
}

static void advance(struct place *place, const char *text, size_t size, utf8proc_int32_t character,
		    size_t columns)
{
	size_t most = safe_width(text, size);
	size_t least = place->joined || may_vanish(character)                 ? 0
		       : utf8proc_category(character) == UTF8PROC_CATEGORY_CN ? 1
		       : utf8proc_charwidth(character) > 0 ? (size_t)utf8proc_charwidth(character)
							   : 0;

	if (is_half_flag(character)) {
		most = 2;
		least = 0;
	}
	place->least = after(place->least, least < most ? least : most, columns);
	place->most = after(place->most, most, columns);
	place->joined = character == JOINER;
}

static bool may_begin_row(const struct place *place, size_t columns)
{
	size_t left = columns - 1 - (place->least + columns - 1) % columns; /* to the next row */

	return place->most > 0 && place->least + left <= place->most;
}

/* -- what looks blank -- */

static bool looks_blank(utf8proc_int32_t character)
{
	const utf8proc_property_t *property;

	if (character < 0x80)
		return character == ' ' || character == '\t';
	property = utf8proc_get_property(character);
	return property->category == UTF8PROC_CATEGORY_ZS || property->ignorable ||
	       property->category == UTF8PROC_CATEGORY_CF ||
	       character == 0x2800 ||  /* a pattern of Braille without dots */
	       character == 0x1D159 || /* a note without a head */
	       character == 0x115F || character == 0x1160 || character == 0x3164 ||
	       character == 0xFFA0; /* fillers of Hangul */
}

/* The bytes at the start that look blank, and at most how many columns they take. */
static size_t blank_run(const char *text, size_t size, size_t *ret_columns)
{
	size_t at = 0;

	*ret_columns = 0;
	while (at < size) {
		utf8proc_int32_t character;
		size_t n = character_at(text + at, size - at, &character);

		if (!looks_blank(character))
			break;
		*ret_columns += character == '\t' ? TAB_COLUMNS : safe_width(text + at, n);
		at += n;
	}
	return at;
}

/* -- what looks like the start of a row -- */

/* 'd' for a digit of any script and for letters that look like one; 'x' for other letters. */
static char kind_of(utf8proc_int32_t character)
{
	utf8proc_category_t category = utf8proc_category(character);

	if (category == UTF8PROC_CATEGORY_ND ||
	    (character < 0x80 && character > 0 && strchr("OoIl|", (char)character)))
		return 'd';
	if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME)
		return 'x';
	switch (character) {
	case '*':
		return '*';
	case '-':
		return '-';
	case 0x2026: /* an ellipsis: a line that waits */
		return '*';
	default:
		return looks_blank(character) ? ' ' : ':';
	}
}

/* The kinds of the first characters, without blanks at the start and what cannot be seen. */
static void read_shape(const char *text, size_t size, char *ret, size_t max)
{
	size_t end = size < ROW_BEGIN_MAX ? size : ROW_BEGIN_MAX, count = 0, n;
	utf8proc_int32_t character;

	for (size_t at = 0; at < end && count < max; at += n) {
		n = character_at(text + at, size - at, &character);
		if (character >= 0x80 && safe_width(text + at, n) == 0)
			continue;
		if (count > 0 || !looks_blank(character))
			ret[count++] = kind_of(character);
	}
	ret[count] = '\0';
}

static bool is_mark(char kind)
{
	return kind == ':' || kind == '-' || kind == '*';
}

static bool is_row_begin(const char *text, size_t size)
{
	char shape[8] = "";

	read_shape(text, size, shape, sizeof(shape) - 1);
	if (strncmp(shape, "* ", 2) == 0 || strncmp(shape, "--", 2) == 0)
		return true;
	if (strncmp(shape, "dd", 2) == 0 && is_mark(shape[2]))
		return strncmp(shape + 3, "dd", 2) == 0 && shape[5] != 'd' && shape[5] != 'x';
	return strncmp(shape, "dddd", 4) == 0 && is_mark(shape[4]) &&
	       strncmp(shape + 5, "dd", 2) == 0;
}

/* -- all of it -- */

/* Writes a run of blanks that has so many columns. */
static void write_blanks(FILE *to, size_t columns, struct place *place)
{
	int written;

	if (columns < ROWS_BLANKS_MAX)
		written = fprintf(to, "%*s", (int)columns, "");
	else
		written = fprintf(to, " [%zu blanks] ", columns);
	place->least += written > 0 ? (size_t)written : 0;
	place->most += written > 0 ? (size_t)written : 0;
	place->joined = false;
}

static void write_mark(FILE *to, struct place *place)
{
	fputs(ROWS_MARK, to);
	place->least += strlen(ROWS_MARK);
	place->most += strlen(ROWS_MARK);
}

void rows_write(FILE *to, const char *text, size_t size, size_t begin, size_t columns)
{
	struct place place = {begin, begin, false};

	if (!rows_may_break(text, size, begin, columns)) {
		fwrite(text, 1, size, to);
		return;
	}
	for (size_t at = 0; at < size;) {
		size_t blanks, run = blank_run(text + at, size - at, &blanks), n;
		utf8proc_int32_t character;

		if (run > 0 && (blanks >= ROWS_BLANKS_MAX || memchr(text + at, '\t', run))) {
			write_blanks(to, blanks < ROWS_BLANKS_MAX ? 1 : blanks, &place);
			at += run;
			continue;
		}
		n = character_at(text + at, size - at, &character);
		if (may_begin_row(&place, columns) && !may_vanish(character) &&
		    is_row_begin(text + at, size - at))
			write_mark(to, &place);
		advance(&place, text + at, n, character, columns);
		fwrite(text + at, 1, n, to);
		at += n;
	}
}
