/* screen.c - events become bytes for a terminal, or for a log */
#include "mtchat/screen.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "mtchat/i18n.h"
#include "mtchat/mention.h"
#include "mtchat/paint.h"
#include "mtchat/safe.h"
#include "mtchat/screen-lists.h"

enum { WAITING_LOOK = 2048 }; /* bytes of a waiting line; a row has fewer */

void screen_init(struct screen *ret, const struct screen_style *style, int columns)
{
	*ret = (struct screen){.style = *style, .columns = columns};
}

void screen_set_own(struct screen *screen, const char *name)
{
	snprintf(screen->own, sizeof(screen->own), "%s", name ? name : "");
	name_fold(screen->own_folded, screen->own);
}

/* -- the bell -- */

/*
 * "mtchat: " goes first, and no semicolon is left: terminals take OSC 9 with a number and a
 * semicolon for other things than a message, up to running a program, and 777 has its fields
 * between them.
 *
 * tmux and screen pass on what stands in a DCS (tmux if allow-passthrough is on, and wants each ESC
 * in it twice) and drop the OSC else.  What they never drop is BEL.
 */
static void write_call(const struct screen *screen, const struct event *event, FILE *to)
{
	static const char *const wraps[][2] = {
		[WITHIN_NOTHING] = {"", ""},
		[WITHIN_TMUX] = {"\033Ptmux;\033", "\033\\\a"},
		[WITHIN_SCREEN] = {"\033P", "\033\\\a"},
	};
	const char *begin = screen->style.notify == NOTIFY_OSC9 ? "9;mtchat: "
								: "777;notify;mtchat;";
	enum within within = screen->style.within;
	struct word from, text;

	word_name(&from, event->from);
	word_make(&text, event->text, SCREEN_CALL_MAX);
	for (char *at = from.text; (at = strchr(at, ';'));)
		*at = ',';
	for (char *at = text.text; (at = strchr(at, ';'));)
		*at = ',';
	fprintf(to, "%s\033]%s%s%s%s\a%s", wraps[within][0], begin, from.text,
		*from.text ? ": " : "", text.text, wraps[within][1]);
}

static void ring(struct screen *screen, const struct event *event, FILE *to)
{
	int64_t since_ms = screen->now_ms - screen->rung_ms;

	if (screen->rung_ms && since_ms >= 0 && since_ms < SCREEN_BELL_MS)
		return;
	screen->rung_ms = screen->now_ms;
	if (screen->style.notify == NOTIFY_BELL)
		fputc('\a', to);
	else
		write_call(screen, event, to);
}

/* -- what is said -- */

static const char *text_of(const struct event *event)
{
	return event->text ? event->text : "";
}

/* begin: columns that are taken. */
static void write_said(const struct screen *screen, const struct event *event, size_t begin,
		       FILE *to)
{
	const char *before = event->kind == EVENT_ME ? "** " : "";
	const char *behind = event->from && event->kind == EVENT_SAY ? ": " : " ";
	struct painted name;
	struct word word;

	fputs(before, to);
	fputs(event->from ? paint_name(screen, event->from, &name) : "|", to);
	fputs(behind, to);
	word_name(&word, event->from ? event->from : "|");
	begin += strlen(before) + safe_width(word.text, strlen(word.text)) + strlen(behind);
	paint_text(screen, text_of(event), begin, to);
}

static void show_said(struct screen *screen, const struct event *event, int flags, int64_t time_ms,
		      FILE *to)
{
	bool own = flags & SCREEN_OWN || paint_is_own(screen, event->from);
	bool called = !own && screen->own[0] && mention_find(text_of(event), screen->own_folded);
	enum bell bell = screen->style.bell;
	size_t begin = paint_time(screen, time_ms, to);

	if (called) {
		paint_on(screen, "1", to);
		fputs(">>", to);
		paint_off(screen, to);
		fputc(' ', to);
		begin += strlen(">> ");
	}
	write_said(screen, event, begin, to);
	if (!own && !(flags & SCREEN_OLD) && (bell == BELL_ALL || (bell == BELL_MENTION && called)))
		ring(screen, event, to);
	fputc('\n', to);
}

enum { WAY_SIZE = 2 * sizeof(struct painted) + 64 };

static void make_way(char ret[WAY_SIZE], const char *sender, const char *receiver, bool own,
		     bool for_us)
{
	if (own && for_us)
		snprintf(ret, WAY_SIZE, "%s", _("you -> you"));
	else if (own)
		snprintf(ret, WAY_SIZE, _("you -> %s"), receiver);
	else if (for_us)
		snprintf(ret, WAY_SIZE, _("%s -> you"), sender);
	else
		snprintf(ret, WAY_SIZE, "%s -> %s", sender, receiver);
}

