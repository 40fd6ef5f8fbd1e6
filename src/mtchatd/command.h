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

#include "common/text.h"
#include "mtchatd/answer.h"
#include "mtchatd/protocol.h"
#include "mtchatd/taking.h"

struct client;
struct feed;

enum { COMMAND_WORD_SHOWN = 80 }; /* bytes of a client's word that are shown to it again */

/* A command that was given, and what follows from it. */
struct order {
	struct utterance said; /* its arguments, without leading spaces */
	struct feed *feed;     /* of the client who gave it */

	bool quits;                 /* the client is read no further */
	bool acts;                  /* /me: the arguments are said as something it does */
	struct client *whispers_to; /* /msg: `text` is for that one; the names are locked */
	const char *text;
	size_t size;
	bool replays;   /* /last, /since: the log follows the answer, */
	uint64_t after; /* after so many of the room's lines */
	bool moves;     /* /join, /json: the client goes to another log, */
	uint32_t log; /* this one (slot.h); of another room: it has one user more, for the client */
	struct taking taking; /* /name: see naming.h */
	bool waits;           /* to be obeyed again when all before it is committed */
	char shown[TEXT_GROWTH * COMMAND_WORD_SHOWN + 1]; /* see command_show() */
	struct answer answer; /* last: its text and `shown` are not cleared */
};

/* Runs the command that order->said is, or refuses it. */
void command_run(struct order *order);

/* -- of command-names.c, for the table -- */

void command_name(struct order *order);
void command_me(struct order *order);
void command_msg(struct order *order);

/* -- of command-rooms.c -- */

void command_join(struct order *order);
void command_json(struct order *order);

/* -- of command-lists.c -- */

void command_rooms(struct order *order);
void command_who(struct order *order);

/* -- of command-history.c -- */

void command_last(struct order *order);
void command_since(struct order *order);

/* -- of command.c, for all of them -- */

/* The first word of the arguments, and what follows it. */
struct words {
	const char *first, *rest;
	size_t first_size, rest_size;
};

struct words command_words(const struct utterance *said);

/* A client's word as it is shown to it again: the same buffer at each call. */
const char *command_show(struct order *order, const char *text, size_t size);
