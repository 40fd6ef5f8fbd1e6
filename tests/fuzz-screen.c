/* fuzz-screen.c - whatever a server sends, the terminal gets text and the screen's own sequences */
#include <stdint.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "mtchat/mention.h"
#include "mtchat/safe.h"

#include "harmless.h"

enum { NOW_MS = 1000000000, COLUMNS_MAX = 250 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

struct sheet {
	FILE *to;
	char *text;
	size_t size;
};

static FILE *sheet_begin(struct sheet *sheet)
{
	sheet->to = open_memstream(&sheet->text, &sheet->size);
	require(sheet->to);
	return sheet->to;
}

/* Whole: with LF at the end of each line. */
static void sheet_end(struct sheet *sheet, const struct screen *screen, bool whole)
{
	if (!whole)
		fputc('\n', sheet->to);
	require(fclose(sheet->to) == 0 && strlen(sheet->text) == sheet->size);
	require(is_harmless(&screen->style, sheet->text));
	free(sheet->text);
}

static void show_event(struct screen *screen, const struct event *event, int flags)
{
	struct sheet sheet;

	screen_event(screen, event, flags, event->room ? event->room : "host", NOW_MS,
		     sheet_begin(&sheet));
	sheet_end(&sheet, screen, true);
	screen_replay(screen, event->lines, event->more, event->time_ms, sheet_begin(&sheet));
	screen_live(screen, sheet.to);
	sheet_end(&sheet, screen, true);
	if (event->you)
		screen_set_own(screen, event->you);
	if (screen->style.colour) /* its prompt has readline's marks in it: no sheet for them */
		return;
	screen_prompt(screen, event->room, event->vouched, event->lines, sheet_begin(&sheet));
	sheet_end(&sheet, screen, false);
}

/* Any bytes: they are what the user has typed, or what the client tells. */
static void show_bytes(struct screen *screen, const char *bytes, size_t size)
{
	AUTO_FREE char *text = malloc(size + 1);
	struct screen bare = *screen;
	struct sheet sheet;

	require(text);
	memcpy(text, bytes, size);
	text[size] = '\0';
	mention_find(text, screen->own_folded);
	screen_tell(screen, NOW_MS, sheet_begin(&sheet), "%s", text);
	sheet_end(&sheet, screen, true);
	bare.style.colour = false;
	screen_waiting(&bare, bytes, size, sheet_begin(&sheet));
	fflush(sheet.to);
	require(bare.columns < 4 || safe_width(sheet.text, sheet.size) <= (size_t)bare.columns);
	sheet_end(&sheet, &bare, false);
}

static struct screen chosen(const uint8_t *choice)
{
	struct screen_style style = {
		.colour = choice[0] & 1,
		.dates = choice[0] & 2,
		.comings = choice[0] & 4,
		.bell = (choice[0] >> 3) % 3,
		.notify = (choice[0] >> 5) % 3,
	};
	struct screen screen;

	screen_init(&screen, &style, choice[1] % COLUMNS_MAX);
	screen_set_own(&screen, "alice");
	return screen;
}

/* Two bytes choose style and columns, one the flags; then come lines of JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct screen screen;
	const char *line, *end;

	if (size < 3)
		return 0;
	screen = chosen(data);
	line = (const char *)data + 3;
	end = (const char *)data + size;
	while (line < end) {
		const char *lf = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((lf ? lf : end) - line);
		struct event event;

		show_bytes(&screen, line, length);
		if (event_read(&event, line, length) == 0) {
			show_event(&screen, &event, data[2] & 7);
			event_done(&event);
		}
		line += length + 1;
	}
	return 0;
}
