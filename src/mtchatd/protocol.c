/* protocol.c - what a line from a client means */
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

#include "mtchatd/protocol.h"

enum {
	NONCE_MAX = 32,
	ARABIC_COMMA = 0x060C,
	BRAILLE_BLANK = 0x2800, /* no letter and no space, but it looks like one */
	IDEOGRAPHIC_COMMA = 0x3001,
	FULLWIDTH_COMMA = 0xFF0C,
	FULLWIDTH_SLASH = 0xFF0F,
};

/* Controls and space; / and @; the first bytes of all else that is_blank(), and of U+FF0F. */
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

/* -- characters -- */

/* The one at line[at], and its bytes; -1 and 1 byte: none, as text = "raw" lets pass. */
static int32_t character_at(const char *line, size_t size, size_t at, size_t *ret_size)
{
	utf8proc_int32_t character;
	utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)line + at,
					      (utf8proc_ssize_t)(size - at), &character);

	*ret_size = n > 0 ? (size_t)n : 1;
	return n > 0 ? character : -1;
}

static bool is_unseen(int32_t character)
{
	return utf8proc_get_property(character)->ignorable ||
	       utf8proc_category(character) == UTF8PROC_CATEGORY_CF;
}

static bool is_blank(int32_t character)
{
	switch (character) {
	case -1:
		return false;
	case BRAILLE_BLANK:
		return true;
	}
	switch (utf8proc_category(character)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return true;
	default:
		return is_unseen(character);
	}
}

static bool is_letter(int32_t character)
{
	utf8proc_category_t category = utf8proc_category(character);

	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

static bool is_mark(int32_t character)
{
	utf8proc_category_t category = utf8proc_category(character);

	return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

static bool is_slash(int32_t character)
{
	return character == '/' || character == FULLWIDTH_SLASH;
}

static bool is_comma(int32_t character)
{
	return character == ',' || character == ARABIC_COMMA || character == IDEOGRAPHIC_COMMA ||
	       character == FULLWIDTH_COMMA;
}

static size_t skip_blanks(const char *line, size_t size, size_t at)
{
	size_t n;

	for (; at < size && is_blank(character_at(line, size, at, &n)); at += n)
		continue;
	return at;
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

/* Where the word at line[at] ends: letters, their marks, what is not seen among them; or "?". */
static size_t word_end(const char *line, size_t size, size_t at)
{
	size_t end = at, n;
	bool has_letter = false;

	for (; end < size; end += n) {
		int32_t character = character_at(line, size, end, &n);

		if (character == '?' && end == at)
			return at + 1;
		if (character < 0 ||
		    !(is_letter(character) || is_mark(character) || is_unseen(character)))
			break;
		has_letter |= is_letter(character) && !is_unseen(character);
	}
	return has_letter ? end : at;
}

/* May what stands behind the word end it? */
static bool is_end(const char *line, size_t size, size_t at, bool is_msg)
{
	int32_t character;
	size_t n;

	if (at == size)
		return true;
	character = character_at(line, size, at, &n);
	return is_blank(character) || is_comma(character) || (is_msg && !is_slash(character));
}

static struct utterance parse_rest(const char *line, size_t size)
{
	size_t slash = skip_blanks(line, size, 0), word, end, args, n;
	struct utterance said = {.command = true};
	bool is_msg;

	if (slash == size || !is_slash(character_at(line, size, slash, &n)))
		return say(line, size);
	if (slash == 0 && size > 1 && line[0] == '/' && line[1] == '/')
		return say(line + 1, size - 1);
	word = skip_blanks(line, size, slash + n);
	end = word_end(line, size, word);
	is_msg = is_word(line + word, end - word, "msg");
	if (end == word || (word > slash + n && !is_msg) || !is_end(line, size, end, is_msg))
		return say(line, size);

	if (slash > 0 || word > slash + n)
		said.flaw = FLAW_BLANKS;
	else if (line[slash] != '/')
		said.flaw = FLAW_SLASH;
	else if (end < size && line[end] != ' ')
		said.flaw = FLAW_END;
	for (args = end; args < size && line[args] == ' ';)
		args++;
	said.text = line + args;
	said.size = size - args;
	said.word = line + word;
	said.word_size = end - word;
	return said;
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
	blanks = skip_blanks(line, size, 0);
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

/* Of a slash at the begin, also one of full width, behind blanks: where it ends; 0: there is none.
 */
static size_t slash_end(const char *line, size_t size)
{
	size_t at = skip_blanks(line, size, 0), n;

	return at < size && is_slash(character_at(line, size, at, &n)) ? at + n : 0;
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
	at = slash_end(rest, size);
	if (!at)
		return true;
	if (!closed)
		return false;
	while (at < size && rest[at] & 0x80) /* letters, or the half of one */
		at++;
	return at < size && !is_in_vain(rest, size);
}
