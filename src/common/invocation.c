/* invocation.c - does a line look like a command: a slash and a word? */
#include <stdint.h>
#include <utf8proc.h>

#include "common/invocation.h"

enum {
	ARABIC_COMMA = 0x060C,
	FRACTION_SLASH = 0x2044,
	DIVISION_SLASH = 0x2215,
	BRAILLE_BLANK = 0x2800, /* no letter and no space, but it looks like one */
	IDEOGRAPHIC_COMMA = 0x3001,
	FULLWIDTH_COMMA = 0xFF0C,
	BIG_SOLIDUS = 0x29F8,
	FULLWIDTH_SLASH = 0xFF0F,
	OTHER_SLASH_SIZE = 3, /* bytes of each slash but the plain one */
};

/* The one at line[at], and its bytes; -1 and 1 byte: none, as text = "raw" lets pass. */
static int32_t character_at(const char *line, size_t size, size_t at, size_t *ret_size)
{
	utf8proc_int32_t character;
	utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)line + at,
					      (utf8proc_ssize_t)(size - at), &character);

	*ret_size = n > 0 ? (size_t)n : 1;
	return n > 0 ? character : -1;
}

static bool is_unseen(int32_t character)
{
	return utf8proc_get_property(character)->ignorable ||
	       utf8proc_category(character) == UTF8PROC_CATEGORY_CF;
}

static bool is_blank(int32_t character)
{
	switch (character) {
	case -1:
		return false;
	case BRAILLE_BLANK:
		return true;
	}
	switch (utf8proc_category(character)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return true;
	default:
		return is_unseen(character);
	}
}

static bool is_letter(int32_t character)
{
	utf8proc_category_t category = utf8proc_category(character);

	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

static bool is_mark(int32_t character)
{
	utf8proc_category_t category = utf8proc_category(character);

	return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

static bool is_slash(int32_t character)
{
	return character == '/' || character == FULLWIDTH_SLASH || character == FRACTION_SLASH ||
	       character == DIVISION_SLASH || character == BIG_SOLIDUS;
}

static bool is_comma(int32_t character)
{
	return character == ',' || character == ARABIC_COMMA || character == IDEOGRAPHIC_COMMA ||
	       character == FULLWIDTH_COMMA;
}

size_t invocation_skip_blanks(const char *line, size_t size, size_t at)
{
	size_t n;

	for (; at < size && is_blank(character_at(line, size, at, &n)); at += n)
		continue;
	return at;
}

size_t invocation_skip_separators(const char *line, size_t size, size_t at)
{
	size_t n;

	for (; at < size; at += n) {
		int32_t character = character_at(line, size, at, &n);

		if (!is_blank(character) && !is_comma(character))
			break;
	}
	return at;
}

/* Where the word at line[at] ends: letters, their marks, what is not seen among them; or "?". */
static size_t word_end(const char *line, size_t size, size_t at)
{
	size_t end = at, n;
	bool has_letter = false;

	for (; end < size; end += n) {
		int32_t character = character_at(line, size, end, &n);

		if (character == '?' && end == at)
			return at + 1;
		if (character < 0 ||
		    !(is_letter(character) || is_mark(character) || is_unseen(character)))
			break;
		has_letter |= is_letter(character) && !is_unseen(character);
	}
	return has_letter ? end : at;
}

static enum invocation_behind behind(const char *line, size_t size, size_t at)
{
	int32_t character;
	size_t n;

	if (at == size)
		return INVOCATION_BEHIND_END;
	if (line[at] == ' ')
		return INVOCATION_BEHIND_SPACE;
	character = character_at(line, size, at, &n);
	if (is_blank(character) || is_comma(character))
		return INVOCATION_BEHIND_BLANK;
	return is_slash(character) ? INVOCATION_BEHIND_SLASH : INVOCATION_BEHIND_OTHER;
}

size_t invocation_slash_end(const char *line, size_t size)
{
	size_t at = invocation_skip_blanks(line, size, 0), n;

	return at < size && is_slash(character_at(line, size, at, &n)) ? at + n : 0;
}

bool invocation_find(struct invocation *ret, const char *line, size_t size)
{
	size_t slash = invocation_slash_end(line, size);

	if (!slash)
		return false;
	ret->other = line[slash - 1] != '/';
	ret->blanks = slash > (ret->other ? OTHER_SLASH_SIZE : 1);
	ret->word = invocation_skip_blanks(line, size, slash);
	ret->apart = ret->word > slash;
	ret->end = word_end(line, size, ret->word);
	ret->behind = behind(line, size, ret->end);
	return ret->end > ret->word;
}
