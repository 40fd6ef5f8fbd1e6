/*
 * protocol.h - what a line from a client means
 *
 * Pure.  A line is a command if it begins with a slash and a word, up to a space or its end; the
 * case of A to Z does not matter.  What was meant as one is never said, so that no private line is
 * for all by a slip: what begins with a slash (or one that looks like it) and letters of any
 * script, up to a blank, a comma or the end, is a command, also behind blanks; it is refused if it
 * is none that there is (/ㅡㄴㅎ), or has a flaw.  Blanks are all that is not seen: space, TAB,
 * U+00A0, U+3000, fillers, joiners.  Of the word `msg` it takes less: anything but a slash ends it
 * (/msg:bob), and it may stand behind a slash and blanks.  /? alone is such a word, too.
 *
 * All else is text: /etc/passwd, /1, /, / x, and // which says the rest from the second slash on.
 *
 * Before either, a named client may put "@n=NONCE ", by which a line that it sends twice is known
 * (recall.h): 1 to 32 of A-Z a-z 0-9 _ -, and one space; what follows, be it nothing, is the line.
 * A command behind anything like that is a command, whoever sends it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Why a command is not obeyed although there may be one of its name. */
enum command_flaw {
	FLAW_NONE,
	FLAW_BLANKS, /* before it, or between slash and word */
	FLAW_SLASH,  /* it only looks like one */
	FLAW_END,    /* neither a space nor the line's end is behind the word */
};

struct utterance {
	bool command;
	enum command_flaw flaw;
	const char *text; /* to say; of a command: its arguments, without leading spaces */
	size_t size;
	const char *word; /* of a command: its name as it was typed, without the slash */
	size_t word_size;
	const char *nonce; /* if nonce_size is not 0 */
	size_t nonce_size;
};

/* Which first bytes a line that needs a look may have: of blanks, slashes and @. */
extern const bool protocol_suspects[256];

/*
 * Is it a line to say and nothing else, as nearly all are?  One load and one comparison; of the
 * others, those in Hangul, Kanji, Cyrillic, Greek and most of Latin are told by it, too.
 */
static inline bool protocol_is_plain(const char *line, size_t size)
{
	return !size || !protocol_suspects[(unsigned char)line[0]];
}

/*
 * line: cleaned, without its end.  named: a nonce is looked for; else "@n=..." is text like any
 * other.  What is returned points into the line.
 */
struct utterance protocol_parse(const char *line, size_t size, bool named);

/* Is it the command of that name (small letters)?  One with a flaw is, too. */
bool protocol_is_command(const struct utterance *said, const char *name);

/*
 * Of a connection that has ended: is what is left without LF a line?  rest: cleaned; closed: its
 * client closed its sending side, so that it is all that was to come; else the link was reset, and
 * it may be the front of anything.  So: text is a line.  What begins with a slash, which may be a
 * private line, is one if its client closed, and more is there than a command's first byte; but
 * never /name and /join, which are for what follows.  What begins with a nonce is said again by
 * who gave it: it is no line, but text of one without a name who closed.
 */
bool protocol_rest_is_line(const char *rest, size_t size, bool named, bool closed);
