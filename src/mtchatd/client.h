/*
 * client.h - one client: what need not outlive the process
 *
 * The rest is in its slot.  A client belongs to one handler at a time, and only that one
 * touches it; the acceptor does before it hands it over.
 *
 *	TALKS -- EOF, /quit, stop --> LEAVES -- has got the rest --> DRAINS -- EOF, time --> GONE
 *	  `------ reset, dead ----------'----------------------------'------------------------^
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mtchatd/reason.h"
#include "mtchatd/slot.h"
#include "mtchatd/tokens.h"

struct rendering;

enum client_state {
	CLIENT_TALKS,  /* is read, and given what the room says */
	CLIENT_LEAVES, /* is read no further; given the rest that is its due */
	CLIENT_DRAINS, /* was sent FIN; what it still sends is thrown away, or close() would
			  reset the connection and eat the last lines on their way */
	CLIENT_GONE, /* its descriptor is closed; its room is to be told, when the log has space */
};

enum client_arrival {
	ARRIVES_NEW,
	ARRIVES_BACK,  /* was here before this process; its slot says where it stands */
	ARRIVES_LOST,  /* was here, but where it stood is not known any more */
	ARRIVES_MOVED, /* from another handler, whose room it left */
	ARRIVES_GONE,  /* ended with the process before; only its room is to be told */
};

/* Why a client is read no further. */
enum client_pause {
	PAUSE_NONE = 0,
	PAUSE_GATE = 1,   /* the room's log is full of unread lines */
	PAUSE_OUTBOX = 2, /* it does not take its answers, or is to get old lines, or to move */
	PAUSE_RATE = 4,   /* it has used up its tokens */
};

struct client {
	uint32_t place; /* among the members that it is one of */
	uint32_t round; /* in which it spoke last */
	struct slot *slot;
	struct rendering
		*rendering; /* the log it reads; stored under the mail lock; NULL: echo mode */
	union {
		struct client *next_in_inbox; /* on its way to a handler */
		uint64_t until; /* LEAVES: the position in the log up to which it is served */
	};

	/* Times by a clock of ms that wraps after 49 days: compared by their difference. */
	struct tokens tokens;
	uint32_t deadline;     /* LEAVES, DRAINS: it has had its time; PAUSE_RATE: it has a token */
	uint32_t commands_due; /* when the next command would come at the rate allowed */
	uint32_t told_slow;    /* s: when it was last told that it is slowed down; 0: never */
	uint32_t silent_since; /* its kernel has owed us an ACK since; 0: it has not */

	uint8_t state;       /* enum client_state */
	uint8_t pauses;      /* set of enum client_pause */
	uint8_t watched;     /* events that epoll reports */
	uint8_t arrival : 4; /* enum client_arrival */
	uint8_t reason : 4;  /* enum reason; LEAVES, DRAINS, GONE: why it goes */
	bool blocked : 1;    /* did not take all: among the blocked members, waits for EPOLLOUT */
	bool laggard : 1;    /* was overtaken, and has not caught up since */
	bool ended : 1;      /* no more is read: recv() returned 0, or /quit */
	bool closed : 1;     /* recv() returned 0: nothing unread is left behind */
	bool broken : 1;    /* reset by its peer: out of the epoll set, its last bytes to be read */
	bool vouched : 1;   /* the kernel vouches for its name: naming.h */
	bool announces : 1; /* its room may have to be told of its name: naming.h */
	bool looked_up : 1; /* its account was: naming.h */
	bool answering : 1; /* on the handler's list of those with new answers */
	bool throttled : 1; /* on the handler's list of those out of tokens */

	/* handler_number() of its handler, stored under the mail lock; 0: on its way to one.  Other
	 * threads read it, so it shares no bits with the above.  Last: client_begin(). */
	_Atomic uint16_t handler;
};

_Static_assert(sizeof(struct client) == 64, "one cache line: 10,000 idle clients cost 640 KB");
_Static_assert(REASONS <= 16, "each reason fits into its bits");

/*
 * A new one.  Whoever has an old entry for this place may still look at `handler` (handler_waited),
 * so that alone is stored as what it is.
 */
static inline void client_begin(struct client *client, struct slot *slot,
				struct rendering *rendering, enum client_arrival arrival)
{
	memset(client, 0, offsetof(struct client, handler));
	client->slot = slot;
	client->rendering = rendering;
	client->arrival = (uint8_t)arrival;
	atomic_store(&client->handler, 0);
}

/* Where recv() puts the byte at stream position p. */
static inline char *client_input(const struct client *client, char *buffer, uint64_t position)
{
	return buffer + (position - word_get(&client->slot->input_base));
}
