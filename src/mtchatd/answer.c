/* answer.c - what a client is told, in the rendering that it reads */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "mtchatd/answer.h"
#include "mtchatd/json.h"
#include "mtchatd/name.h"

enum {
	PROTOCOL = 1, /* what programs are promised: see hello */
	/* " NAME (CLIENTS)" for each on a page. */
	LIST_MAX = ANSWER_PAGE * (NAME_MAX_BYTES + sizeof("  (4294967295)")),
};

void answer_init(struct answer *answer, enum rendering_kind kind)
{
	answer->kind = kind;
	answer->size = 0;
}

/* -- a line, which is added whole or not at all -- */

static void put_line(struct answer *answer, const char *text, size_t size)
{
	char *to = answer->text + answer->size;

	if (size + sizeof("* \n") - 1 > sizeof(answer->text) - answer->size)
		return;
	to = mempcpy(to, "* ", 2);
	to = mempcpy(to, text, size);
	*to++ = '\n';
	answer->size = (size_t)(to - answer->text);
}

__attribute__((format(printf, 2, 3))) static void tell(struct answer *answer, const char *format,
						       ...)
{
	char text[LIST_MAX + 256];
	va_list ap;
	int size;

	va_start(ap, format);
	size = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (size >= 0 && (size_t)size < sizeof(text))
		put_line(answer, text, (size_t)size);
}

static struct json begin(struct answer *answer, const char *event)
{
	struct json line = {
		.text = answer->text + answer->size,
		.room = sizeof(answer->text) - answer->size,
	};

	json_open(&line, event);
	return line;
}

static void end(struct answer *answer, struct json *line)
{
	json_close(line);
	if (!line->full)
		answer->size += line->size;
}

/* Bytes of a client's: where text = "raw" they were not cleaned before. */
static void put_bytes(struct json *line, const char *key, const char *text, size_t size)
{
	json_string_begin(line, key);
	json_string_piece(line, text, size);
	json_string_end(line);
}

/* -- notices -- */

static struct json begin_notice(struct answer *answer, const char *code, const char *text,
				size_t size)
{
	struct json line = begin(answer, "notice");

	json_text(&line, "code", code);
	put_bytes(&line, "text", text, size);
	return line;
}

/* How much of it is shown: no character is cut. */
static size_t cut(const char *text, size_t size)
{
	if (size <= ANSWER_TEXT_MAX)
		return size;
	for (size = ANSWER_TEXT_MAX; size > ANSWER_TEXT_MAX - 3 && (text[size] & 0xc0) == 0x80;)
		size--;
	return size;
}

void answer_notice(struct answer *answer, const char *code, const char *format, ...)
{
	char text[ANSWER_TEXT_MAX + 2]; /* with the first byte that is not shown */
	struct json line;
	size_t size;
	va_list ap;

	va_start(ap, format);
	size = (size_t)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	size = cut(text, size);
	if (answer->kind == RENDERING_TEXT) {
		put_line(answer, text, size);
		return;
	}
	line = begin_notice(answer, code, text, size);
	end(answer, &line);
}

void answer_duplicate(struct answer *answer, const char *nonce, size_t size)
{
	char text[128];
	int length = snprintf(text, sizeof(text), "%.*s was said already, not again", (int)size,
			      nonce);
	struct json line;

	if (answer->kind == RENDERING_TEXT) {
		put_line(answer, text, (size_t)length);
		return;
	}
	line = begin_notice(answer, "duplicate", text, (size_t)length);
	json_string(&line, "n", nonce, size);
	end(answer, &line);
}

/* -- events -- */

void answer_pong(struct answer *answer, const char *token, size_t size)
{
	struct json line;

	if (answer->kind == RENDERING_TEXT) {
		tell(answer, "pong%s%.*s", size ? " " : "", (int)size, token);
		return;
	}
	line = begin(answer, "pong");
	if (size)
		put_bytes(&line, "token", token, size);
	else
		json_text(&line, "token", NULL);
	end(answer, &line);
}

void answer_skip(struct answer *answer, const char *epoch, uint64_t first, uint64_t lines)
{
	uint64_t last = first + lines - 1;
	struct json line;

	if (answer->kind == RENDERING_TEXT) {
		tell(answer, "%" PRIu64 " lines skipped (%s.%" PRIu64 "-%" PRIu64 ")", lines, epoch,
		     first, last);
		return;
	}
	line = begin(answer, "skip");
	json_id(&line, "from", epoch, first);
	json_id(&line, "to", epoch, last);
	json_number(&line, "lines", lines);
	end(answer, &line);
}

void answer_replay(struct answer *answer, const char *since, size_t since_size, uint64_t last,
		   uint64_t lines)
{
	struct json line;

	if (answer->kind == RENDERING_TEXT) {
		tell(answer, "last %" PRIu64 " lines", lines);
		return;
	}
	line = begin(answer, "replay");
	if (since)
		json_string(&line, "since", since, since_size);
	else
		json_number(&line, "last", last);
	json_number(&line, "lines", lines);
	end(answer, &line);
}

