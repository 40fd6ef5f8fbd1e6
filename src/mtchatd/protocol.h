/*
 * protocol.h - what a line from a client means
 *
 * Pure.  A line is a command only if it matches ^/[a-z]+( |$), so /etc/passwd is text; a line
 * that begins with // says the rest from the second slash on.
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
};

/* line: cleaned, without its end.  What is returned points into it. */
struct utterance protocol_parse(const char *line, size_t size);
