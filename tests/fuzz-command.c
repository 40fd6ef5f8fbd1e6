/* fuzz-command.c - whatever a stranger types, what is said and answered is safe to show */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "json-check.h"

#include "common/cleanup.h"
#include "common/text.h"
#include "mtchatd/command.h"
#include "mtchatd/input.h"
#include "mtchatd/naming.h"

#include "talkers.h"

enum { NAMED, NAMELESS, OTHER }; /* the clients; alice and bob have a name */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_blank(char byte)
{
	return (unsigned char)byte <= ' ' || byte == 0x7f;
}

/* How long ^/[A-Za-z]+ is, by the plainest means; 0: there is none. */
static size_t word_size(const char *line, size_t size)
{
	size_t at = 1;

	if (size < 2 || line[0] != '/' || !is_letter(line[1]))
		return 0;
	while (at < size && is_letter(line[at]))
		at++;
	return at;
}

/* One that is obeyed, if there is one of its name. */
static bool is_command(const char *line, size_t size)
{
	size_t end = word_size(line, size);

	return end > 0 && (end == size || line[end] == ' ');
}

/* What is never said; of other scripts test-protocol.c knows. */
static bool is_meant(const char *line, size_t size)
{
	size_t end;

	for (; size > 0 && is_blank(*line); line++)
		size--;
	end = word_size(line, size);
	return end > 0 && (end == size || is_blank(line[end]) || line[end] == ',');
}

static void check_text(const struct utterance *said, const char *line, size_t size)
{
	size_t skipped = size >= 2 && line[0] == '/' && line[1] == '/';

	require(said->text == line + skipped && said->size == size - skipped);
}

/* "/", the word, spaces, the arguments: nothing else, nothing left out. */
static void check_command(const struct utterance *said, const char *line, size_t size)
{
	const char *spaces = said->word + said->word_size;

	require(said->word > line && said->word_size > 0);
	require(said->text >= spaces && said->text + said->size == line + size);
	for (; spaces < said->text; spaces++)
		require(*spaces == ' ');
	if (said->flaw != FLAW_NONE)
		return;
	require(line[0] == '/' && said->word == line + 1);
	require(said->size == 0 || (said->text[0] != ' ' && said->text[-1] == ' '));
}

/* Is it "@n=NONCE ", by the plainest means? */
static bool is_nonce(const char *prefix, size_t size)
{
	static const char bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_-";

	if (size < strlen("@n=x ") || size > strlen("@n= ") + 32)
		return false;
	for (const char *at = prefix + strlen("@n="); at < prefix + size - 1; at++)
		if (!memchr(bytes, *at, strlen(bytes)))
			return false;
	return true;
}

/* Where the rest of a line begins that has a nonce, or anything like it, before it. */
static size_t prefix_size(const char *line, size_t size)
{
	const char *space = memchr(line, ' ', size);

	return space && space - line >= 3 && memcmp(line, "@n=", 3) == 0
		       ? (size_t)(space + 1 - line)
		       : 0;
}

/* What is before a command is no part of it, whoever types it: nothing private is said. */
static struct utterance check_parsed(const char *line, size_t size, bool named)
{
	struct utterance said = protocol_parse(line, size, named);
	size_t prefix = prefix_size(line, size);
	bool nonce = named && is_nonce(line, prefix);

	require(said.nonce_size == (nonce ? prefix - strlen("@n= ") : 0));
	require(!nonce || said.nonce == line + strlen("@n="));
	if (!nonce && !said.command)
		prefix = 0;
	line += prefix;
	size -= prefix;
	require(said.command || !is_meant(line, size));
	require((said.command && said.flaw == FLAW_NONE) || !is_command(line, size));
	if (said.command)
		check_command(&said, line, size);
	else
		check_text(&said, line, size);
	return said;
}

static bool begins_with(const char *line, size_t size, const char *prefix)
{
	return size >= strlen(prefix) && memcmp(line, prefix, strlen(prefix)) == 0;
}

/* A notice or a private line, clean; or JSON. */
static void check_line(enum rendering_kind kind, const char *line, size_t size)
{
	if (kind == RENDERING_JSON) {
		require(json_is_valid(line, size));
		return;
	}
	require(size >= 2 && (line[0] == '[' || memcmp(line, "* ", 2) == 0));
	require(text_clean_prefix(line, size) == size);
}

/* Whole lines. */
static void check_lines(enum rendering_kind kind, const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		require(newline);
		check_line(kind, text, (size_t)(newline - text));
		text = newline + 1;
	}
}

static enum rendering_kind kind_of(uint32_t number)
{
	return core->clients[number].rendering->kind;
}

/* The user that a room was given for one who is to come. */
static void leave_room(uint32_t log)
{
	if (log_room(log) != LOBBY)
		rooms_leave(&core->rooms, core_room(core, log_room(log)));
}

