/* paint.c - what the lines of screen.c are made of: times, names, rules, in colour or not */
#include "mtchat/paint.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "mtchat/ignored.h"
#include "mtchat/rows.h"

/* -- words and colours -- */

const char *word_make(struct word *ret, const char *text, size_t max)
{
	size_t size = text ? strnlen(text, max + 1) : 0;

	if (size > max)
		for (size = max; size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80;)
			size--;
	safe_copy(ret->text, text ? text : "", size);
	for (char *tab = ret->text; (tab = strchr(tab, '\t'));)
		*tab = ' ';
	return ret->text;
}

int paint_columns(const struct screen *screen)
{
	return screen->columns > 0 ? screen->columns : PAINT_COLUMNS;
}

void paint_on(const struct screen *screen, const char *sgr, FILE *to)
{
	if (screen->style.colour)
		fprintf(to, "\033[%sm", sgr);
}

void paint_off(const struct screen *screen, FILE *to)
{
	if (screen->style.colour)
		fputs("\033[0m", to);
}

/* FNV-1a. */
static uint32_t hash(const char *text)
{
	uint32_t sum = 2166136261U;

	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 16777619U;
	return sum;
}

/* Those that can be read on dark and on light ground: neither dark blue nor yellow. */
const char *paint_colour(const struct screen *screen, const char *name, char ret[PAINT_SGR_SIZE])
{
	static const unsigned char colours[] = {31, 32, 35, 36, 91, 94};
	char folded[IGNORED_SIZE];
	unsigned char colour;

	name_fold(folded, name);
	colour = colours[hash(folded) % sizeof(colours)];
	snprintf(ret, PAINT_SGR_SIZE, "%s%u",
		 screen->own[0] && strcmp(folded, screen->own_folded) == 0 ? "1;" : "", colour);
	return ret;
}

const char *paint_name(const struct screen *screen, const char *name, struct painted *ret)
{
	char sgr[PAINT_SGR_SIZE];
	struct word word;

	word_name(&word, name);
	if (screen->style.colour)
		snprintf(ret->text, sizeof(ret->text), "\033[%sm%s\033[0m",
			 paint_colour(screen, word.text, sgr), word.text);
	else
		memcpy(ret->text, word.text, strlen(word.text) + 1);
	return ret->text;
}

bool paint_is_own(const struct screen *screen, const char *name)
{
	char folded[IGNORED_SIZE];

	if (!name || !screen->own[0])
		return false;
	name_fold(folded, name);
	return strcmp(folded, screen->own_folded) == 0;
}

/* -- times -- */

struct tm paint_local(int64_t time_ms)
{
	const int64_t first = 86400, last = 253402300799 - 86400; /* whatever the time zone */
	time_t seconds = time_ms / 1000;
	struct tm tm = {.tm_mday = 1};

	if (seconds < first)
		seconds = first;
	if (seconds > last)
		seconds = last;
	localtime_r(&seconds, &tm);
	return tm;
}

int paint_day(const struct tm *tm)
{
	return (tm->tm_year + 1900) * 366 + tm->tm_yday;
}

/* With the offset from UTC, as RFC 3339 has it: one hour of the year comes twice. */
static void write_date(char *to, size_t max, const struct tm *tm)
{
	size_t size = strftime(to, max - 1, "%Y-%m-%d %H:%M:%S%z", tm);

	if (size > 2) {
		memmove(to + size - 1, to + size - 2, 3);
		to[size - 2] = ':';
	}
}

/* Returns how many columns it takes. */
static size_t write_time(struct screen *screen, int64_t time_ms, FILE *to)
{
	struct tm tm = paint_local(time_ms);
	int day = paint_day(&tm);
	char text[64];

	if (screen->day && screen->day != day && !screen->style.dates) {
		strftime(text, sizeof(text), "%a %Y-%m-%d", &tm);
		paint_rule(screen, text, "", to);
	}
	screen->day = day;
	if (screen->style.dates)
		write_date(text, sizeof(text), &tm);
	else
		strftime(text, sizeof(text), "%H:%M", &tm);
	paint_on(screen, "2", to);
	fputs(text, to);
	return strlen(text);
}

size_t paint_time(struct screen *screen, int64_t time_ms, FILE *to)
{
	size_t columns = write_time(screen, time_ms, to);

	paint_off(screen, to);
	fputc(' ', to);
	return columns + 1;
}

/* -- text -- */

void paint_text(const struct screen *screen, const char *text, size_t begin, FILE *to)
{
	size_t columns = (size_t)(screen->breaks_at > 0 ? screen->breaks_at
							: paint_columns(screen));
	size_t size = strlen(text);
	AUTO_FREE char *clean = NULL;

	if (screen->columns == SCREEN_NO_ROWS)
		columns = 0;
	if (!rows_may_break(text, size, begin, columns)) {
		safe_write(to, text, size);
		return;
	}
	clean = malloc(SAFE_SIZE_MAX * size + 1);
	if (clean)
		rows_write(to, clean, safe_copy(clean, text, size), begin, columns);
	else
		fputs("\uFFFD", to);
}

/* -- happenings -- */

void paint_happening(struct screen *screen, int64_t time_ms, FILE *to, const char *format, ...)
{
	AUTO_FREE char *text = NULL;
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (size < 0)
		text = NULL;
	else
		paint_notice(screen, time_ms, to, text);
}

void paint_notice(struct screen *screen, int64_t time_ms, FILE *to, const char *text)
{
	size_t begin = write_time(screen, time_ms, to) + strlen(" * ");

	fputs(" * ", to);
	paint_text(screen, text, begin, to);
	paint_off(screen, to);
	fputc('\n', to);
}

/* -- rules -- */

static void write_dashes(size_t count, FILE *to)
{
	for (size_t i = 0; i < count; i++)
		fputc('-', to);
}

/* LEFT alone is too wide. */
static void write_short_rule(const char *left, size_t columns, FILE *to)
{
	size_t fits = columns > 3 ? safe_fit(left, strlen(left), columns - 3) : 0;

	if (fits > 0)
		fprintf(to, "-- %.*s", (int)fits, left);
	else
		write_dashes(columns, to);
}

void paint_rule(const struct screen *screen, const char *left, const char *right, FILE *to)
{
	int terminal = paint_columns(screen);
	size_t columns = (size_t)(terminal < PAINT_COLUMNS ? terminal : PAINT_COLUMNS);
	size_t left_columns, right_columns;
	struct word first, last;

	word_make(&first, left, PAINT_WORD_MAX);
	word_make(&last, right, PAINT_WORD_MAX);
	left_columns = safe_width(first.text, strlen(first.text)) + strlen("--  ");
	right_columns = *right ? safe_width(last.text, strlen(last.text)) + strlen("  --") : 0;
	paint_on(screen, "2", to);
	if (left_columns >= columns) {
		write_short_rule(first.text, columns, to);
	} else {
		if (left_columns + right_columns >= columns)
			right_columns = 0;
		fprintf(to, "-- %s ", first.text);
		write_dashes(columns - left_columns - right_columns, to);
		if (right_columns)
			fprintf(to, " %s --", last.text);
	}
	paint_off(screen, to);
	fputc('\n', to);
}
