/* screen-lists.c - lists of people and of rooms */
#include "mtchat/screen-lists.h"

#include <stdbool.h>
#include <string.h>

#include "common/cleanup.h"
#include "mtchat/i18n.h"
#include "mtchat/paint.h"

enum { GREET_NAMES_MAX = 1024 }; /* bytes; a row has fewer */

/* -- the first line of a chat -- */

/* What the line tells, but for the names. */
struct greeting {
	struct word host, room;
	unsigned long long others;
};

/* No names: how many there are must do.  Returns the text, the caller's to free; NULL: no memory.
 */
static char *greet(const struct greeting *greeting, const char *names, unsigned long long hidden)
{
	const char *host = greeting->host.text, *room = greeting->room.text;
	unsigned long long here = greeting->others;
	char *text = NULL;
	int r;

	if (!here)
		r = asprintf(&text, _("%s, room %s, nobody else here"), host, room);
	else if (!*names)
		r = asprintf(&text,
			     ngettext("%s, room %s, %llu here", "%s, room %s, %llu here", here),
			     host, room, here);
	else if (!hidden)
		r = asprintf(&text,
			     ngettext("%s, room %s, %llu here: %s", "%s, room %s, %llu here: %s",
				      here),
			     host, room, here, names);
	else
		r = asprintf(&text,
			     ngettext("%s, room %s, %llu here: %s and %llu more",
				      "%s, room %s, %llu here: %s and %llu more", hidden),
			     host, room, here, names, hidden);
	return r < 0 ? NULL : text;
}

/* How many columns are left for the names. */
static size_t columns_left(const struct screen *screen, const struct greeting *greeting,
			   unsigned long long hidden)
{
	AUTO_FREE char *text = greet(greeting, "?", hidden);
	size_t used = text ? safe_width(text, strlen(text)) - 1 + strlen("* ") : 0;
	size_t columns = (size_t)paint_columns(screen);

	return used < columns ? columns - used : 0;
}

/* Others' names while they fit; returns how many. */
static size_t list_some(char names[GREET_NAMES_MAX], const struct screen *screen,
			const struct event *event, size_t columns)
{
	size_t listed = 0, size = 0, used = 0, width;
	struct word word;

	names[0] = '\0';
	for (size_t i = 0; i < event->count; i++) {
		const char *name = word_name(&word, event_name(event, i));

		if (!*name || paint_is_own(screen, event_name(event, i)))
			continue;
		width = safe_width(name, strlen(name)) + (listed > 0);
		if (used + width > columns || size + strlen(name) + 2 > GREET_NAMES_MAX)
			break;
		size += (size_t)snprintf(names + size, GREET_NAMES_MAX - size, "%s%s",
					 listed > 0 ? " " : "", name);
		used += width;
		listed++;
	}
	return listed;
}

void screen_greet(const struct screen *screen, const struct event *event, const char *host,
		  FILE *to)
{
	unsigned long long here = event->count + event->more + event->unnamed;
	unsigned long long others = here ? here - 1 : 0; /* one is here oneself */
	struct greeting greeting = {.others = others};
	AUTO_FREE char *text = NULL;
	char names[GREET_NAMES_MAX];
	size_t listed;

	word_make(&greeting.host, host, PAINT_WORD_MAX);
	word_name(&greeting.room, event->room);
	listed = list_some(names, screen, event, columns_left(screen, &greeting, 0));
	if (listed < others)
		listed = list_some(names, screen, event, columns_left(screen, &greeting, others));
	text = greet(&greeting, names, listed < others ? others - listed : 0);
	if (!text)
		return;
	paint_on(screen, "2", to);
	fprintf(to, "* %s", text);
	paint_off(screen, to);
	fputc('\n', to);
}

/* -- pages -- */

/* Writes them all: "alice bob", or "lobby (4) kitchen (1)".  False: no memory. */
static bool list_all(const struct event *event, char **ret)
{
	size_t size;
	FILE *to = open_memstream(ret, &size);
	struct word word;

	if (!to)
		return false;
	for (size_t i = 0; i < event->count; i++) {
		fprintf(to, "%s%s", i > 0 ? " " : "", word_name(&word, event_name(event, i)));
		if (event->kind == EVENT_ROOMS)
			fprintf(to, " (%llu)", (unsigned long long)event_clients(event, i));
	}
	return fclose(to) == 0;
}

static const char *last_name(const struct event *event, struct word *ret)
{
	return word_name(ret, event->count ? event_name(event, event->count - 1) : "");
}

void screen_who(struct screen *screen, const struct event *event, int64_t time_ms, FILE *to)
{
	unsigned long long unnamed = event->unnamed, more = event->more;
	AUTO_FREE char *names = NULL;
	struct word room, last;

	if (!list_all(event, &names))
		return;
	word_name(&room, event->room);
	if (!event->count && !unnamed)
		paint_happening(screen, time_ms, to, _("in %s: nobody"), room.text);
	else if (!event->count)
		paint_happening(screen, time_ms, to,
				ngettext("in %s: %llu without a name", "in %s: %llu without a name",
					 unnamed),
				room.text, unnamed);
	else if (!unnamed)
		paint_happening(screen, time_ms, to, _("in %s: %s"), room.text, names);
	else
		paint_happening(screen, time_ms, to,
				ngettext("in %s: %s and %llu without a name",
					 "in %s: %s and %llu without a name", unnamed),
				room.text, names, unnamed);
	if (more)
		paint_happening(screen, time_ms, to,
				ngettext("and %llu more: /who %s %s", "and %llu more: /who %s %s",
					 more),
				more, room.text, last_name(event, &last));
}

void screen_rooms(struct screen *screen, const struct event *event, int64_t time_ms, FILE *to)
{
	unsigned long long more = event->more;
	AUTO_FREE char *rooms = NULL;
	struct word last;

	if (!list_all(event, &rooms))
		return;
	if (event->count)
		paint_happening(screen, time_ms, to, _("rooms: %s"), rooms);
	else
		paint_happening(screen, time_ms, to, _("no room"));
	if (more)
		paint_happening(screen, time_ms, to,
				ngettext("and %llu more: /rooms %s", "and %llu more: /rooms %s",
					 more),
				more, last_name(event, &last));
}
