/*
 * conversation.h - what a person says and sees: between the server's events and the terminal
 *
 * Does not touch the terminal: lines to be shown go to a stream, and the caller shows them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "mtchat/claim.h"
#include "mtchat/contact.h"
#include "mtchat/known.h"
#include "mtchat/screen.h"
#include "mtchat/settings.h"

/* A replay whose first line has not come. */
struct conversation_replay {
	bool begins;
	uint64_t lines;
	bool ruled; /* its first line had the rule before it: `live` gets one, too */
};

struct conversation {
	struct settings *settings; /* the caller's */
	const char *host;          /* what the server is called; the caller's */
	struct contact contact;
	struct claim claim;
	struct screen screen;
	struct known known;
	struct conversation_replay replay;
	bool told_lost; /* the user knows that the link is lost */
	bool rang;      /* for something of what is being caught up */
	bool leaves;    /* the user wants to go */
	char *instead;  /* of the line that was not taken, spelled right; NULL: as it was; ours */
};

/* 0, or -errno. */
int conversation_init(struct conversation *ret, struct settings *settings,
		      const struct target *target, const char *host, int columns);
void conversation_done(struct conversation *conversation);

/* Takes what has come, after contact_work(): whether anything about the prompt may have changed. */
bool conversation_hear(struct conversation *conversation, FILE *to);

/*
 * One line that was typed: said, a command of ours, or one of the server's.  0; -EAGAIN: too many
 * wait to come back, on a link that stands: later; or another -errno: it was not taken, which is
 * told.  -EILSEQ: it may have been meant as a command (spelling.h): see `instead`.
 */
int conversation_say(struct conversation *conversation, const char *line, FILE *to);

/* "back after 3 s, 4 lines caught up": of a link that was lost, once it is live again. */
enum { CONVERSATION_BACK_SIZE = 128 };
void conversation_back_text(const struct contact *contact, char *ret, size_t size);

/* Milliseconds since 1970. */
int64_t conversation_now(void);
