/* chat.c - a conversation in JSON Lines that outlives its connections: what goes out */
#include "mtchat/chat.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mtchat/chat-ask.h"
#include "mtchat/link.h"

void chat_init(struct chat *ret, const struct chat_wish *wish, uint64_t seed, uint64_t secret)
{
	*ret = (struct chat){.wish = *wish};
	snprintf(ret->token, sizeof(ret->token), "%016" PRIx64, secret);
	waiting_init(&ret->waiting, seed);
}

void chat_done(struct chat *chat)
{
	waiting_done(&chat->waiting);
}

void chat_connected(struct chat *chat, struct buffer *out)
{
	static const char json[] = "/json\n";

	chat->state = CHAT_ASKS;
	buffer_add(out, json, sizeof(json) - 1);
}

static void keep_key(struct chat *chat)
{
	if (!*chat->key)
		return;
	if (chat->old_key_count == CHAT_KEYS_MAX)
		memmove(chat->old_keys, chat->old_keys + 1,
			--chat->old_key_count * sizeof(chat->old_keys[0]));
	chat_copy(chat->old_keys[chat->old_key_count++], CHAT_KEY_SIZE, chat->key);
}

void chat_lost(struct chat *chat)
{
	if (chat->state == CHAT_OVER)
		return;
	if (chat->may_be_named)
		keep_key(chat);
	if (chat->was_live && !chat->away) {
		chat->away = true;
		chat->caught = chat->missed = 0;
	}
	chat->state = CHAT_OFF;
	chat->live = chat->in_replay = chat->looked = chat->may_be_named = chat->greeted = false;
	chat->quiet_rooms = chat->pings = 0;
	chat->asked_name[0] = chat->key[0] = '\0';
	waiting_again(&chat->waiting);
}

/* -- what is said -- */

size_t chat_line_max(const struct chat *chat)
{
	const size_t fits = LINK_OUT_SIZE - WAITING_SPARE - 1; /* and the LF */
	size_t max = chat->max_line ? (size_t)chat->max_line : LINK_OUT_SIZE / 2;
	size_t before = *chat->name || *chat->wish.name ? WAITING_PREFIX_MAX : 0;

	if (chat->max_line > fits)
		max = fits;
	return max > before ? max - before : 0;
}

int chat_say(struct chat *chat, const char *text, size_t size)
{
	if (size > chat_line_max(chat))
		return -EMSGSIZE;
	return waiting_add(&chat->waiting, text, size);
}

static void send_text(const struct waiting_line *line, struct buffer *out)
{
	buffer_add(out, line->text, line->size);
	buffer_add(out, "\n", 1);
}

/* What can be no name, or has a key already, as it was typed. */
static void send_name(struct chat *chat, const struct waiting_line *line,
		      const struct waiting_words *words, struct buffer *out)
{
	char name[CHAT_NAME_SIZE];

	snprintf(name, sizeof(name), "%.*s", (int)words->argument_size, words->argument);
	if (!words->more && words->argument_size < sizeof(name) && chat_is_word(name)) {
		chat_ask_name(chat, name, true, out);
		return;
	}
	chat_copy(chat->asked_name, sizeof(chat->asked_name), chat_is_word(name) ? name : "?");
	chat->names_asked = 1;
	chat->may_be_named = true;
	send_text(line, out);
}

/* Whether it is done with, so that more can follow. */
static bool send_command(struct chat *chat, struct buffer *out)
{
	struct waiting_line *line = waiting_command(&chat->waiting);
	struct waiting_words words;
	bool names, joins;

	if (!line || line->sent || buffer_room(out) < line->size + 1 + WAITING_SPARE ||
	    !waiting_words(&words, line->text, line->size))
		return false;
	names = words.argument_size && waiting_is_command(&words, "name");
	joins = (words.argument_size && waiting_is_command(&words, "join")) ||
		waiting_is_command(&words, "json"); /* its answer is the same */
	if (!names && !joins) {
		chat->pings += waiting_is_command(&words, "ping");
		send_text(line, out);
		waiting_drop(&chat->waiting, line);
		return true;
	}
	if (names) {
		send_name(chat, line, &words, out);
	} else {
		chat->state = CHAT_JOINS;
		send_text(line, out);
	}
	line->sent = line->tried = true;
	return false;
}

void chat_send(struct chat *chat, struct buffer *out)
{
	if (chat->state != CHAT_LIVE)
		return;
	do
		waiting_send(&chat->waiting, out, *chat->name);
	while (send_command(chat, out));
}
