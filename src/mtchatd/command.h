/*
 * command.h - what a client can ask for with a line that begins with a slash
 *
 * A new command is one row of the table in command.c and one function; /help and the manual
 * follow from the row.
 */
#pragma once

#include <stddef.h>

#include "mtchatd/protocol.h"

enum { ANSWER_MAX = 2048 };

/* Whole lines, each beginning with "* ". */
struct answer {
	size_t size;
	char text[ANSWER_MAX];
};

enum command_effect {
	COMMAND_ANSWERS, /* the answer goes to the client */
	COMMAND_QUITS,   /* so does the answer, and it is read no further */
};

/* Adds "* TEXT\n".  What does not fit is cut off: no answer is that long. */
void answer_add(struct answer *answer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Runs the command that the utterance is, or refuses it. */
enum command_effect command_run(const struct utterance *said, struct answer *answer);
