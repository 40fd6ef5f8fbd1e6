/* chat-hear.c - a conversation in JSON Lines that outlives its connections: what comes in */
#include <stdio.h>
#include <string.h>

#include "mtchat/chat-ask.h"
#include "mtchat/chat.h"

static bool is_one_of(const char *code, const char *const codes[])
{
	for (size_t i = 0; codes[i]; i++) {
		if (strcmp(code, codes[i]) == 0)
			return true;
	}
	return false;
}

static const char *own_name(const struct chat *chat)
{
	return *chat->name ? chat->name : NULL;
}

/* What was typed, /name or /join, has its answer. */
static void drop_pending(struct chat *chat)
{
	struct waiting_line *line = chat_pending(chat);

	if (line)
		waiting_drop(&chat->waiting, line);
}

/* -- where one is -- */

/* A room whose name is no word, which no server of ours has, is called "?". */
static void read_hello(struct chat_hello *ret, const struct event *event)
{
	bool has_room = event->room && *event->room && chat_is_word(event->room);

	*ret = (struct chat_hello){.head = event->id, .max_line = event->max_line};
	chat_copy(ret->room, sizeof(ret->room), has_room ? event->room : "?");
	chat_copy(ret->name, sizeof(ret->name), event->you);
	chat_copy(ret->key, sizeof(ret->key), event->key);
}

/* It is the server's: here one is, and as whom. */
static void believe_hello(struct chat *chat, struct buffer *out)
{
	const struct chat_hello *hello = &chat->hello;

	chat_copy(chat->room, sizeof(chat->room), hello->room);
	chat_copy(chat->name, sizeof(chat->name), hello->name);
	chat->renamed_to[0] = '\0';
	chat_copy(chat->key, sizeof(chat->key), hello->key);
	chat->head = hello->head;
	chat->max_line = hello->max_line;
	if (!*chat->wish.room)
		chat_copy(chat->wish.room, sizeof(chat->wish.room), hello->room);
	if (!*chat->wish.name)
		chat_copy(chat->wish.name, sizeof(chat->wish.name), hello->name);
	chat->live = chat->in_replay = chat->looked = false;
	chat_ask_next(chat, out);
}

/* In ASKS: all that comes is text, whatever it looks like, but for hello and our pong behind it. */
static void hear_greeting(struct chat *chat, const struct event *event, struct buffer *out)
{
	if (event->kind == EVENT_HELLO) {
		read_hello(&chat->hello, event);
		if (!chat->greeted)
			chat_ask_pong(chat, out);
	} else if (event->kind == EVENT_PONG && chat->greeted && event->token &&
		   strcmp(event->token, chat->token) == 0) {
		believe_hello(chat, out);
	}
}

/*
 * The answer to /join.  One that was not asked for is believed as well: the server may find a /join
 * in a line that is none for us, since it takes bytes out that nobody is to see.
 */
static int hear_hello(struct chat *chat, const struct event *event, struct buffer *out)
{
	bool typed = chat->live && chat->state == CHAT_JOINS;

	read_hello(&chat->hello, event);
	chat_copy(chat->wish.room, sizeof(chat->wish.room), chat->hello.room);
	if (typed)
		drop_pending(chat);
	believe_hello(chat, out);
	return typed ? HEARD_SHOWS : 0;
}

/* It stays where it is. */
static int hear_no_room(struct chat *chat, struct buffer *out)
{
	if (chat->live) {
		drop_pending(chat);
		chat->state = CHAT_LIVE;
		return HEARD_SHOWS;
	}
	chat->no_room = true;
	chat_copy(chat->wish.room, sizeof(chat->wish.room), chat->room);
	chat_ask_next(chat, out);
	return HEARD_SHOWS;
}

/* -- who one is -- */

/* It was asked for by each of the old keys: all have an answer now. */
static int have_name(struct chat *chat, struct buffer *out)
{
	bool refused = strcmp(chat->name, chat->asked_name) != 0;

	chat->asked_name[0] = '\0';
	if (chat->state != CHAT_NAMES) {
		drop_pending(chat);
		return HEARD_SHOWS;
	}
	if (refused) {
		chat->state = CHAT_OVER;
		chat->refused = true;
		return HEARD_SHOWS;
	}
	chat_ask_next(chat, out);
	return 0;
}

static void be_called(struct chat *chat, const char *name)
{
	chat_copy(chat->name, sizeof(chat->name), name);
	chat_copy(chat->wish.name, sizeof(chat->wish.name), name);
	chat->renamed_to[0] = '\0';
}