/* The answer, and that something follows from each command; nothing comes of it. */
static void check_order(uint32_t number, const struct utterance *said)
{
	struct client *client = &core->clients[number];
	struct feed feed = feed_begin(served_by(client), client);
	struct order order;

	memset(&order, 0xff, sizeof(order)); /* nobody relies on what an answer held */
	memset(&order, 0, offsetof(struct order, answer));
	order.said = *said;
	order.feed = &feed;
	answer_init(&order.answer, kind_of(number));
	command_run(&order);
	require(order.answer.size <= sizeof(order.answer.text));
	check_lines(kind_of(number), order.answer.text, order.answer.size);
	require(order.answer.size > 0 || order.quits || order.acts || order.whispers_to ||
		order.moves);
	if (order.taking.which)
		naming_give_up(&feed, &order.taking);
	feed_unlock(&feed);
	room_end(&feed.said);
	if (order.moves)
		leave_room(order.log);
	require(core->names.count == 2 && core->rooms.count == 1);
}

/* What one has been told, and what is to happen next. */
static void check_told(uint32_t number)
{
	struct outbox *outbox = outbox_of(number);
	uint64_t sent;
	uint32_t log;

	if (!outbox)
		return;
	require(outbox_is_sound(outbox));
	sent = word_get(&outbox->sent);
	check_lines(kind_of(number), outbox->bytes + sent, word_get(&outbox->head) - sent);
	if (outbox_moves(outbox, &log))
		leave_room(log);
	empty_outbox(number);
}

/* Whole lines; and nobody without a name passes for the server or for one who has a name. */
static void check_said(uint64_t from, bool named)
{
	size_t size = rendering_head(lobby_text()) - from;
	const char *line = ring_at(&lobby_text()->ring, from);

	if (!size)
		return;
	require(memchr(line, '\n', size) == line + size - 1);
	if (named)
		require(begins_with(line, size, "[alice] ") ||
			begins_with(line, size, "** alice "));
	else
		require(!begins_with(line, size, "* ") && !begins_with(line, size, "** ") &&
			!begins_with(line, size, "[alice] ") &&
			!begins_with(line, size, "[bob -> ") &&
			!begins_with(line, size, "[server] "));
}

static const struct rendering *lobby_json(void)
{
	return core_log(core, log_number(LOBBY, RENDERING_JSON));
}

/* The same for programs. */
static void check_events(uint64_t from)
{
	check_lines(RENDERING_JSON, ring_at(&lobby_json()->ring, from),
		    rendering_head(lobby_json()) - from);
}

/* As before, whatever came of it. */
static void restore(uint32_t number)
{
	struct client *client = &core->clients[number];

	client->pauses = 0;
	client->ended = false;
	client->state = CLIENT_TALKS;
	word_set(&client->slot->discarded, 0);
	waitlist_done(&served_by(client)->leaving);
	if (number == NAMED)
		type_line(NAMED, "/name alice");
	for (uint32_t i = 0; i < TALKERS; i++)
		check_told(i);
	for (int i = 0; i < TALK_HANDLERS; i++)
		waitlist_done(&handlers[i]->letters);
	require(core->names.count == 2 && holder_of("alice") == NAMED);
}

/* The whole way, as from a socket. */
static void check_typed(uint32_t number, const char *line, size_t length)
{
	uint64_t from = rendering_head(lobby_text()), events = rendering_head(lobby_json());
	AUTO_FREE char *typed = malloc(length + 1);

	if (!typed || length > RECEIVE_MAX)
		return;
	memcpy(typed, line, length);
	typed[length] = '\n';
	type(number, typed, length + 1);
	require(core->slots[number].input == 0);
	check_said(from, number == NAMED);
	check_events(events);
	for (uint32_t i = 0; i < TALKERS; i++)
		check_told(i);
	restore(number);
}

static void open_once(void)
{
	if (core)
		return;
	talkers_open();
	fill_log(log_number(LOBBY, RENDERING_JSON));
	type_line(NAMED, "/name alice");
	type_line(OTHER, "/name bob");
}

/* By clients that read that rendering. */
static void check_as(enum rendering_kind kind, const char *line, size_t length)
{
	struct utterance named = check_parsed(line, length, true);
	struct utterance nameless = check_parsed(line, length, false);

	for (uint32_t i = 0; i < TALKERS; i++)
		core->clients[i].rendering = core_log(core, log_number(LOBBY, kind));
	if (named.command)
		check_order(NAMED, &named);
	if (nameless.command)
		check_order(NAMELESS, &nameless);
	else
		check_typed(NAMELESS, line, length);
	check_typed(NAMED, line, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *cleaned = malloc(TEXT_GROWTH * size + 1);
	AUTO_FREE char *line = NULL;
	size_t length;

	if (!cleaned || memchr(data, '\n', size)) /* lines are cut before they are cleaned */
		return 0;
	length = text_clean(cleaned, (const char *)data, size);
	line = malloc(length ? length : 1); /* just as long, so that ASan sees who reads on */
	if (!line)
		return 0;
	memcpy(line, cleaned, length);

	open_once();
	for (int kind = 0; kind < RENDERINGS; kind++)
		check_as(kind, line, length);
	return 0;
}
