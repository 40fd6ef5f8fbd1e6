/* tab.c - TAB in the prompt: puts in what the word may become, or lists it */
#include "mtchat/tab.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

#include "common/cleanup.h"
#include "mtchat/complete.h"
#include "mtchat/i18n.h"
#include "mtchat/safe.h"

enum {
	TAB_LIST_ROWS = 5,
	TAB_GAP = 2, /* blanks between two words of the list */
};

static bool is_same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* How many bytes all words have in common, whole characters, the case of ASCII apart. */
static size_t common_size(char *const words[], size_t count)
{
	size_t size = strlen(words[0]);

	for (size_t i = 1; i < count; i++) {
		size_t same = 0;

		while (same < size && words[i][same] &&
		       is_same_letter(words[0][same], words[i][same]))
			same++;
		size = same;
	}
	while (size > 0 && ((unsigned char)words[0][size] & 0xc0) == 0x80)
		size--;
	return size;
}

/* The typed word becomes text[0, size) and what is after it; TAB is undone in one step. */
static void put_in(size_t start, const char *text, size_t size, const char *after)
{
	char *whole = NULL;

	if (asprintf(&whole, "%.*s%s", (int)size, text, after) < 0)
		return;
	rl_begin_undo_group();
	rl_delete_text((int)start, rl_point);
	rl_point = (int)start;
	rl_insert_text(whole);
	rl_end_undo_group();
	free(whole);
}

static size_t width_of(const char *word)
{
	return safe_width(word, strlen(word));
}

/* The words as lines: in columns, at most TAB_LIST_ROWS rows.  To be freed; NULL: no memory. */
static char *list(char *const words[], size_t count, size_t columns)
{
	size_t width = 1, per_row, shown, length = 0;
	char *lines = NULL;
	FILE *to = open_memstream(&lines, &length);

	if (!to)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (width_of(words[i]) > width)
			width = width_of(words[i]);
	per_row = (columns + TAB_GAP) / (width + TAB_GAP);
	if (per_row == 0)
		per_row = 1;
	shown = count <= TAB_LIST_ROWS * per_row ? count : (TAB_LIST_ROWS - 1) * per_row;
	for (size_t i = 0; i < shown; i++) {
		bool last = i + 1 == shown || (i + 1) % per_row == 0;
		size_t blanks = width + TAB_GAP - width_of(words[i]);

		fputs(words[i], to);
		fprintf(to, "%*s", last ? 0 : (int)blanks, "");
		if (last)
			putc('\n', to);
	}
	if (shown < count) {
		fprintf(to, _("... and %zu more"), count - shown);
		putc('\n', to);
	}
	fclose(to);
	return lines;
}

char *tab_press(const struct known *known, size_t columns)
{
	CLEANUP(completions_done) struct completions found = {0};
	size_t point = (size_t)rl_point, typed, common;

	if (complete(&found, known, rl_line_buffer, point) < 0 || found.count == 0)
		return NULL;
	if (found.count == 1) {
		put_in(found.start, found.words[0], strlen(found.words[0]), found.after);
		return NULL;
	}
	typed = point - found.start;
	common = common_size(found.words, found.count);
	if (common <= typed)
		return list(found.words, found.count, columns);
	put_in(found.start, found.words[0], common, "");
	return NULL;
}
