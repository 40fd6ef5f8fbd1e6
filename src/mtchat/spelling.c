/* spelling.c - commands as people type them, and what may have been meant as one */
#include "mtchat/spelling.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "common/cleanup.h"
#include "common/invocation.h"

enum { WORD_MAX = 16 }; /* letters of a command's name */

/* -- the commands -- */

/* The server's and the client's own. */
static const struct known {
	const char *name;
	bool secret; /* its arguments may be: they are in no file */
} commands[] = {
	{"help", false}, {"ignore", false}, {"join", false},      {"json", false},
	{"last", false}, {"me", false},     {"msg", true},        {"name", true}, /* its key */
	{"ping", false}, {"quit", false},   {"reconnect", false}, {"rooms", false},
	{"set", false},  {"since", false},  {"who", false},
};

/* What they are called elsewhere. */
static const struct {
	const char *other, *name;
} aliases[] = {
	{"?", "help"},     {"bye", "quit"}, {"dm", "msg"},    {"exit", "quit"}, {"j", "join"},
	{"list", "rooms"}, {"m", "msg"},    {"names", "who"}, {"nick", "name"}, {"pm", "msg"},
	{"query", "msg"},  {"tell", "msg"}, {"users", "who"}, {"w", "msg"},     {"whisper", "msg"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct known *find_command(const char *name)
{
	for (size_t i = 0; i < COUNT(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static const struct known *find_alias(const char *other)
{
	for (size_t i = 0; i < COUNT(aliases); i++) {
		if (strcmp(aliases[i].other, other) == 0)
			return find_command(aliases[i].name);
	}
	return NULL;
}

/* -- keys -- */

/* The keys of the two-set layout, with or without shift, in the order of the conjoining jamo. */
static const char *const initials[] = {"r", "r", "s", "e", "e", "f", "a", "q", "q", "t",
				       "t", "d", "w", "w", "c", "z", "x", "v", "g"};
static const char *const vowels[] = {"k",  "o", "i", "o",  "j",  "p",  "u", "p", "h",  "hk", "ho",
				     "hl", "y", "n", "nj", "np", "nl", "b", "m", "ml", "l"};
static const char *const finals[] = {"r",  "r",  "rt", "s",  "sw", "sg", "e", "f", "fr",
				     "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "qt",
				     "t",  "t",  "d",  "w",  "c",  "z",  "x", "v", "g"};

enum { INITIAL = 0x1100, VOWEL = 0x1161, FINAL = 0x11A8 }; /* the first of each */

/* The keys that a character takes; "": none that is in a command's name.  It is decomposed. */
static const char *keys_of(int32_t character, char own[2])
{
	if (character >= INITIAL && (size_t)(character - INITIAL) < COUNT(initials))
		return initials[character - INITIAL];
	if (character >= VOWEL && (size_t)(character - VOWEL) < COUNT(vowels))
		return vowels[character - VOWEL];
	if (character >= FINAL && (size_t)(character - FINAL) < COUNT(finals))
		return finals[character - FINAL];
	own[0] = own[1] = '\0';
	if ((character >= 'a' && character <= 'z') || character == '?')
		own[0] = (char)character;
	else if (character >= 'A' && character <= 'Z')
		own[0] = (char)(character | 0x20);
	return own;
}

/*
 * The word by its keys, in small letters; "" if it is none of letters that have one.  NFKD makes
 * conjoining jamo of syllables and of jamo of all kinds, and ASCII of fullwidth letters.
 */
static int read_keys(char ret[WORD_MAX + 1], const char *word, size_t size)
{
	AUTO_FREE utf8proc_uint8_t *apart = NULL;
	utf8proc_ssize_t all, n;
	size_t length = 0;

	ret[0] = '\0';
	all = utf8proc_map((const utf8proc_uint8_t *)word, (utf8proc_ssize_t)size, &apart,
			   UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
				   UTF8PROC_IGNORE | UTF8PROC_STRIPMARK);
	if (all < 0)
		return all == UTF8PROC_ERROR_NOMEM ? -ENOMEM : 0;
	for (utf8proc_ssize_t at = 0; at < all; at += n) {
		utf8proc_int32_t character;
		const char *keys;
		char own[2];

		n = utf8proc_iterate(apart + at, all - at, &character);
		keys = n > 0 ? keys_of(character, own) : "";
		if (!*keys || length + strlen(keys) > WORD_MAX)
			return ret[0] = '\0', 0;
		length = (size_t)(stpcpy(ret + length, keys) - ret);
	}
	return 0;
}

/* -- what a line is -- */

/* Where it begins behind "@n=... ": a server obeys a command behind anything like that. */
static size_t skip_nonce(const char *line, size_t size)
{
	static const char mark[] = "@n=";
	size_t at = invocation_skip_blanks(line, size, 0);
	const char *space;

	if (size - at < strlen(mark) || memcmp(line + at, mark, strlen(mark)) != 0)
		return 0;
	space = memchr(line + at, ' ', size - at);
	return space ? (size_t)(space + 1 - line) : 0;
}

/* A slash and a word, and which command was meant by it. */
struct reading {
	size_t begin; /* behind a nonce */
	struct invocation slash;
	char keys[WORD_MAX + 1];
	const struct known *command; /* NULL: none that is known */
	bool alias;
};

/* As the server does (protocol.c): of msg more is meant than of others. */
static bool is_meant(const struct reading *reading)
{
	bool is_msg = strcmp(reading->keys, "msg") == 0;

	if (reading->slash.behind == INVOCATION_BEHIND_SLASH)
		return false;
	return is_msg ||
	       (!reading->slash.apart && reading->slash.behind != INVOCATION_BEHIND_OTHER);
}

/* 1: it looks like a command; 0: it is text; -ENOMEM. */
static int read_line(struct reading *ret, const char *line, size_t size)
{
	int r;

	if (size > 1 && line[0] == '/' && line[1] == '/')
		return 0;
	ret->begin = skip_nonce(line, size);
	if (!invocation_find(&ret->slash, line + ret->begin, size - ret->begin))
		return 0;
	r = read_keys(ret->keys, line + ret->begin + ret->slash.word,
		      ret->slash.end - ret->slash.word);
	if (r < 0)
		return r;
	ret->command = find_command(ret->keys);
	ret->alias = !ret->command;
	if (ret->alias)
		ret->command = find_alias(ret->keys);
	return is_meant(ret);
}

static bool is_ascii(const char *word, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if ((word[i] | 0x20) < 'a' || (word[i] | 0x20) > 'z')
			return false;
	}
	return true;
}

/* Is it spelled so that a server obeys it, or tells that it does not know it? */
static bool is_well(const struct reading *reading, const char *line)
{
	const struct invocation *slash = &reading->slash;

	return invocation_skip_blanks(line, strlen(line), 0) == 0 && !slash->blanks &&
	       !slash->other && !slash->apart && slash->behind <= INVOCATION_BEHIND_SPACE &&
	       is_ascii(line + reading->begin + slash->word, slash->end - slash->word);
}

/* What was typed, with small letters. */
static char *lower(const struct reading *reading, const char *line)
{
	char *copy = strdup(line);

	for (size_t i = reading->slash.word; copy && i < reading->slash.end; i++)
		copy[reading->begin + i] |= 0x20;
	return copy;
}

/* The nonce, the command, and what is behind it. */
static char *correct(const struct reading *reading, const char *line)
{
	size_t size = strlen(line), end = reading->begin + reading->slash.end, n = 0;
	size_t begin = invocation_skip_blanks(line, reading->begin, 0);
	size_t rest = invocation_skip_separators(line, size, end);
	utf8proc_int32_t character;
	char *text;

	if (rest == end && rest < size) { /* a colon, say */
		utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)line + rest,
							  (utf8proc_ssize_t)(size - rest),
							  &character);
		utf8proc_category_t category = utf8proc_category(bytes > 0 ? character : 0);

		n = bytes > 0 && category != UTF8PROC_CATEGORY_ND ? (size_t)bytes : 0;
		rest = invocation_skip_separators(line, size, rest + n);
	}
	if (asprintf(&text, "%.*s/%s%s%s", (int)(reading->begin - begin), line + begin,
		     reading->command->name, rest < size ? " " : "", line + rest) < 0)
		return NULL;
	return text;
}

int spelling_read(struct spelling *ret, const char *line)
{
	struct reading reading;
	int r = read_line(&reading, line, strlen(line));

	*ret = (struct spelling){.kind = SPELLING_TEXT};
	if (r <= 0)
		return r;
	ret->word = reading.begin + reading.slash.word;
	ret->word_end = reading.begin + reading.slash.end;
	if (is_well(&reading, line) && !(reading.alias && reading.command)) {
		ret->kind = SPELLING_WELL;
		ret->line = lower(&reading, line);
	} else if (reading.command) {
		ret->kind = SPELLING_OTHERWISE;
		ret->name = reading.command->name;
		ret->line = correct(&reading, line);
	} else {
		ret->kind = SPELLING_UNKNOWN;
		return 0;
	}
	return ret->line ? 0 : -ENOMEM;
}

void spelling_done(struct spelling *spelling)
{
	free(spelling->line);
	*spelling = (struct spelling){.kind = SPELLING_TEXT};
}

/* -- the history -- */

/* In doubt it may not: without memory, too. */
static bool may_keep_line(const char *line, size_t size)
{
	struct reading reading;
	int r = read_line(&reading, line, size);

	return r == 0 || (r > 0 && reading.command && !reading.alias && !reading.command->secret);
}

bool spelling_may_keep(const char *entry)
{
	const char *end;

	for (const char *line = entry;; line = end + 1) {
		end = strchrnul(line, '\n');
		if (!may_keep_line(line, (size_t)(end - line)))
			return false;
		if (!*end)
			return true;
	}
}
