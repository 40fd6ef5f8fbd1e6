/* lines.h - a chat hears what a server says, as lines of JSON, and what it asks is looked at */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mtchat/chat.h"
#include "mtchat/link.h"

enum { LINES_SECRET = 0x5ec };

#define LINES_TOKEN "00000000000005ec"

/* One end of a link: its `out` is what the server would get. */
struct lines {
	struct chat chat;
	struct buffer out;
	char said[LINK_OUT_SIZE + 1];
};

static inline struct event lines_event(const char *json)
{
	struct event event;

	if (event_read(&event, json, strlen(json)) < 0) {
		printf("Bail out! no event: %s\n", json);
		exit(EXIT_FAILURE);
	}
	return event;
}

static inline void lines_open(struct lines *lines, const struct chat_wish *wish)
{
	chat_init(&lines->chat, wish, 0x123456789abcdef, LINES_SECRET);
	if (buffer_init(&lines->out, LINK_OUT_SIZE) < 0)
		abort();
}

static inline void lines_close(struct lines *lines)
{
	chat_done(&lines->chat);
	buffer_done(&lines->out);
}

/* What the chat makes of it. */
__attribute__((format(printf, 2, 3))) static inline int lines_hear(struct lines *lines,
								   const char *format, ...)
{
	char json[4096];
	struct event event;
	va_list ap;
	int heard;

	va_start(ap, format);
	vsnprintf(json, sizeof(json), format, ap);
	va_end(ap);
	event = lines_event(json);
	heard = chat_hear(&lines->chat, &event, &lines->out);
	chat_send(&lines->chat, &lines->out);
	event_done(&event);
	return heard;
}

static inline int lines_say(struct lines *lines, const char *text)
{
	int r = chat_say(&lines->chat, text, strlen(text));

	chat_send(&lines->chat, &lines->out);
	return r;
}

/* What it has sent since the last time, its LF as '|'. */
static inline const char *lines_sent(struct lines *lines)
{
	size_t size = buffer_size(&lines->out);

	memcpy(lines->said, buffer_first(&lines->out), size);
	lines->said[size] = '\0';
	buffer_taken(&lines->out, size);
	for (char *at = lines->said; (at = strchr(at, '\n')); at++)
		*at = '|';
	return lines->said;
}

static inline bool lines_sent_is(struct lines *lines, const char *text)
{
	const char *sent = lines_sent(lines);
	bool is_same = strcmp(sent, text) == 0;

	if (!is_same)
		printf("# sent \"%s\", wanted \"%s\"\n", sent, text);
	return is_same;
}
