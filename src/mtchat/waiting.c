/* waiting.c - what one has said that has not come back yet, in order */
#include "mtchat/waiting.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"

#define NONCE_MARK "@n="

/* "ABCDEFGH-" and up to 14 digits: a client that says a thousand lines a second needs 3000 years.
 */
#define NONCES_MAX UINT64_C(100000000000000)

enum { PREFIX_CHARACTERS = 8, BITS_A_CHARACTER = 5 };

void waiting_init(struct waiting *ret, uint64_t seed)
{
	static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";

	*ret = (struct waiting){.count = 0};
	for (size_t i = 0; i < PREFIX_CHARACTERS; i++, seed >>= BITS_A_CHARACTER)
		ret->prefix[i] = base32[seed % (sizeof(base32) - 1)];
	ret->prefix[PREFIX_CHARACTERS] = '-';
}

void waiting_done(struct waiting *waiting)
{
	while (waiting->count > 0)
		free(waiting->lines[--waiting->count].text);
}

/* -- what a line is -- */

static size_t spaces_at(const char *text, size_t size, size_t at)
{
	while (at < size && text[at] == ' ')
		at++;
	return at;
}

static size_t word_end(const char *text, size_t size, size_t at)
{
	while (at < size && text[at] != ' ')
		at++;
	return at;
}

/* Where what is meant begins: a server obeys a command behind any "@n=... ". */
static size_t skip_nonce(const char *text, size_t size)
{
	const char *space;

	if (size < strlen(NONCE_MARK) || memcmp(text, NONCE_MARK, strlen(NONCE_MARK)) != 0)
		return 0;
	space = memchr(text, ' ', size);
	return space ? (size_t)(space + 1 - text) : 0;
}

bool waiting_words(struct waiting_words *ret, const char *text, size_t size)
{
	size_t name = skip_nonce(text, size) + 1, end = name, argument, argument_end;

	if (name >= size || text[name - 1] != '/')
		return false;
	while (end < size && text[end] >= 'a' && text[end] <= 'z')
		end++;
	if (end == name || (end < size && text[end] != ' '))
		return false;
	argument = spaces_at(text, size, end);
	argument_end = word_end(text, size, argument);
	*ret = (struct waiting_words){
		.name = text + name,
		.name_size = end - name,
		.argument = text + argument,
		.argument_size = argument_end - argument,
		.more = spaces_at(text, size, argument_end) < size,
	};
	return true;
}

bool waiting_is_command(const struct waiting_words *words, const char *name)
{
	return words->name_size == strlen(name) && memcmp(words->name, name, strlen(name)) == 0;
}

enum waiting_kind waiting_kind(const char *text, size_t size)
{
	struct waiting_words words;

	if (!waiting_words(&words, text, size))
		return WAITING_LINE;
	if (*text != '/') /* it has a nonce already; behind ours its own would make it a text */
		return WAITING_COMMAND;
	if (waiting_is_command(&words, "me"))
		return WAITING_ACT;
	return waiting_is_command(&words, "msg") ? WAITING_LETTER : WAITING_COMMAND;
}

/* Is it /me without a text, or /msg without one? */
static bool lacks_argument(const struct waiting_line *line)
{
	struct waiting_words words;

	if (line->kind == WAITING_LINE || !waiting_words(&words, line->text, line->size))
		return false;
	return words.argument_size == 0 || (line->kind == WAITING_LETTER && !words.more);
}

size_t waiting_said(const struct waiting *waiting)
{
	size_t said = 0;

	for (size_t i = 0; i < waiting->count; i++)
		said += waiting->lines[i].kind != WAITING_COMMAND;
	return said;
}

/* -- in and out -- */

int waiting_add(struct waiting *waiting, const char *text, size_t size)
{
	struct waiting_line *line = &waiting->lines[waiting->count];
	char *copy;

	if (memchr(text, '\n', size))
		return -EINVAL;
	if (waiting->count == WAITING_MAX)
		return -ENOSPC;
	copy = malloc(size + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, size);
	copy[size] = '\0';
	*line = (struct waiting_line){
		.kind = waiting_kind(text, size),
		.text = copy,
		.size = size,
	};
	if (line->kind != WAITING_COMMAND)
		snprintf(line->nonce, sizeof(line->nonce), "%.9s%" PRIu64, waiting->prefix,
			 waiting->next++ % NONCES_MAX);
	waiting->count++;
	return 0;
}

static bool send_line(const struct waiting_line *line, struct buffer *to, bool named)
{
	char prefix[WAITING_PREFIX_MAX + 1] = "";
	size_t size = 0;

	if (named)
		size = (size_t)snprintf(prefix, sizeof(prefix), NONCE_MARK "%s ", line->nonce);
	if (buffer_room(to) < size + line->size + 1 + WAITING_SPARE)
		return false;
	buffer_add(to, prefix, size);
	buffer_add(to, line->text, line->size);
	buffer_add(to, "\n", 1);
	return true;
}

