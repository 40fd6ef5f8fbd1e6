/* protocol.c - what a line from a client means */
#include <string.h>
#include <strings.h>

#include "mtchatd/protocol.h"

enum { NONCE_MAX = 32 };

static const char nonce_mark[] = "@n=";

static struct utterance say(const char *text, size_t size)
{
	return (struct utterance){.text = text, .size = size};
}

static struct utterance parse_rest(const char *line, size_t size)
{
	size_t word = 1, args;

	if (size < 2 || line[0] != '/')
		return say(line, size);
	if (line[1] == '/')
		return say(line + 1, size - 1);

	while (word < size && line[word] >= 'a' && line[word] <= 'z')
		word++;
	if (word == 1 || (word < size && line[word] != ' '))
		return say(line, size);

	args = word;
	while (args < size && line[args] == ' ')
		args++;
	return (struct utterance){
		.command = true,
		.text = line + args,
		.size = size - args,
		.word = line + 1,
		.word_size = word - 1,
	};
}

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

struct utterance protocol_parse(const char *line, size_t size, bool named)
{
	size_t skipped, nonce;
	struct utterance said;

	if (protocol_is_plain(line, size))
		return say(line, size);
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

/* Of a slash at the begin, also one of full width, behind blanks: where it ends; 0: there is none.
 */
static size_t slash_end(const char *line, size_t size)
{
	static const char wide[] = "\xef\xbc\x8f"; /* U+FF0F */
	size_t at = 0;

	while (at < size && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (at < size && line[at] == '/')
		return at + 1;
	if (size - at >= strlen(wide) && memcmp(line + at, wide, strlen(wide)) == 0)
		return at + strlen(wide);
	return 0;
}

/* Nothing can follow it: the client would be called that, or be there, for no moment. */
static bool is_in_vain(const char *line, size_t size)
{
	const struct utterance said = parse_rest(line, size);

	return said.command && said.word_size == 4 &&
	       (strncasecmp(said.word, "name", 4) == 0 || strncasecmp(said.word, "join", 4) == 0);
}

bool protocol_rest_is_line(const char *rest, size_t size, bool named, bool closed)
{
	size_t skipped = prefix_size(rest, size), at;

	if (begins_nonce(rest, size) && (named || !closed))
		return false;
	rest += skipped;
	size -= skipped;
	at = slash_end(rest, size);
	if (!at)
		return true;
	if (!closed)
		return false;
	while (at < size && rest[at] & 0x80) /* letters, or the half of one */
		at++;
	return at < size && !is_in_vain(rest, size);
}
