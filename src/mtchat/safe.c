/* safe.c - text from strangers, made safe for a terminal: what is clean is written as it is */
#include "mtchat/safe.h"

#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "common/cleanup.h"
#include "common/text.h"

_Static_assert((int)SAFE_SIZE_MAX >= (int)TEXT_GROWTH, "what is cleaned fits");

/* Clean text: bytes that stay, and those of a character behind them that does not. */
struct run {
	size_t kept, dropped;
};

/* The character at the start of clean text; its length. */
static size_t read_character(const char *text, size_t size, utf8proc_int32_t *ret)
{
	utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text,
					      (utf8proc_ssize_t)size, ret);

	if (n > 0)
		return (size_t)n;
	*ret = 0xFFFD;
	return 1;
}

/*
 * Does it stand in the place of the one before?  Marks do, and format characters, joiners among
 * them; and the vowels and finals of Hangul that is taken apart, which the C library counts as no
 * columns.
 */
static bool is_joined(utf8proc_int32_t character)
{
	const utf8proc_property_t *property = utf8proc_get_property(character);

	switch (property->category) {
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_CF:
		return true;
	default:
		return property->boundclass == UTF8PROC_BOUNDCLASS_V ||
		       property->boundclass == UTF8PROC_BOUNDCLASS_T;
	}
}

/* marks: how many are joined to the character before text. */
static struct run next_run(const char *text, size_t size, size_t *marks)
{
	size_t at = 0;

	while (at < size) {
		utf8proc_int32_t character;
		size_t n;

		if ((unsigned char)text[at] < 0x80) {
			*marks = 0;
			at++;
			continue;
		}
		n = read_character(text + at, size - at, &character);
		*marks = is_joined(character) ? *marks + 1 : 0;
		if (*marks > SAFE_MARKS_MAX)
			return (struct run){at, n};
		at += n;
	}
	return (struct run){at, 0};
}

static void write_clean(FILE *to, const char *text, size_t size)
{
	size_t marks = 0;

	for (size_t at = 0; at < size;) {
		struct run run = next_run(text + at, size - at, &marks);

		fwrite(text + at, 1, run.kept, to);
		at += run.kept + run.dropped;
	}
}

void safe_write(FILE *to, const char *text, size_t size)
{
	AUTO_FREE char *clean = NULL;

	if (text_clean_prefix(text, size) == size) {
		write_clean(to, text, size);
		return;
	}
	clean = malloc(TEXT_GROWTH * size);
	if (clean)
		write_clean(to, clean, text_clean(clean, text, size));
	else
		fputs("\uFFFD", to);
}

size_t safe_copy(char *to, const char *text, size_t size)
{
	size_t length = text_clean(to, text, size), end = 0, marks = 0;

	for (size_t at = 0; at < length;) {
		struct run run = next_run(to + at, length - at, &marks);

		memmove(to + end, to + at, run.kept);
		end += run.kept;
		at += run.kept + run.dropped;
	}
	to[end] = '\0';
	return end;
}

/*
 * Terminals do not agree.  Where they differ, or where one may know a character that utf8proc does
 * not, the most that any gives it: a row that is too short is no harm, one too long tears the
 * prompt.
 */
static size_t character_width(utf8proc_int32_t character)
{
	int width;

	if (character == '\t')
		return 1;
	switch (utf8proc_category(character)) {
	case UTF8PROC_CATEGORY_CN: /* may be a newer emoji */
		return 2;
	case UTF8PROC_CATEGORY_MC: /* the marks of tones of Hangul are wide */
		return character == 0x302E || character == 0x302F ? 2 : 1;
	case UTF8PROC_CATEGORY_CF:
		return character == 0x00AD || /* a hyphen that may be there, and is on terminals */
		       utf8proc_get_property(character)->boundclass == UTF8PROC_BOUNDCLASS_PREPEND;
	default:
		break;
	}
	if (character == 0xFE0F) /* the one before may become a wide emoji */
		return 1;
	if ((character >= 0x3248 && character <= 0x324F) || /* wide only for the C library */
	    (character >= 0x4DC0 && character <= 0x4DFF))
		return 2;
	width = utf8proc_charwidth(character);
	return width > 0 ? (size_t)width : 0;
}

size_t safe_width(const char *text, size_t size)
{
	size_t width = 0;

	for (size_t at = 0; at < size;) {
		utf8proc_int32_t character;

		at += read_character(text + at, size - at, &character);
		width += character_width(character);
	}
	return width;
}

size_t safe_fit(const char *text, size_t size, size_t columns)
{
	size_t width = 0, whole = 0; /* whole: up to a character that may be followed by marks */

	for (size_t at = 0; at < size;) {
		utf8proc_int32_t character;
		size_t n = read_character(text + at, size - at, &character);

		if (!is_joined(character))
			whole = at;
		width += character_width(character);
		if (width > columns)
			return whole;
		at += n;
	}
	return size;
}

void safe_warn(const char *text)
{
	char words[SAFE_SIZE_MAX * SAFE_WARN_MAX + 1];

	if (!text)
		return;
	safe_copy(words, text, strnlen(text, SAFE_WARN_MAX));
	warnx("%s", words);
}
