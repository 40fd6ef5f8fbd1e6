/* chat-ask.c - what a chat asks the server for */
#include "mtchat/chat-ask.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	ASK_MAX = 512,        /* bytes of a question: a name and a key are the longest */
	HISTORY_ALL = 100000, /* the most that /last takes */
};

bool chat_is_word(const char *text)
{
	for (; (unsigned char)*text > ' ' && *text != 0x7f; text++)
		continue;
	return *text == '\0';
}

void chat_copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text && chat_is_word(text) ? text : "");
}

__attribute__((format(printf, 2, 3))) static void ask(struct buffer *out, const char *format, ...)
{
	char text[ASK_MAX];
	va_list ap;
	int size;

	va_start(ap, format);
	size = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	buffer_add(out, text, (size_t)size);
}

static void ask_since(const struct event_id *id, struct buffer *out)
{
	ask(out, "/since %s.%" PRIu64 "\n", id->epoch, id->number);
}

bool chat_begins(const struct chat *chat)
{
	return strcmp(chat->live_room, chat->room) != 0;
}

struct waiting_line *chat_pending(struct chat *chat)
{
	struct waiting_line *line = waiting_command(&chat->waiting);

	return line && line->sent ? line : NULL;
}

void chat_ask_pong(struct chat *chat, struct buffer *out)
{
	ask(out, "/ping %s\n", chat->token);
	chat->greeted = true;
}

void chat_ask_name(struct chat *chat, const char *name, bool keyless, struct buffer *out)
{
	chat_copy(chat->asked_name, sizeof(chat->asked_name), name);
	chat->may_be_named = true;
	chat->names_asked = chat->old_key_count;
	if (keyless || chat->old_key_count == 0) {
		ask(out, "/name %s\n", chat->asked_name);
		chat->names_asked++;
	}
	for (size_t i = 0; i < chat->old_key_count; i++)
		ask(out, "/name %s %s\n", chat->asked_name, chat->old_keys[i]);
}

void chat_ask_rooms(struct chat *chat, struct buffer *out)
{
	ask(out, "/rooms\n");
	chat->quiet_rooms++;
}

static void begin_behind(struct chat *chat, const struct event_id *id, struct buffer *out)
{
	chat->shown = *id;
	chat_copy(chat->shown_room, sizeof(chat->shown_room), chat->room);
	ask_since(id, out);
}

void chat_ask_last(struct chat *chat, struct buffer *out)
{
	/* After a loss every line of the new log is news, however few of the old were wanted. */
	int last = chat_begins(chat) ? chat->wish.last : HISTORY_ALL;

	/* One's own coming is a line, too, if one has a name. */
	chat->shown = (struct event_id){.number = 0};
	chat->quiet = last == 0 || !chat_begins(chat);
	if (last == 0 && !chat->anew)
		begin_behind(chat, &chat->head, out); /* nothing said since hello is lost */
	else
		ask(out, "/last %d\n", last + (*chat->name && last > 0 && last < HISTORY_ALL));
}

static bool is_in_this_log(const struct chat *chat, const struct event_id *id)
{
	return strcmp(id->epoch, chat->head.epoch) == 0;
}

static void catch_up(struct chat *chat, struct buffer *out)
{
	bool was_here = *chat->shown.epoch && strcmp(chat->shown_room, chat->room) == 0;
	bool wants = !chat->was_live && *chat->wish.since.epoch;
	const struct event_id from = was_here ? chat->shown : chat->wish.since;

	chat->state = CHAT_CATCHES_UP;
	chat->quiet = !chat_begins(chat) || (chat->wish.last == 0 && !wants);
	if ((was_here || wants) && is_in_this_log(chat, &from)) {
		begin_behind(chat, &from, out);
		return;
	}
	if (was_here || wants)
		chat->anew = true;
	chat_ask_last(chat, out);
}

void chat_ask_next(struct chat *chat, struct buffer *out)
{
	if (*chat->wish.room && strcmp(chat->wish.room, chat->room) != 0) {
		chat->state = CHAT_JOINS;
		ask(out, "/join %s\n", chat->wish.room);
	} else if (*chat->wish.name && strcmp(chat->wish.name, chat->name) != 0) {
		chat->state = CHAT_NAMES;
		chat_ask_name(chat, chat->wish.name, false, out);
	} else if (chat->wish.looks && !chat->looked && chat_begins(chat)) {
		chat->state = CHAT_LOOKS;
		ask(out, "/who\n");
	} else {
		catch_up(chat, out);
	}
}