void answer_live(struct answer *answer, const char *epoch, uint64_t number)
{
	struct json line;

	if (answer->kind == RENDERING_TEXT) {
		tell(answer, "live");
		return;
	}
	line = begin(answer, "live");
	json_id(&line, "head", epoch, number);
	end(answer, &line);
}

void answer_hello(struct answer *answer, const struct hello *hello)
{
	struct json line;

	if (answer->kind == RENDERING_TEXT) {
		tell(answer, "you are in %s now, %u here", hello->room, hello->clients);
		return;
	}
	line = begin(answer, "hello");
	json_number(&line, "proto", PROTOCOL);
	json_text(&line, "server", "mtchatd " PACKAGE_VERSION);
	json_text(&line, "room", hello->room);
	json_id(&line, "head", hello->epoch, hello->number);
	json_text(&line, "you", *hello->you ? hello->you : NULL);
	json_text(&line, "key", hello->key);
	json_begin(&line, "limits", '{');
	json_number(&line, "max_line", hello->max_line);
	json_end(&line, '}');
	end(answer, &line);
}

void answer_restarted(struct answer *answer, bool known, uint64_t gap_ms)
{
	struct json line;

	if (answer->kind == RENDERING_TEXT)
		return;
	line = begin(answer, "restarted");
	if (known)
		json_number(&line, "gap_ms", gap_ms);
	else
		json_text(&line, "gap_ms", NULL);
	end(answer, &line);
}

void answer_bye(struct answer *answer, const char *reason)
{
	struct json line;

	if (answer->kind == RENDERING_TEXT)
		return;
	line = begin(answer, "bye");
	json_text(&line, "reason", reason);
	end(answer, &line);
}

/* -- pages -- */

/* The first page counts all; those behind it go on.  list: " alice bob", or "" if there is none. */
static void tell_who(struct answer *answer, const struct who *who, const char *list)
{
	const char *names = who->count ? list : " nobody has a name";

	if (!who->first)
		tell(answer, "then:%s", who->count ? list : " nobody else has a name");
	else if (who->elsewhere)
		tell(answer, "%u in %s:%s", who->here, who->room, names);
	else
		tell(answer, "%u here:%s", who->here, names);
	if (who->more)
		tell(answer, "and %u more with a name: /who %s %s", who->more, who->room,
		     who->names[who->count - 1]);
	if (who->first && who->count && who->unnamed)
		tell(answer, "and %u without a name", who->unnamed);
}

static void show_who(struct answer *answer, const struct who *who)
{
	struct json line = begin(answer, "who");

	json_text(&line, "room", who->room);
	json_begin(&line, "names", '[');
	for (unsigned i = 0; i < who->count; i++)
		json_element(&line, who->names[i]);
	json_end(&line, ']');
	json_number(&line, "unnamed", who->unnamed);
	json_number(&line, "more", who->more);
	end(answer, &line);
}

void answer_who(struct answer *answer, const struct who *who)
{
	char list[LIST_MAX], *to = list;

	if (answer->kind == RENDERING_JSON) {
		show_who(answer, who);
		return;
	}
	for (unsigned i = 0; i < who->count; i++) {
		*to++ = ' ';
		to = mempcpy(to, who->names[i], strnlen(who->names[i], NAME_MAX_BYTES));
	}
	*to = '\0';
	tell_who(answer, who, list);
}

static void tell_rooms(struct answer *answer, const struct room_list *list, const char *text)
{
	if (list->first)
		tell(answer, "%u room%s:%s", list->all, list->all == 1 ? "" : "s", text);
	else
		tell(answer, "then:%s", list->count ? text : " no other room");
	if (list->more)
		tell(answer, "and %u more: /rooms %s", list->more,
		     list->room[list->count - 1].name);
}

static void show_rooms(struct answer *answer, const struct room_list *list)
{
	struct json line = begin(answer, "rooms");

	json_begin(&line, "rooms", '[');
	for (unsigned i = 0; i < list->count; i++) {
		json_begin(&line, NULL, '{');
		json_text(&line, "name", list->room[i].name);
		json_number(&line, "clients", list->room[i].clients);
		json_end(&line, '}');
	}
	json_end(&line, ']');
	json_number(&line, "more", list->more);
	end(answer, &line);
}

void answer_rooms(struct answer *answer, const struct room_list *list)
{
	char text[LIST_MAX];
	size_t size = 0;

	if (answer->kind == RENDERING_JSON) {
		show_rooms(answer, list);
		return;
	}
	text[0] = '\0';
	for (unsigned i = 0; i < list->count; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, " %.*s (%u)",
					 NAME_MAX_BYTES, list->room[i].name, list->room[i].clients);
	tell_rooms(answer, list, text);
}
