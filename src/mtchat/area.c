/* area.c - what stands below the scrollback: its texts, and how many rows they take */
#include "mtchat/area.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "mtchat/safe.h"

enum { TAB_STOP = 8 };

void area_done(struct area *area)
{
	free(area->prompt);
	for (size_t i = 0; i < area->rows_count; i++)
		free(area->rows[i]);
	*area = (struct area){0};
}

bool area_is(const struct area *area, const char *prompt, const char *const *rows,
	     size_t rows_count)
{
	if (rows_count > AREA_ROWS_MAX)
		rows_count = AREA_ROWS_MAX;
	if (!area->prompt || strcmp(area->prompt, prompt) != 0 || area->rows_count != rows_count)
		return false;
	for (size_t i = 0; i < rows_count; i++)
		if (strcmp(area->rows[i], rows[i]) != 0)
			return false;
	return true;
}

int area_set(struct area *area, const char *prompt, const char *const *rows, size_t rows_count)
{
	struct area copy = {0};

	if (rows_count > AREA_ROWS_MAX)
		rows_count = AREA_ROWS_MAX;
	copy.prompt = strdup(prompt);
	if (!copy.prompt)
		return -ENOMEM;
	for (; copy.rows_count < rows_count; copy.rows_count++) {
		copy.rows[copy.rows_count] = strdup(rows[copy.rows_count]);
		if (!copy.rows[copy.rows_count])
			return area_done(&copy), -ENOMEM;
	}
	area_done(area);
	*area = copy;
	return 0;
}

size_t area_hidden_size(const char *text, size_t size)
{
	size_t at = 2;

	if (*text == '\001') {
		const char *end = memchr(text, '\002', size);

		return end ? (size_t)(end - text) + 1 : size;
	}
	if (size < 2 || text[0] != '\033' || text[1] != '[')
		return 0;
	while (at < size && text[at] >= ' ' && text[at] <= '?')
		at++;
	return at < size ? at + 1 : size;
}

static void spot_add(struct spot *spot, size_t columns, size_t width)
{
	if (spot->column + width > columns && spot->column > 0) {
		spot->row++;
		spot->column = 0;
	}
	spot->column += width;
}

/* Moves it behind the first character of the text; returns its size. */
static size_t spot_move_one(struct spot *spot, size_t columns, const char *text, size_t size)
{
	unsigned char byte = (unsigned char)*text;
	mbstate_t state = {0};
	wchar_t wide;
	size_t taken;
	int width;

	if (byte == '\n') {
		*spot = (struct spot){.row = spot->row + 1};
		return 1;
	}
	if (byte == '\t') {
		for (size_t n = TAB_STOP - spot->column % TAB_STOP; n > 0; n--)
			spot_add(spot, columns, 1);
		return 1;
	}
	if (byte < ' ' || byte == 0x7f) {
		spot_add(spot, columns, 1);
		spot_add(spot, columns, 1);
		return 1;
	}
	taken = mbrtowc(&wide, text, size, &state); /* NOLINT(concurrency-mt-unsafe): our state */
	if (taken == 0 || taken > size) {           /* torn or wrong */
		spot_add(spot, columns, 1);
		return 1;
	}
	width = wcwidth(wide);
	if (width != 0)
		spot_add(spot, columns, width < 0 ? 1 : (size_t)width);
	return taken;
}

void spot_move(struct spot *spot, size_t columns, const char *text, size_t size)
{
	size_t done = 0;

	while (done < size) {
		size_t hidden = area_hidden_size(text + done, size - done);

		done += hidden > 0 ? hidden
				   : spot_move_one(spot, columns, text + done, size - done);
	}
}

/* The soft hyphen, the joiner, variants, tones of skin, and the letters that make flags. */
static bool is_joining(wchar_t character)
{
	return character == 0x00AD || character == 0x200D || character == 0xFE0E ||
	       character == 0xFE0F || (character >= 0x1F3FB && character <= 0x1F3FF) ||
	       (character >= 0x1F1E6 && character <= 0x1F1FF);
}

/* Of the character at the start of the text; its size. */
static size_t look_at(const char *text, size_t size, bool *ret_sure)
{
	mbstate_t state = {0};
	wchar_t wide;
	size_t taken = mbrtowc(&wide, text, size, &state); /* NOLINT(concurrency-mt-unsafe) */

	if (taken == 0 || taken > size)
		return 1; /* torn or wrong: it is drawn as one sign */
	*ret_sure = !is_joining(wide) && wcwidth(wide) == (int)safe_width(text, taken);
	return taken;
}

bool area_is_sure(const char *text, size_t size)
{
	bool sure = true;

	for (size_t at = 0; at < size && sure;) {
		if ((unsigned char)text[at] < 0x80)
			at++;
		else
			at += look_at(text + at, size - at, &sure);
	}
	return sure;
}

size_t area_text_rows(const char *text, size_t columns)
{
	struct spot spot = {0};

	for (size_t left = strlen(text); left > 0;) {
		size_t size = area_hidden_size(text, left), width = 0;

		if (size == 0) {
			for (size = 1; size < left && ((unsigned char)text[size] & 0xc0) == 0x80;)
				size++;
			width = safe_width(text, size);
		}
		if (width > 0)
			spot_add(&spot, columns, width);
		text += size;
		left -= size;
	}
	return spot.row + 1;
}
