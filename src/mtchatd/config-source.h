/*
 * config-source.h - reads the source text of a configuration, statement by statement
 *
 * libconfig 1.5 wraps integers at 32 bits, accepts a comment that is never closed, takes a
 * string over many lines for a missing quote, opens other files for @include, drops "\x00" and
 * says nothing but "syntax error".  So the text is first read here, by the part of its grammar
 * that our settings need:
 *
 *	name (= or :) value, with ; or , or nothing after it
 *	value: integer, string ("a" "b" is one), list or array of strings, or something else
 *
 * Later versions differ: 010 is octal in 1.7, 08 an error there; 1.8 has 0b11 and 0o17; of "\a"
 * 1.5 keeps the backslash.  What they do not read alike is refused, and numbers are taken from
 *here.
 *
 * What is told as a setting with any kind but SOURCE_OTHER, libconfig accepts too; a fuzzer
 * holds us to that.  Pure: the text stays where it is.
 */
#pragma once

#include <stddef.h>

#include "mtchatd/config-token.h"

enum { SOURCE_ERROR_MAX = 256, SOURCE_QUOTE_MAX = 64 };

enum source_kind {
	SOURCE_INTEGER, /* decimal or hexadecimal, with or without L */
	SOURCE_STRING,
	SOURCE_STRINGS, /* a list or array of strings, perhaps empty */
	SOURCE_OTHER,   /* float, boolean, bare word, group, any other list */
};

/* One statement; name and value point into the text. */
struct source_statement {
	size_t begin, end; /* in the text, with the ; */
	int line;          /* of its name; of an error: where that is */
	const char *name;
	size_t name_size;
	enum source_kind kind;
	const char *value; /* as written, all of it */
	size_t value_size;
	long long number;             /* SOURCE_INTEGER; LLONG_MIN or _MAX if it is beyond */
	char error[SOURCE_ERROR_MAX]; /* what is wrong, without the line; of -EINVAL only */
};

/*
 * Reads the next statement.  1: a setting; 0: the end; -EINVAL: an error, told in ret->error
 * (line, begin and end are set, the rest is not), after which the next call goes on behind it.
 */
int source_next(struct source *source, struct source_statement *ret);

/* Copies a piece of the source for a message: in one line, cut to SOURCE_QUOTE_MAX - 1 bytes. */
void source_quote(char ret[SOURCE_QUOTE_MAX], const char *piece, size_t size);
