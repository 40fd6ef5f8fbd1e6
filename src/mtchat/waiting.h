/*
 * waiting.h - what one has said that has not come back yet, in order
 *
 * Pure.  At most WAITING_MAX entries.  A line is sent, then comes back from the server and is done
 * with.  When the link is lost, all that is left is to be sent again, with the nonces that it had.
 * A server says none twice that it remembers: the last 128 of a name, for 2 minutes.  So what is
 * sent again later, or without a name, may be said twice, if it had arrived and its answer had not,
 * nor is it in the replay.  Commands have no nonce.  They are the caller's to send, when all before
 * them was, and nothing goes behind one that is still here: what comes next may depend on its
 * answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mtchat/buffer.h"
#include "mtchat/events.h"

enum {
	WAITING_MAX = 100,
	WAITING_NONCE_SIZE = 24, /* with its NUL */
	/* What goes before a line: "@n=NONCE ". */
	WAITING_PREFIX_MAX = sizeof("@n= ") - 1 + WAITING_NONCE_SIZE - 1,
	WAITING_SPARE = 4096, /* bytes that are left free in a buffer: for what the chat asks */
};

enum waiting_kind {
	WAITING_LINE,    /* comes back as SAY */
	WAITING_ACT,     /* /me: as ME */
	WAITING_LETTER,  /* /msg: as PRIV, or a notice refuses it */
	WAITING_COMMAND, /* any other */
};

struct waiting_line {
	enum waiting_kind kind;
	char *text; /* as it was typed, without LF */
	size_t size;
	char nonce[WAITING_NONCE_SIZE];
	bool sent;  /* on this link */
	bool tried; /* on this one or one that was lost */
};

struct waiting {
	struct waiting_line lines[WAITING_MAX];
	size_t count;
	char prefix[WAITING_NONCE_SIZE]; /* of this client's nonces: nobody else has it */
	uint64_t next;                   /* the nonces' counter */
};

/* A command's name and its first argument, within its text; a size is 0 if there is none. */
struct waiting_words {
	const char *name, *argument;
	size_t name_size, argument_size;
	bool more; /* something follows the argument */
};

/* seed: chance, 64 bits of it: makes the nonces this client's own. */
void waiting_init(struct waiting *ret, uint64_t seed);
void waiting_done(struct waiting *waiting);

/* Takes a command apart, by the rules of the protocol; false: it is none but text.  "@n=TOKEN "
 * may stand before it. */
bool waiting_words(struct waiting_words *ret, const char *text, size_t size);

bool waiting_is_command(const struct waiting_words *words, const char *name);

/* What kind of line is it?  "/me x", "/msg ...", other "/word"; else text. */
enum waiting_kind waiting_kind(const char *text, size_t size);

/* Adds a copy.  0; -EINVAL: it has an LF in it; -ENOSPC: so many wait already; -ENOMEM. */
int waiting_add(struct waiting *waiting, const char *text, size_t size);

/*
 * Writes those not yet sent to `to`, in order, whole lines while they fit and WAITING_SPARE is left
 * free.  named: with their nonces; a server takes them from named clients only.  Stops before a
 * command.
 */
void waiting_send(struct waiting *waiting, struct buffer *to, bool named);

/* The command that is next: all before it was sent.  NULL: a line is next, or nothing.  The caller
 * sets `sent` and `tried`, or drops it. */
struct waiting_line *waiting_command(struct waiting *waiting);
void waiting_drop(struct waiting *waiting, struct waiting_line *line);

/* How many of them are shown: commands are not. */
size_t waiting_said(const struct waiting *waiting);

/* Was any sent on this link that has not come back? */
static inline bool waiting_is_owed(const struct waiting *waiting)
{
	return waiting->count > 0 && waiting->lines[0].sent; /* they are sent in order */
}

/* The link is lost: all are to be sent again. */
void waiting_again(struct waiting *waiting);

/*
 * An event: is it one of ours that has come back, or the answer to one?  own: one's name, or NULL.
 * By nonce and name; without a name by its text (marked with ~ or not), oldest first, if it was
 * sent ever.  The server answers in order: what was sent before the one that has come back was
 * refused, and goes, too.  Notices: duplicate, by its nonce.  no_such_name and busy refuse the
 * oldest letter, no_name the oldest letter or act, usage the oldest that lacks an argument,
 * too_long the oldest of all, if it was sent on this link.
 */
bool waiting_heard(struct waiting *waiting, const struct event *event, const char *own);