void waiting_send(struct waiting *waiting, struct buffer *to, bool named)
{
	for (size_t i = 0; i < waiting->count; i++) {
		struct waiting_line *line = &waiting->lines[i];

		if (line->kind == WAITING_COMMAND)
			return;
		if (line->sent)
			continue;
		if (!send_line(line, to, named))
			return;
		line->sent = line->tried = true;
	}
}

struct waiting_line *waiting_command(struct waiting *waiting)
{
	size_t i = 0;

	while (i < waiting->count && waiting->lines[i].kind != WAITING_COMMAND &&
	       waiting->lines[i].sent)
		i++;
	if (i == waiting->count || waiting->lines[i].kind != WAITING_COMMAND)
		return NULL;
	return &waiting->lines[i];
}

/* lines[first, end) are done with. */
static void drop(struct waiting *waiting, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		free(waiting->lines[i].text);
	memmove(waiting->lines + first, waiting->lines + end,
		(waiting->count - end) * sizeof(waiting->lines[0]));
	waiting->count -= end - first;
}

void waiting_drop(struct waiting *waiting, struct waiting_line *line)
{
	size_t i = (size_t)(line - waiting->lines);

	drop(waiting, i, i + 1);
}

void waiting_again(struct waiting *waiting)
{
	for (size_t i = 0; i < waiting->count; i++)
		waiting->lines[i].sent = false;
}

/* -- what comes back -- */

/* Is that what the server makes of our text?  clean: as it is relayed. */
static bool is_relayed(const char *clean, size_t size, const char *heard)
{
	size_t mark = 0;

	if (strlen(heard) == size)
		return memcmp(heard, clean, size) == 0;
	if (size == 0 || strlen(heard) != size + 1)
		return false;
	if (clean[0] == '[')
		mark = 1;
	else if (clean[0] != '*')
		return false;
	return memcmp(heard, clean, mark) == 0 && heard[mark] == '~' &&
	       memcmp(heard + mark + 1, clean + mark, size - mark) == 0;
}

/* Without memory it is not: then it is sent again after a loss, which is the lesser evil. */
static bool is_text_of(const struct waiting_line *line, const char *heard)
{
	AUTO_FREE char *clean = malloc(line->size * TEXT_GROWTH + 1);
	size_t size = line->size;

	if (!clean)
		return false;
	if (size > 0 && line->text[size - 1] == '\r') /* it belongs to the line's end */
		size--;
	size = text_clean(clean, line->text, size);
	if (size >= 2 && clean[0] == '/' && clean[1] == '/')
		return is_relayed(clean + 1, size - 1, heard);
	return is_relayed(clean, size, heard);
}

static bool is_back(const struct waiting_line *line, const struct event *event, const char *own)
{
	if (line->kind == WAITING_COMMAND || !line->tried)
		return false;
	/* A nonce is no secret once it was said: others may put it before lines of theirs. */
	if (own)
		return event->nonce && event->from && strcmp(event->from, own) == 0 &&
		       strcmp(event->nonce, line->nonce) == 0;
	return event->kind == EVENT_SAY && !event->from && line->kind == WAITING_LINE &&
	       event->text && is_text_of(line, event->text);
}

static bool take_back(struct waiting *waiting, const struct event *event, const char *own)
{
	for (size_t i = 0; i < waiting->count; i++) {
		if (!is_back(&waiting->lines[i], event, own))
			continue;
		drop(waiting, 0, i + 1);
		return true;
	}
	return false;
}

static bool is_said_already(struct waiting *waiting, const char *nonce)
{
	for (size_t i = 0; nonce && i < waiting->count; i++) {
		if (waiting->lines[i].tried && strcmp(waiting->lines[i].nonce, nonce) == 0) {
			drop(waiting, 0, i + 1);
			return true;
		}
	}
	return false;
}

static bool is_letter(const struct waiting_line *line)
{
	return line->kind == WAITING_LETTER;
}

static bool takes_name(const struct waiting_line *line)
{
	return line->kind == WAITING_LETTER || line->kind == WAITING_ACT;
}

static bool is_any(const struct waiting_line *line)
{
	return line->kind != WAITING_COMMAND;
}

static bool refuse(struct waiting *waiting, const char *code)
{
	static const struct {
		const char *code;
		bool (*refuses)(const struct waiting_line *line);
	} refusals[] = {
		{"busy", is_letter},  {"no_name", takes_name},   {"no_such_name", is_letter},
		{"too_long", is_any}, {"usage", lacks_argument},
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (strcmp(code, refusals[i].code) != 0)
			continue;
		for (size_t j = 0; j < waiting->count && waiting->lines[j].sent; j++) {
			if (!refusals[i].refuses(&waiting->lines[j]))
				continue;
			drop(waiting, j, j + 1);
			return true;
		}
	}
	return false;
}

bool waiting_heard(struct waiting *waiting, const struct event *event, const char *own)
{
	switch (event->kind) {
	case EVENT_SAY:
	case EVENT_ME:
	case EVENT_PRIV:
		return take_back(waiting, event, own);
	case EVENT_NOTICE:
		if (!event->code)
			return false;
		if (strcmp(event->code, "duplicate") == 0)
			return is_said_already(waiting, event->nonce);
		return refuse(waiting, event->code);
	default:
		return false;
	}
}
