/* fuzz-command.c - whatever a stranger types, what is said and answered is safe to show */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "mtchatd/command.h"
#include "mtchatd/input.h"

#include "talkers.h"

enum { NAMED, NAMELESS, OTHER }; /* the clients */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool is_letter(char byte)
{
	return byte >= 'a' && byte <= 'z';
}

/* ^/[a-z]+( |$), by the plainest means. */
static bool is_command(const char *line, size_t size)
{
	size_t at = 1;

	if (size < 2 || line[0] != '/' || !is_letter(line[1]))
		return false;
	while (at < size && is_letter(line[at]))
		at++;
	return at == size || line[at] == ' ';
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

	require(said->word == line + 1 && said->word_size > 0);
	for (size_t i = 0; i < said->word_size; i++)
		require(is_letter(said->word[i]));
	require(said->text >= spaces && said->text + said->size == line + size);
	for (; spaces < said->text; spaces++)
		require(*spaces == ' ');
	require(said->size == 0 || (said->text[0] != ' ' && said->text[-1] == ' '));
}

static void check_answer(const struct answer *answer)
{
	size_t at = 0;

	require(answer->size <= sizeof(answer->text));
	while (at < answer->size) {
		const char *line = answer->text + at;
		const char *newline = memchr(line, '\n', answer->size - at);

		require(newline && newline - line >= 2 && memcmp(line, "* ", 2) == 0);
		at = (size_t)(newline + 1 - answer->text);
		require(text_clean_prefix(line, (size_t)(newline - line)) ==
			(size_t)(newline - line));
	}
}

/* A name that is not to hold after all. */
static void give_up(const struct feed *feed, uint32_t number)
{
	const char *text = feed_tag(feed)->text[feed->tag - 1];
	struct name had, name;

	require(name_parse(&name, text, strlen(text)) == NAME_GOOD);
	if (!tag_name(feed_tag(feed), &had) || !name_is_same(&had, &name))
		names_give_back(&core->names, &name, number);
}

/* The answer, and that something follows from each command; nothing comes of it. */
static void check_order(uint32_t number, const struct utterance *said)
{
	struct client *client = &core->clients[number];
	struct feed feed = {.handler = client->handler, .client = client};
	struct order order = {.said = *said, .feed = &feed};

	memset(order.answer.text, 0xff, sizeof(order.answer.text));
	feed.said = room_begin(client->room, 0);
	command_run(&order);
	check_answer(&order.answer);
	require(order.answer.size > 0 || order.quits || order.acts || order.whispers_to);
	if (feed.tag)
		give_up(&feed, number);
	feed_unlock(&feed);
	room_end(&feed.said);
	require(core->names.count == 2);
}

/* What one has been told: whole lines, clean, each a notice or a private line. */
static void check_told(uint32_t number)
{
	struct outbox *outbox = outbox_of(number);
	const char *line, *newline;
	uint64_t at;

	if (!outbox)
		return;
	require(outbox_is_sound(outbox));
	for (at = word_get(&outbox->sent); at < word_get(&outbox->head);
	     at += (uint64_t)(newline + 1 - line)) {
		line = outbox->bytes + at;
		newline = memchr(line, '\n', word_get(&outbox->head) - at);
		require(newline && newline - line >= 2);
		require(line[0] == '[' || memcmp(line, "* ", 2) == 0);
		require(text_clean_prefix(line, (size_t)(newline - line)) ==
			(size_t)(newline - line));
	}
	empty_outbox(number);
}

static bool begins_with(const char *line, size_t size, const char *prefix)
{
	return size >= strlen(prefix) && memcmp(line, prefix, strlen(prefix)) == 0;
}

/* Whole lines; and nobody without a name passes for the server or for one who has a name. */
static void check_said(uint64_t from, bool named)
{
	size_t size = room_head(core->lobby) - from;
	const char *line = ring_at(&core->lobby->ring, from);

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

/* As before, whatever came of it. */
static void restore(uint32_t number)
{
	struct client *client = &core->clients[number];

	client->pauses = 0;
	client->ended = false;
	client->state = CLIENT_TALKS;
	word_set(&client->slot->discarded, 0);
	waitlist_done(&client->handler->leaving);
	if (number == NAMED)
		type_line(NAMED, "/name alice");
	for (uint32_t i = 0; i < TALKERS; i++)
		empty_outbox(i);
	for (int i = 0; i < TALK_HANDLERS; i++)
		waitlist_done(&handlers[i]->letters);
	require(core->names.count == 2 && holder_of("alice") == NAMED);
}

/* The whole way, as from a socket. */
static void check_typed(uint32_t number, const char *line, size_t length)
{
	uint64_t from = room_head(core->lobby);
	AUTO_FREE char *typed = malloc(length + 1);

	if (!typed || length > RECEIVE_MAX)
		return;
	memcpy(typed, line, length);
	typed[length] = '\n';
	type(number, typed, length + 1);
	require(core->slots[number].input == 0);
	check_said(from, number == NAMED);
	for (uint32_t i = 0; i < TALKERS; i++)
		check_told(i);
	restore(number);
}

static void open_once(void)
{
	if (core)
		return;
	talkers_open();
	type_line(NAMED, "/name alice");
	type_line(OTHER, "/name bob");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *cleaned = malloc(TEXT_GROWTH * size + 1);
	AUTO_FREE char *line = NULL;
	struct utterance said;
	size_t length;

	if (!cleaned || memchr(data, '\n', size)) /* lines are cut before they are cleaned */
		return 0;
	length = text_clean(cleaned, (const char *)data, size);
	line = malloc(length ? length : 1); /* just as long, so that ASan sees who reads on */
	if (!line)
		return 0;
	memcpy(line, cleaned, length);

	open_once();
	said = protocol_parse(line, length);
	require(said.command == is_command(line, length));
	if (said.command) {
		check_command(&said, line, length);
		check_order(NAMED, &said);
		check_order(NAMELESS, &said);
	} else {
		check_text(&said, line, length);
		check_typed(NAMELESS, line, length);
	}
	check_typed(NAMED, line, length);
	return 0;
}