static int hear_name(struct chat *chat, bool taken, struct buffer *out)
{
	if (taken)
		be_called(chat, chat->asked_name);
	return --chat->names_asked > 0 ? 0 : have_name(chat, out);
}

/* -- notices -- */

/* Has it refused a /name or /join that is longer than a line may be? */
static bool was_too_long(struct chat *chat, const char *code)
{
	const struct waiting_line *line = chat_pending(chat);

	return line && line->size > chat->max_line && strcmp(code, "too_long") == 0;
}

/* An account came whose name it is: "... you are NAME now". */
static void hear_displaced(struct chat *chat, const char *text)
{
	static const char before[] = ": you are ";
	const char *name = text ? strstr(text, before) : NULL;
	char told[CHAT_NAME_SIZE];

	if (name && sscanf(name + sizeof(before) - 1, "%64s", told) == 1 && chat_is_word(told))
		be_called(chat, told);
}

static int hear_notice(struct chat *chat, const struct event *event, struct buffer *out)
{
	static const char *const no_name[] = {"bad_name", "name_taken", "no_memory", NULL};
	static const char *const no_room[] = {"bad_room", "no_memory", "too_many_rooms", NULL};
	static const char *const no_history[] = {"bad_id", "history_restarted", NULL};
	const char *code = event->code ? event->code : "";

	if (waiting_heard(&chat->waiting, event, own_name(chat)))
		return HEARD_OWN | (strcmp(code, "duplicate") == 0 ? 0 : HEARD_SHOWS);
	if (strcmp(code, "renamed") == 0) {
		hear_displaced(chat, event->text);
		return HEARD_SHOWS;
	}
	if (chat->state == CHAT_NAMES && strcmp(code, "no_memory") == 0) {
		chat_lost(chat); /* nobody has the name for that: it is tried again */
		return HEARD_SHOWS;
	}
	if (*chat->asked_name) {
		if (strcmp(code, "name_ok") == 0)
			return hear_name(chat, true, out);
		if (is_one_of(code, no_name) || was_too_long(chat, code))
			return hear_name(chat, false, out);
	}
	if (chat->state == CHAT_JOINS && (is_one_of(code, no_room) || was_too_long(chat, code)))
		return hear_no_room(chat, out);
	if (chat->state == CHAT_CATCHES_UP && is_one_of(code, no_history)) {
		chat->anew = true;
		chat_ask_last(chat, out);
		return 0;
	}
	return HEARD_SHOWS;
}

/* -- lines -- */

static bool is_same_log(const struct event_id *a, const struct event_id *b)
{
	return strcmp(a->epoch, b->epoch) == 0;
}

static void show_until(struct chat *chat, const struct event_id *id)
{
	chat->shown = *id;
	chat_copy(chat->shown_room, sizeof(chat->shown_room), chat->room);
}

/* Somebody who had our name.  Before we had it, or is it we?  That is not known yet. */
static void hear_rename(struct chat *chat, const struct event *event)
{
	if (event->kind == EVENT_RENAME && *chat->name && event->from && event->to &&
	    strcmp(event->from, chat->name) == 0)
		chat_copy(chat->renamed_to, sizeof(chat->renamed_to), event->to);
}

/* A line of our own comes back under the name that it has from us: whatever that is now. */
static bool is_own_line(struct chat *chat, const struct event *event)
{
	char name[CHAT_NAME_SIZE];

	if (waiting_heard(&chat->waiting, event, own_name(chat)))
		return true;
	if (!*chat->renamed_to || !waiting_heard(&chat->waiting, event, chat->renamed_to))
		return false;
	chat_copy(name, sizeof(name), chat->renamed_to);
	be_called(chat, name);
	return true;
}

static int hear_line(struct chat *chat, const struct event *event)
{
	bool says = event->kind == EVENT_SAY || event->kind == EVENT_ME, own;

	if (chat->live && chat->in_replay) /* that the user has asked for */
		return HEARD_SHOWS | HEARD_OLD;
	if (!chat->in_replay)
		hear_rename(chat, event);
	if (!chat->live && !chat->in_replay)
		return 0;
	if (is_same_log(&event->id, &chat->shown) && event->id.number <= chat->shown.number)
		return 0; /* a crash of the server may make a line come twice */
	own = is_own_line(chat, event);
	show_until(chat, &event->id);
	if (!chat->live && chat->away && !own && says && !chat_begins(chat))
		chat->caught++;
	return HEARD_SHOWS | (own ? HEARD_OWN : 0) | (chat->in_replay ? HEARD_OLD : 0);
}

