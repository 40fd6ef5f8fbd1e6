/*
 * incoming.h - what comes from the server: cut into lines, which are events once it has said hello
 *
 * Pure but for incoming_receive().  Until hello, lines are held: they are the history's if it
 * comes, and the first ones of a plain conversation if it does not.  The bounds are
 *	EVENT_LINE_MAX bytes	a longer line is thrown away up to its end
 *	INCOMING_HELD_MAX bytes	of what is held, the oldest lines go first
 * A line that comes in pieces is searched from its start for each piece: at most EVENT_LINE_MAX
 * bytes of memchr, some 30 us.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mtchat/buffer.h"
#include "mtchat/events.h"
#include "mtchat/link.h"

enum { INCOMING_HELD_MAX = 65536 };

struct incoming {
	struct buffer bytes; /* first what is held, then what was not looked at yet; grows */
	size_t held;         /* whole lines that are no hello */
	uint64_t discarded;  /* of a line that is too long, so far */
	bool echoed;         /* a /json that came back was dropped */
	char *kept;          /* a line that is needed later; NULL: none was yet */
	size_t kept_size;
};

/* 0, or -ENOMEM. */
int incoming_init(struct incoming *ret);
void incoming_done(struct incoming *incoming);

/* For another link.  What it held stays in its place in memory: see incoming_event(). */
void incoming_empty(struct incoming *incoming);

/* Has what comes a place to go to?  Not if nobody takes the events out. */
bool incoming_has_room(const struct incoming *incoming);

/* As link_receive(), in this place; -ENOMEM: there is no room. */
ssize_t incoming_receive(struct incoming *incoming, struct link *link);

/*
 * Looks for hello: true: it is there, what came before is dropped, and incoming_event() gives it.
 * A line "/json" is our own that came back, and dropped, once.
 */
bool incoming_hello(struct incoming *incoming);

/* All that came is one line "* server full ...": its text without the *; NULL: it is not that. */
const char *incoming_full_house(const struct incoming *incoming, size_t *ret_size);

/*
 * The next line that is an event, others are dropped; and the line itself, good until the next
 * incoming_receive() or incoming_done().  0; -EAGAIN: none yet; -ENOMEM: it is lost; -EPROTO: a
 * notice in text: the server knows no more that we read JSON Lines.
 */
int incoming_event(struct incoming *incoming, struct event *ret, const char **ret_raw,
		   size_t *ret_size);

/*
 * Keeps a copy of a line, in place of the one that it kept before: the latest hello, until it is
 * known to be the server's.  0, or -ENOMEM.
 */
int incoming_keep(struct incoming *incoming, const char *raw, size_t size);

/* The event of that line, and the line itself, which stays until the next is kept.  0; -ENOMEM. */
int incoming_kept(const struct incoming *incoming, struct event *ret, const char **ret_raw,
		  size_t *ret_size);

/* Hands over what was held, and the start of a line: the latest INCOMING_HELD_MAX bytes. */
void incoming_take(struct incoming *incoming, struct buffer *ret);
