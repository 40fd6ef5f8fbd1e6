/* slash.c - pasted lines that look like commands are text: they get a second slash */
#include "mtchat/slash.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { WIDE_SLASH = 0xFF0F };

/* The character there, -1: none; its bytes in *ret_size. */
static utf8proc_int32_t read_one(const char *text, const char *end, size_t *ret_size)
{
	utf8proc_int32_t character;
	utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text, end - text,
						 &character);

	*ret_size = size > 0 ? (size_t)size : 1;
	return size > 0 ? character : -1;
}

/* Blanks are all that is not seen. */
static bool is_blank(utf8proc_int32_t character)
{
	const utf8proc_property_t *property = utf8proc_get_property(character);

	return character == 0x2800 || property->ignorable ||
	       property->category == UTF8PROC_CATEGORY_CC ||
	       property->category == UTF8PROC_CATEGORY_CF ||
	       (property->category >= UTF8PROC_CATEGORY_ZS &&
		property->category <= UTF8PROC_CATEGORY_ZP);
}

/* Letters and their marks. */
static bool is_in_word(utf8proc_int32_t character)
{
	utf8proc_category_t category = utf8proc_category(character);

	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME;
}

static const char *skip(const char *text, const char *end, bool (*is)(utf8proc_int32_t character))
{
	while (text < end) {
		size_t size;
		utf8proc_int32_t character = read_one(text, end, &size);

		if (character < 0 || !is(character))
			break;
		text += size;
	}
	return text;
}

/* Of a line that begins like a command, but not with a plain slash: what follows its slash.  Else
 * NULL.  A path is none: a second slash is behind its first word. */
static const char *find_word(const char *line, const char *end)
{
	const char *at = skip(line, end, is_blank), *word;
	utf8proc_int32_t character;
	size_t size;

	if (at == end)
		return NULL;
	character = read_one(at, end, &size);
	if (character != '/' && character != WIDE_SLASH)
		return NULL;
	word = skip(at + size, end, is_blank);
	if (word < end && *word == '?')
		return at + size;
	at = skip(word, end, is_in_word);
	return at == word || (at < end && *at == '/') ? NULL : word;
}

static void write_line(const char *line, const char *end, FILE *to)
{
	const char *word = line < end && *line != '/' ? find_word(line, end) : NULL;

	if (word)
		fputs("//", to);
	else if (line < end && *line == '/')
		fputc('/', to);
	if (word)
		line = word;
	fwrite(line, 1, (size_t)(end - line), to);
}

char *slash_add(const char *text, bool begins)
{
	char *copy = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&copy, &size);

	if (!to)
		return NULL;
	for (const char *line = text;; begins = true) {
		const char *end = strchrnul(line, '\n');

		if (begins)
			write_line(line, end, to);
		else
			fwrite(line, 1, (size_t)(end - line), to);
		if (!*end)
			break;
		fputc('\n', to);
		line = end + 1;
	}
	if (fclose(to) != 0) {
		free(copy);
		return NULL;
	}
	return copy;
}

void slash_remove(char *text)
{
	char *to = text + strspn(text, "\n"); /* the first line is the first that has anything */

	for (const char *from = to; *from; from++) {
		*to++ = *from;
		if (from[0] == '\n' && from[1] == '/' && from[2] == '/')
			from++;
	}
	*to = '\0';
}
