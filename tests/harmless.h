/* harmless.h - is what the screen wrote nothing but text, and sequences of its own? */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/text.h"
#include "mtchat/screen.h"

/* The length of the sequence that the text begins with, if the screen makes such ones. */
static inline size_t own_sequence(const struct screen_style *style, const char *text)
{
	static const char *const sgr[] = {"0",    "1",    "2",    "31",   "32",   "35",
					  "36",   "91",   "94",   "1;31", "1;32", "1;35",
					  "1;36", "1;91", "1;94", NULL};
	const char *call = style->notify == NOTIFY_OSC9 ? "\033]9;mtchat: "
							: "\033]777;notify;mtchat;";

	for (size_t i = 0; style->colour && strncmp(text, "\033[", 2) == 0 && sgr[i]; i++)
		if (strncmp(text + 2, sgr[i], strlen(sgr[i])) == 0 &&
		    text[2 + strlen(sgr[i])] == 'm')
			return strlen(sgr[i]) + 3;
	if (style->bell == BELL_OFF)
		return 0;
	if (style->notify == NOTIFY_BELL)
		return *text == '\a';
	if (strncmp(text, call, strlen(call)) == 0) {
		const char *end = text + strlen(call);

		while ((unsigned char)*end >= ' ' && *end != ';')
			end++;
		return *end == '\a' ? (size_t)(end + 1 - text) : 0;
	}
	return 0;
}

/* Takes them out; `to` has room for all of the text.  Returns how many bells there were. */
static inline size_t take_out(const struct screen_style *style, const char *text, char *to)
{
	size_t bells = 0, size;

	while (*text) {
		size = own_sequence(style, text);
		if (size == 0)
			*to++ = *text++;
		else
			bells += text[size - 1] == '\a';
		text += size;
	}
	*to = '\0';
	return bells;
}

/* No control characters but LF and TAB, valid UTF-8, whole lines, at most one bell. */
static inline bool is_harmless(const struct screen_style *style, const char *text)
{
	char *bare = strdup(text);
	bool good = bare && take_out(style, text, bare) <= 1;
	const char *line = bare;

	for (const char *end; good && *line; line = end + 1) {
		end = strchr(line, '\n');
		good = end && text_clean_prefix(line, (size_t)(end - line)) == (size_t)(end - line);
		if (!good)
			break;
	}
	free(bare);
	return good;
}
