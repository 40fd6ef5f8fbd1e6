/* guard.c - asks before much is said at once: a paste of many lines, or a line that is too long */
#include "mtchat/guard.h"

#include <stdio.h>
#include <string.h>

#include "mtchat/i18n.h"

enum { SIZE_TEXT_SIZE = 64 };

/* Its size once it is one line. */
static size_t joined_size(const char *text)
{
	size_t size = 0, line;

	for (text += strspn(text, "\n"); *text; text += strspn(text, "\n")) {
		line = strcspn(text, "\n");
		size += line + (size > 0);
		text += line;
	}
	return size;
}

bool guard_asks(struct guard *ret, const char *text, size_t max_line)
{
	size_t longest = 0, limit = max_line > 0 ? max_line : (size_t)-1;
	const char *end = text;

	*ret = (struct guard){0};
	for (const char *line = text; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if ((size_t)(end - line) > longest)
			longest = (size_t)(end - line);
		ret->lines++;
	}
	ret->size = strlen(text);
	ret->too_long = longest > limit ? longest - limit : 0;
	ret->may_send = ret->too_long == 0;
	ret->may_join = joined_size(text) <= limit;
	return ret->lines > GUARD_LINES || ret->too_long > 0;
}

static void print_size(size_t size, char *to)
{
	if (size < 1000) /* more than GUARD_LINES lines: it is never just one byte */
		snprintf(to, SIZE_TEXT_SIZE, _("%zu bytes"), size);
	else if (size < 1000000)
		snprintf(to, SIZE_TEXT_SIZE, _("%.1f KB"), (double)size / 1e3);
	else
		snprintf(to, SIZE_TEXT_SIZE, _("%.1f MB"), (double)size / 1e6);
}

void guard_question(const struct guard *guard, char *ret)
{
	char size[SIZE_TEXT_SIZE];

	if (!guard->may_send) {
		snprintf(ret, GUARD_QUESTION_SIZE,
			 ngettext("too long by %zu byte; any key = edit ",
				  "too long by %zu bytes; any key = edit ", guard->too_long),
			 guard->too_long);
		return;
	}
	print_size(guard->size, size);
	if (guard->may_join)
		snprintf(ret, GUARD_QUESTION_SIZE,
			 _("send %zu lines (%s)? y = send, j = one line, any other key = edit "),
			 guard->lines, size);
	else
		snprintf(ret, GUARD_QUESTION_SIZE,
			 _("send %zu lines (%s)? y = send, any other key = edit "), guard->lines,
			 size);
}

void guard_join(char *text)
{
	char *to = text;

	for (const char *from = text + strspn(text, "\n"); *from; from++) {
		if (*from != '\n')
			*to++ = *from;
		else if (from[1] != '\n' && from[1] != '\0')
			*to++ = ' ';
	}
	*to = '\0';
}
