/* protocol.c - what a line from a client means */
#include <string.h>

#include "common/invocation.h"
#include "mtchatd/protocol.h"

enum { NONCE_MAX = 32 };

/* Controls and space; / and @; the first bytes of all other blanks (invocation.h), and of U+FF0F.
 */
const bool protocol_suspects[256] = {
	[0x00 ... 0x20] = true, ['/'] = true,           ['@'] = true,           [0x7F] = true,
	[0xC2] = true,          [0xCD] = true,          [0xD8] = true,          [0xDB] = true,
	[0xDC] = true,          [0xE0 ... 0xE3] = true, [0xEF ... 0xF0] = true, [0xF3] = true,
};

static const char nonce_mark[] = "@n=";

static struct utterance say(const char *text, size_t size)
{
	return (struct utterance){.text = text, .size = size};
}

/* -- commands -- */

static bool is_word(const char *word, size_t size, const char *name)
{
	if (size != strlen(name))
		return false;
	for (size_t i = 0; i < size; i++) {
		if ((word[i] | 0x20) != name[i])
			return false;
	}
	return true;
}

/* Of msg more is meant: nothing private is said for a colon, or for a blank behind the slash. */
static bool is_meant(const struct invocation *slash, bool is_msg)
{
	if (slash->apart && !is_msg)
		return false;
	if (slash->behind == INVOCATION_BEHIND_OTHER)
		return is_msg;
	return slash->behind != INVOCATION_BEHIND_SLASH;
}

static enum command_flaw flaw_of(const struct invocation *slash)
{
	if (slash->blanks || slash->apart)
		return FLAW_BLANKS;
	if (slash->other)
		return FLAW_SLASH;
	return slash->behind <= INVOCATION_BEHIND_SPACE ? FLAW_NONE : FLAW_END;
}

static struct utterance parse_rest(const char *line, size_t size)
{
	struct invocation slash;
	size_t args;

	if (size > 1 && line[0] == '/' && line[1] == '/')
		return say(line + 1, size - 1);
	if (!invocation_find(&slash, line, size) ||
	    !is_meant(&slash, is_word(line + slash.word, slash.end - slash.word, "msg")))
		return say(line, size);

	for (args = slash.end; args < size && line[args] == ' ';)
		args++;
	return (struct utterance){
		.command = true,
		.flaw = flaw_of(&slash),
		.text = line + args,
		.size = size - args,
		.word = line + slash.word,
		.word_size = slash.end - slash.word,
	};
}

bool protocol_is_command(const struct utterance *said, const char *name)
{
	return said->command && is_word(said->word, said->word_size, name);
}

/* -- nonces -- */

static bool is_nonce_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

/* Of "@n=NONCE " at the line's begin the nonce's size; 0: there is none. */
static size_t nonce_size(const char *line, size_t size)
{
	const size_t begin = strlen(nonce_mark);
	size_t end = begin;

	if (size < begin || memcmp(line, nonce_mark, begin) != 0)
		return 0;
	while (end < size && end <= begin + NONCE_MAX && is_nonce_byte(line[end]))
		end++;
	if (end == size || line[end] != ' ' || end > begin + NONCE_MAX)
		return 0;
	return end - begin;
}

/*
 * Where the rest of a line begins that has anything like a nonce before it: "@n=", no space, one
 * space.  0: it has not.
 */
static size_t prefix_size(const char *line, size_t size)
{
	const size_t begin = strlen(nonce_mark);
	const char *space;

	if (size < begin || memcmp(line, nonce_mark, begin) != 0)
		return 0;
	space = memchr(line, ' ', size);
	return space ? (size_t)(space + 1 - line) : 0;
}

/* Blanks before what looks like a nonce, too: a command behind it is none that is obeyed. */
static struct utterance parse_behind_blanks(const char *line, size_t size, size_t blanks)
{
	size_t skipped = blanks + prefix_size(line + blanks, size - blanks);
	struct utterance said;

	if (skipped == blanks)
		return parse_rest(line, size);
	said = parse_rest(line + skipped, size - skipped);
	if (!said.command)
		return say(line, size);
	said.flaw = FLAW_BLANKS;
	return said;
}

struct utterance protocol_parse(const char *line, size_t size, bool named)
{
	size_t skipped, nonce, blanks;
	struct utterance said;

	if (protocol_is_plain(line, size))
		return say(line, size);
	blanks = invocation_skip_blanks(line, size, 0);
	if (blanks)
		return parse_behind_blanks(line, size, blanks);
	skipped = prefix_size(line, size);
	said = parse_rest(line + skipped, size - skipped);
	if (!skipped)
		return said;
	nonce = nonce_size(line, size);
	/* A command is one, also of those who have no nonces: what was private must not be said. */
	if (!said.command && !(named && nonce))
		return parse_rest(line, size);
	if (named && nonce) {
		said.nonce = line + strlen(nonce_mark);
		said.nonce_size = nonce;
	}
	return said;
}

static bool begins_nonce(const char *line, size_t size)
{
	const size_t begin = strlen(nonce_mark);

	return size && memcmp(line, nonce_mark, size < begin ? size : begin) == 0;
}

/* Nothing can follow it: the client would be called that, or be there, for no moment. */
static bool is_in_vain(const char *line, size_t size)
{
	const struct utterance said = parse_rest(line, size);

	return protocol_is_command(&said, "name") || protocol_is_command(&said, "join");
}

bool protocol_rest_is_line(const char *rest, size_t size, bool named, bool closed)
{
	size_t skipped = prefix_size(rest, size), at;

	if (begins_nonce(rest, size) && (named || !closed))
		return false;
	rest += skipped;
	size -= skipped;
	at = invocation_slash_end(rest, size);
	if (!at)
		return true;
	if (!closed)
		return false;
	while (at < size && rest[at] & 0x80) /* letters, or the half of one */
		at++;
	return at < size && !is_in_vain(rest, size);
}
