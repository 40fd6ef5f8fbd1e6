/* slash.c - pasted lines that look like commands are text: they get a second slash */
#include "mtchat/slash.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/invocation.h"

/* Of a line that begins like a command, but not with a plain slash: its word.  Else NULL.  A path
 * is none. */
static const char *find_word(const char *line, const char *end)
{
	struct invocation found;

	if (!invocation_find(&found, line, (size_t)(end - line)) ||
	    found.behind == INVOCATION_BEHIND_SLASH)
		return NULL;
	return line + found.word;
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