/*
 * Lines that the server held no more.  While it catches up, also one may come that tells of lines
 * that it has only not read: those are in the replay.
 */
static int hear_skip(struct chat *chat, const struct event *event)
{
	bool goes_on = is_same_log(&event->id, &chat->shown);
	uint64_t lines = event->lines;

	if (chat->live && chat->in_replay)
		return HEARD_SHOWS;
	if (!chat->live && !chat->in_replay &&
	    (chat->state != CHAT_CATCHES_UP || !goes_on ||
	     event->from_id.number > chat->shown.number + 1))
		return 0;
	if (goes_on && event->id.number <= chat->shown.number)
		return chat->live ? HEARD_SHOWS : 0;
	if (goes_on && event->id.number - chat->shown.number < lines)
		lines = event->id.number - chat->shown.number;
	show_until(chat, &event->id);
	if (!chat->live)
		chat->missed += lines;
	return HEARD_SHOWS;
}

/* -- history -- */

static int hear_replay(struct chat *chat)
{
	if (chat->live) {
		chat->in_replay = true;
		return HEARD_SHOWS;
	}
	chat->in_replay = chat->state == CHAT_CATCHES_UP;
	return chat->in_replay && !chat->quiet ? HEARD_SHOWS : 0;
}

static int hear_live(struct chat *chat, const struct event *event, struct buffer *out)
{
	int flags = chat->quiet ? 0 : HEARD_SHOWS;
	bool first = !chat->was_live;

	if (chat->live || !chat->in_replay) {
		chat->in_replay = false;
		return chat->live ? HEARD_SHOWS : 0;
	}
	flags |= (chat_begins(chat) ? HEARD_BEGUN : 0) | (chat->away ? HEARD_BACK : 0) |
		 (chat->anew ? HEARD_ANEW : 0);
	if (*event->id.epoch)
		show_until(chat, &event->id);
	chat_copy(chat->live_room, sizeof(chat->live_room), chat->room);
	chat->state = CHAT_LIVE;
	chat->live = chat->was_live = true;
	chat->in_replay = chat->away = chat->anew = false;
	if (first && chat->wish.looks)
		chat_ask_rooms(chat, out);
	return flags;
}

/* -- all of them -- */

static int hear_who(struct chat *chat, struct buffer *out)
{
	if (chat->state != CHAT_LOOKS)
		return HEARD_SHOWS;
	chat->looked = true;
	chat_ask_next(chat, out);
	return HEARD_SHOWS | HEARD_GREETS;
}

/*
 * Whom the server lets go without having been asked comes back: a server that stops does, too, most
 * likely.  But not whose name was taken over: two that take it from each other would never end.
 */
static int hear_bye(struct chat *chat, const struct event *event)
{
	static const char *const ends[] = {"quit", "taken over", NULL};

	if (!event->text || !is_one_of(event->text, ends)) {
		chat_lost(chat);
		return 0;
	}
	chat->state = CHAT_OVER;
	return HEARD_SHOWS;
}

static int hear_counted(unsigned int *count, int flags_if_counted, int flags)
{
	if (*count == 0)
		return flags;
	--*count;
	return flags_if_counted;
}

static int hear_other(struct chat *chat, const struct event *event, struct buffer *out)
{
	switch (event->kind) {
	case EVENT_PRIV:
		return HEARD_SHOWS |
		       (waiting_heard(&chat->waiting, event, own_name(chat)) ? HEARD_OWN : 0);
	case EVENT_NOTICE:
		return hear_notice(chat, event, out);
	case EVENT_WHO:
		return hear_who(chat, out);
	case EVENT_ROOMS:
		return hear_counted(&chat->quiet_rooms, 0, HEARD_SHOWS);
	case EVENT_PONG:
		return hear_counted(&chat->pings, HEARD_SHOWS, 0);
	case EVENT_REPLAY:
		return hear_replay(chat);
	case EVENT_LIVE:
		return hear_live(chat, event, out);
	case EVENT_SKIP:
		return hear_skip(chat, event);
	case EVENT_BYE:
		return hear_bye(chat, event);
	default:
		return HEARD_SHOWS;
	}
}

int chat_hear(struct chat *chat, const struct event *event, struct buffer *out)
{
	if (chat->state == CHAT_OFF || chat->state == CHAT_OVER)
		return 0;
	if (chat->state == CHAT_ASKS) {
		hear_greeting(chat, event, out);
		return 0;
	}
	if (event->kind == EVENT_HELLO)
		return hear_hello(chat, event, out);
	if (event_is_line(event))
		return hear_line(chat, event);
	return hear_other(chat, event, out);
}
