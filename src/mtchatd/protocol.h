/*
 * protocol.h - what a line from a client means
 *
 * Pure.  A line is a command only if it matches ^/[a-z]+( |$), so /etc/passwd is text; a line
 * that begins with // says the rest from the second slash on.  Before either, a named client may
 * put "@n=NONCE ", by which a line that it sends twice is known (recall.h): 1 to 32 of
 * A-Z a-z 0-9 _ -, and one space; what follows, be it nothing, is the line.  A command behind
 * anything like that is a command, whoever sends it: what was to be private must not be said.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct utterance {
	bool command;
	const char *text; /* to say; of a command: its arguments, without leading spaces */
	size_t size;
	const char *word; /* of a command: its name, without the slash */
	size_t word_size;
	const char *nonce; /* if nonce_size is not 0 */
	size_t nonce_size;
};

/* Is it a line to say and nothing else, as nearly all are? */
static inline bool protocol_is_plain(const char *line, size_t size)
{
	return !size || (line[0] != '/' && line[0] != '@');
}

/*
 * line: cleaned, without its end.  named: a nonce is looked for; else "@n=..." is text like any
 * other.  What is returned points into the line.
 */
struct utterance protocol_parse(const char *line, size_t size, bool named);

/*
 * Of a connection that has ended: is what is left without LF a line?  rest: cleaned; closed: its
 * client closed its sending side, so that it is all that was to come; else the link was reset, and
 * it may be the front of anything.  So: text is a line.  What begins with a slash, which may be a
 * private line, is one if its client closed, and more is there than a command's first byte; but
 * never /name and /join, which are for what follows.  What begins with a nonce is said again by
 * who gave it: it is no line, but text of one without a name who closed.
 */
bool protocol_rest_is_line(const char *rest, size_t size, bool named, bool closed);