/* To whom a private line goes, and from whom: "carol -> you: ".  Returns how many columns it takes.
 */
static size_t write_way(const struct screen *screen, const struct event *event, bool own, FILE *to)
{
	const char *from = event->from ? event->from : "", *to_whom = event->to ? event->to : "";
	bool for_us = paint_is_own(screen, to_whom);
	struct painted sender, receiver;
	struct word from_word, to_word;
	char way[WAY_SIZE];

	make_way(way, paint_name(screen, from, &sender), paint_name(screen, to_whom, &receiver),
		 own, for_us);
	fprintf(to, "%s: ", way);
	make_way(way, word_name(&from_word, from), word_name(&to_word, to_whom), own, for_us);
	return safe_width(way, strlen(way)) + strlen(": ");
}

static void show_private(struct screen *screen, const struct event *event, int flags,
			 int64_t time_ms, FILE *to)
{
	bool own = flags & SCREEN_OWN || paint_is_own(screen, event->from);

	size_t begin = paint_time(screen, time_ms, to);

	begin += write_way(screen, event, own, to);
	paint_text(screen, text_of(event), begin, to);
	if (!own && !(flags & SCREEN_OLD) && screen->style.bell != BELL_OFF)
		ring(screen, event, to);
	fputc('\n', to);
}

/* -- what happens -- */

/* Who comes, goes, is called otherwise.  One's own coming is no news, one's own new name is. */
static void show_coming(struct screen *screen, const struct event *event, int flags,
			int64_t time_ms, FILE *to)
{
	bool own = flags & SCREEN_OWN || paint_is_own(screen, event->from) ||
		   paint_is_own(screen, event->to);
	struct word name, new_name;

	if (!event->from || (own ? event->kind != EVENT_RENAME : !screen->style.comings))
		return;
	word_name(&name, event->from);
	word_name(&new_name, event->to);
	if (event->kind == EVENT_JOIN)
		paint_happening(screen, time_ms, to, _("%s came"), name.text);
	else if (event->kind == EVENT_LEAVE)
		paint_happening(screen, time_ms, to, _("%s went"), name.text);
	else
		paint_happening(screen, time_ms, to, _("%s is %s now"), name.text, new_name.text);
}

static void show_restart(struct screen *screen, const struct event *event, int64_t time_ms,
			 FILE *to)
{
	if (event->gap_ms)
		paint_happening(screen, time_ms, to,
				_("server restarted: %llu ms, still connected, 0 lines lost"),
				(unsigned long long)event->gap_ms);
	else
		paint_happening(screen, time_ms, to,
				_("server restarted: still connected, 0 lines lost"));
}

static void show_end(struct screen *screen, const struct event *event, int flags, int64_t time_ms,
		     FILE *to)
{
	struct word reason;

	if (flags & SCREEN_OWN)
		return;
	word_make(&reason, event->text, PAINT_WORD_MAX);
	if (*reason.text)
		paint_happening(screen, time_ms, to, _("the server says good-bye: %s"),
				reason.text);
	else
		paint_happening(screen, time_ms, to, _("the server says good-bye"));
}

static void show_skip(struct screen *screen, const struct event *event, int64_t time_ms, FILE *to)
{
	paint_happening(screen, time_ms, to,
			ngettext("%llu line was missed", "%llu lines were missed", event->lines),
			(unsigned long long)event->lines);
}

static void show_pong(struct screen *screen, const struct event *event, int64_t time_ms, FILE *to)
{
	struct word token;

	word_make(&token, event->token, PAINT_WORD_MAX);
	paint_happening(screen, time_ms, to, *token.text ? "pong %s" : "pong%s", token.text);
}

