/*
 * wire.h - a link with all that is under way on it, both ways, and the ssh behind it
 *
 * What the chat asks has a buffer of its own, so that the answer to an event has room also while
 * the server takes nothing.  If it had none, we would not read, the server would read no further
 * since we do not, and so on.  What is asked goes before what is said next.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "mtchat/buffer.h"
#include "mtchat/chat.h"
#include "mtchat/incoming.h"
#include "mtchat/link.h"

enum {
	WIRE_ASKS_SIZE = 16384,
	WIRE_ASKS_ROOM = 4096, /* that the chat wants for what it asks */
};

struct wire {
	struct link link;   /* fd -1: none */
	struct buffer asks; /* what the chat asks, not yet in link.out */
	struct incoming in; /* not yet heard */
	pid_t ssh;          /* behind the link; 0: none */
};

/* 0, or -ENOMEM: then wire_done() is needed all the same. */
int wire_init(struct wire *ret);
void wire_done(struct wire *wire);

/* A link is there; both are the wire's now. */
void wire_connect(struct wire *wire, int fd, pid_t ssh);

/* Closes the link and ends ssh (dial_hang_up); what was under way is lost. */
void wire_hang_up(struct wire *wire);

/* What to poll for. */
short wire_events(const struct wire *wire);

/* Has the chat room for what it asks? */
static inline bool wire_can_ask(const struct wire *wire)
{
	return buffer_room(&wire->asks) >= WIRE_ASKS_ROOM;
}

/* A line with its LF, behind what was asked before.  If wire_can_ask(). */
void wire_ask(struct wire *wire, const char *line);

/*
 * The next event that is the server's.  0: the chat has not heard it yet; 1: it has, and it is the
 * true hello: what comes before it may be text of strangers, which goes to the chat alone, and may
 * make it ask.  Else as incoming_event().
 */
int wire_event(struct wire *wire, struct chat *chat, struct event *ret, const char **ret_raw,
	       size_t *ret_size);

/*
 * Sends what goes without waiting: what was asked, then what waits in the chat (NULL: nothing).
 * A failure is not told: the end of what comes will be, and all that came before it.
 */
void wire_send(struct wire *wire, struct chat *chat);

/* Hands the link over, and what has come; ssh is nobody's: it ends with the link. */
void wire_take(struct wire *wire, struct link *ret, struct buffer *ret_heard);
