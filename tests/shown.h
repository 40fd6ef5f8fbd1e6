/* shown.h - what the screen makes of an event, as a string */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "mtchat/screen.h"

#include "tap.h"

/* Sun 2026-11-22 10:31:07 UTC. */
#define NOW_MS  INT64_C(1795343467000)
#define SUNDAY  "2026-11-22T10:31:07.000Z"
#define HOUR_MS INT64_C(3600000)

/* What is written between the two; to be freed. */
struct page {
	FILE *to;
	char *text;
	size_t size;
};

static inline FILE *page_begin(struct page *page)
{
	page->to = open_memstream(&page->text, &page->size);
	if (!page->to)
		abort();
	return page->to;
}

static inline char *page_end(struct page *page)
{
	if (fclose(page->to) != 0)
		abort();
	return page->text;
}

static inline char *shown(struct screen *screen, const char *json, int flags)
{
	struct event event;
	struct page page;

	if (event_read(&event, json, strlen(json)) < 0) {
		printf("# no event: %s\n", json);
		abort();
	}
	screen_event(screen, &event, flags, "chat.lan", NOW_MS, page_begin(&page));
	event_done(&event);
	return page_end(&page);
}

/* The same text?  Frees got; tells both if not. */
static inline void same(char *got, const char *want, const char *what)
{
	bool good = strcmp(got, want) == 0;

	ok(good, "%s", what);
	for (char *at = got; *at; at++)
		*at = *at == '\033' ? '^' : *at == '\a' ? '%' : *at == '\n' ? '$' : *at;
	if (!good)
		printf("# got %s\n", got);
	free(got);
}