void screen_event(struct screen *screen, const struct event *event, int flags, const char *host,
		  int64_t now_ms, FILE *to)
{
	int64_t time_ms = event->time_ms >= 0 ? event->time_ms : now_ms;

	screen->now_ms = now_ms;
	switch (event->kind) {
	case EVENT_SAY:
	case EVENT_ME:
		show_said(screen, event, flags, time_ms, to);
		break;
	case EVENT_PRIV:
		show_private(screen, event, flags, time_ms, to);
		break;
	case EVENT_JOIN:
	case EVENT_LEAVE:
	case EVENT_RENAME:
		show_coming(screen, event, flags, time_ms, to);
		break;
	case EVENT_NOTICE:
		paint_notice(screen, time_ms, to, text_of(event));
		break;
	case EVENT_WHO:
		if (flags & SCREEN_GREETS)
			screen_greet(screen, event, host, to);
		else
			screen_who(screen, event, time_ms, to);
		break;
	case EVENT_ROOMS:
		screen_rooms(screen, event, time_ms, to);
		break;
	case EVENT_SKIP:
		show_skip(screen, event, time_ms, to);
		break;
	case EVENT_RESTARTED:
		show_restart(screen, event, time_ms, to);
		break;
	case EVENT_PONG:
		show_pong(screen, event, time_ms, to);
		break;
	case EVENT_BYE:
		show_end(screen, event, flags, time_ms, to);
		break;
	case EVENT_OTHER:
	case EVENT_HELLO:
	case EVENT_REPLAY:
	case EVENT_LIVE:
		break;
	}
}

/* -- what the client adds -- */

/* A weekday alone tells only the last week's days apart. */
static void format_begin(const struct screen *screen, int64_t first_ms, char *ret, size_t size)
{
	const int64_t week_ms = INT64_C(6) * 24 * 3600 * 1000;
	bool recent = !screen->now_ms || screen->now_ms - week_ms < first_ms;
	struct tm tm = paint_local(first_ms);

	strftime(ret, size, recent ? "%a %H:%M" : "%a %Y-%m-%d %H:%M", &tm);
}

void screen_replay(struct screen *screen, uint64_t shown, uint64_t all, int64_t first_ms, FILE *to)
{
	char begin[64] = "", left[PAINT_WORD_MAX];
	struct tm tm;

	if (screen->style.dates)
		return;
	snprintf(left, sizeof(left),
		 ngettext("last %llu of %llu line", "last %llu of %llu lines", all),
		 (unsigned long long)shown, (unsigned long long)all);
	if (first_ms >= 0) {
		format_begin(screen, first_ms, begin, sizeof(begin));
		tm = paint_local(first_ms);
		screen->day = paint_day(&tm);
	}
	paint_rule(screen, left, begin, to);
}

void screen_live(struct screen *screen, FILE *to)
{
	if (!screen->style.dates)
		paint_rule(screen, _("live"), "", to);
}

void screen_tell(struct screen *screen, int64_t now_ms, FILE *to, const char *format, ...)
{
	AUTO_FREE char *text = NULL;
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vasprintf(&text, format, arguments);
	va_end(arguments);
	screen->now_ms = now_ms;
	if (size < 0)
		text = NULL; /* no memory: there is nothing that could be told */
	else
		paint_notice(screen, now_ms, to, text);
}

void screen_waiting(const struct screen *screen, const char *text, size_t size, FILE *to)
{
	char safe[SAFE_SIZE_MAX * WAITING_LOOK + 1];
	int terminal = paint_columns(screen);
	size_t columns = terminal > 4 ? (size_t)terminal - 3
				      : 1; /* but for the signs of "... ..." */
	size_t length, fits;

	if (size > WAITING_LOOK)
		for (size = WAITING_LOOK; size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80;)
			size--;
	length = safe_copy(safe, text, size);
	for (size_t i = 0; i < length; i++)
		if (safe[i] == '\t') /* nobody knows how wide it would be */
			safe[i] = ' ';
	fits = safe_fit(safe, length, columns);
	paint_on(screen, "2", to);
	fprintf(to, "… %.*s%s", (int)fits, safe, fits < length ? "…" : "");
	paint_off(screen, to);
}

void screen_prompt(const struct screen *screen, const char *room, bool offline, size_t waiting,
		   FILE *to)
{
	char who[2 * PAINT_WORD_SIZE], sgr[PAINT_SGR_SIZE];
	struct word name, place;
	int size;

	word_name(&name, screen->own);
	word_name(&place, room);
	size = snprintf(who, sizeof(who), "%s%s", place.text, *name.text && *place.text ? " " : "");
	if (*name.text && screen->style.colour)
		snprintf(who + size, sizeof(who) - (size_t)size,
			 "\001\033[%sm\002%s\001\033[0m\002",
			 paint_colour(screen, screen->own, sgr), name.text);
	else if (*name.text)
		snprintf(who + size, sizeof(who) - (size_t)size, "%s", name.text);
	else if (!*place.text)
		snprintf(who, sizeof(who), "mtchat");
	if (!offline)
		fprintf(to, "%s> ", who);
	else if (!waiting)
		fprintf(to, _("%s [offline]> "), who);
	else
		fprintf(to,
			ngettext("%s [offline, %zu waiting]> ", "%s [offline, %zu waiting]> ",
				 waiting),
			who, waiting);
}
