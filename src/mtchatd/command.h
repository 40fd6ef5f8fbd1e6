/*
 * command.h - what a client can ask for with a line that begins with a slash
 *
 * A new command is one row of the table in command.c and one function; /help and the manual
 * follow from the row.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mtchatd/protocol.h"

struct client;
struct feed;

enum { ANSWER_MAX = 2048 };

/* Whole lines, each beginning with "* ". */
struct answer {
	size_t size;
	char text[ANSWER_MAX];
};

/* A command that was given, and what follows from it. */
struct order {
	struct utterance said; /* its arguments, without leading spaces */
	struct feed *feed;     /* of the client who gave it */

	struct answer answer;
	bool quits;                 /* the client is read no further */
	bool acts;                  /* /me: the arguments are said as something it does */
	struct client *whispers_to; /* /msg: `text` is for that one; the names are locked */
	const char *text;
	size_t size;
	bool replays;   /* /last, /since: the log follows the answer, */
	uint64_t after; /* after so many of its lines */
	bool waits;     /* to be obeyed again when all before it is committed */
};

/* Adds "* TEXT\n".  What does not fit is cut off: no answer is that long. */
void answer_add(struct answer *answer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Runs the command that order->said is, or refuses it. */
void command_run(struct order *order);

/* -- of command-names.c, for the table -- */

void command_name(struct order *order);
void command_me(struct order *order);
void command_msg(struct order *order);
void command_who(struct order *order);

/* -- of command-history.c -- */

void command_last(struct order *order);
void command_since(struct order *order);
