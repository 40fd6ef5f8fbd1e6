/* incoming.c - what comes from the server: cut into lines, which are events after hello */
#include "mtchat/incoming.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/line.h"

#define JSON_LINE  "/json"
#define FULL_BEGIN "* server full"

enum {
	INCOMING_SIZE = 65536, /* at first: enough for most servers */
	INCOMING_MAX = EVENT_LINE_MAX + INCOMING_HELD_MAX + INCOMING_SIZE,
};

int incoming_init(struct incoming *ret)
{
	*ret = (struct incoming){0};
	return buffer_init(&ret->bytes, INCOMING_SIZE);
}

void incoming_done(struct incoming *incoming)
{
	buffer_done(&incoming->bytes);
	free(incoming->kept);
	incoming->kept = NULL;
}

void incoming_empty(struct incoming *incoming)
{
	buffer_taken(&incoming->bytes, buffer_size(&incoming->bytes));
	*incoming = (struct incoming){
		.bytes = incoming->bytes,
		.kept = incoming->kept,
		.kept_size = incoming->kept_size,
	};
}

bool incoming_has_room(const struct incoming *incoming)
{
	return buffer_size(&incoming->bytes) < INCOMING_MAX;
}

/* Doubles it when it is full; it stays as large as the longest line made it. */
static void grow(struct buffer *bytes)
{
	size_t capacity = bytes->capacity < INCOMING_MAX / 2 ? 2 * bytes->capacity : INCOMING_MAX;
	struct buffer larger;

	if (capacity == bytes->capacity || buffer_init(&larger, capacity) < 0)
		return;
	buffer_add(&larger, buffer_first(bytes), buffer_size(bytes));
	buffer_done(bytes);
	*bytes = larger;
}

ssize_t incoming_receive(struct incoming *incoming, struct link *link)
{
	if (buffer_room(&incoming->bytes) == 0)
		grow(&incoming->bytes);
	if (buffer_room(&incoming->bytes) == 0)
		return -ENOMEM;
	return link_receive(link, &incoming->bytes);
}

/* Cuts the next line behind those that are held, and leaves it there. */
static struct line cut(struct incoming *incoming, const char **ret_text)
{
	const struct buffer *bytes = &incoming->bytes;
	struct line line;

	*ret_text = buffer_first(bytes) + incoming->held;
	line = line_cut(*ret_text, buffer_size(bytes) - incoming->held, false, EVENT_LINE_MAX,
			incoming->discarded);
	incoming->discarded = line.discarded;
	return line;
}

/* Takes `size` bytes behind those that are held away. */
static void drop(struct incoming *incoming, size_t size)
{
	struct buffer *bytes = &incoming->bytes;
	char *first = bytes->bytes + bytes->start + incoming->held;

	memmove(first, first + size, buffer_size(bytes) - incoming->held - size);
	bytes->end -= size;
}

static void drop_oldest(struct incoming *incoming)
{
	const char *first = buffer_first(&incoming->bytes);
	const char *lf = memchr(first, '\n', incoming->held);
	size_t size = lf ? (size_t)(lf - first) + 1 : incoming->held;

	buffer_taken(&incoming->bytes, size);
	incoming->held -= size;
}

static bool is_hello(const char *text, size_t size)
{
	struct event event;
	bool hello;

	if (event_read(&event, text, size) < 0)
		return false;
	hello = event.kind == EVENT_HELLO;
	event_done(&event);
	return hello;
}

static bool is_echo(const char *text, size_t size)
{
	return size == strlen(JSON_LINE) && memcmp(text, JSON_LINE, size) == 0;
}

bool incoming_hello(struct incoming *incoming)
{
	const char *text;
	struct line line;

	do {
		line = cut(incoming, &text);
		if (line.kind == LINE_WHOLE && is_hello(text, line.length)) {
			buffer_taken(&incoming->bytes, incoming->held);
			incoming->held = 0;
			return true;
		}
		if (line.kind != LINE_WHOLE) {
			drop(incoming, line.consumed);
		} else if (!incoming->echoed && is_echo(text, line.length)) {
			drop(incoming, line.consumed);
			incoming->echoed = true;
		} else {
			incoming->held += line.consumed;
			while (incoming->held > INCOMING_HELD_MAX)
				drop_oldest(incoming);
		}
	} while (line.kind != LINE_MORE);
	return false;
}

const char *incoming_full_house(const struct incoming *incoming, size_t *ret_size)
{
	const char *text = buffer_first(&incoming->bytes);
	size_t size = buffer_size(&incoming->bytes);
	struct line line = line_cut(text, size, false, EVENT_LINE_MAX, 0);

	if (line.kind != LINE_WHOLE || line.consumed != size || line.length < strlen(FULL_BEGIN) ||
	    memcmp(text, FULL_BEGIN, strlen(FULL_BEGIN)) != 0)
		return NULL;
	*ret_size = line.length - strlen("* ");
	return text + strlen("* ");
}

static bool is_notice(const char *line, size_t size)
{
	return size > strlen("* ") && memcmp(line, "* ", strlen("* ")) == 0;
}

int incoming_event(struct incoming *incoming, struct event *ret, const char **ret_raw,
		   size_t *ret_size)
{
	struct line line;
	int r = -EBADMSG;

	do {
		line = cut(incoming, ret_raw);
		buffer_taken(&incoming->bytes, line.consumed);
		if (line.kind == LINE_WHOLE)
			r = event_read(ret, *ret_raw, line.length);
		if (r == -EBADMSG && line.kind == LINE_WHOLE && is_notice(*ret_raw, line.length))
			return -EPROTO;
	} while (line.kind != LINE_MORE && r == -EBADMSG);
	*ret_size = line.length;
	return line.kind == LINE_MORE ? -EAGAIN : r;
}

int incoming_keep(struct incoming *incoming, const char *raw, size_t size)
{
	char *kept = realloc(incoming->kept, size + 1); /* not 0 bytes */

	if (!kept)
		return -ENOMEM;
	memcpy(kept, raw, size);
	incoming->kept = kept;
	incoming->kept_size = size;
	return 0;
}

int incoming_kept(const struct incoming *incoming, struct event *ret, const char **ret_raw,
		  size_t *ret_size)
{
	*ret_raw = incoming->kept;
	*ret_size = incoming->kept_size;
	return event_read(ret, incoming->kept, incoming->kept_size);
}

void incoming_take(struct incoming *incoming, struct buffer *ret)
{
	size_t size;

	while ((size = buffer_size(&incoming->bytes)) > INCOMING_HELD_MAX) {
		if (incoming->held > 0)
			drop_oldest(incoming);
		else
			buffer_taken(&incoming->bytes, size - INCOMING_HELD_MAX);
	}
	*ret = incoming->bytes;
	incoming->bytes = (struct buffer){0};
	incoming_done(incoming);
	*incoming = (struct incoming){0};
}
