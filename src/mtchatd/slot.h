/*
 * slot.h - what is known of a client, in the arena
 *
 * After a crash each slot explains itself.  Two sums always hold between two calls:
 *
 *	given to us by the socket  ==  received
 *	taken from us by it	   ==  cursor + base + (outbox ? outbox->sent - OUTBOX_BEGIN : 0)
 *
 * (in echo mode: == parsed).  Each count is stored after its call, and a client has at most
 * one recv() and one send() in flight: so after a crash each side is short of the kernel's own
 * count by at most that one call, and `source` says which word a send() would have raised.
 *
 * Life: FREE -- the acceptor fills it in, a handler joins it --> LIVE --> CLOSING --> FREE
 * `use` is stored last on the way in; on the way out, CLOSING comes first and FREE after the
 * descriptor is closed.  All other words belong to the client's handler.
 */
#pragma once

#include <stdbool.h>

#include "mtchatd/peer.h"
#include "mtchatd/word.h"

enum { SLOTS_MAX = 100000 };

enum slot_use { SLOT_FREE, SLOT_LIVE, SLOT_CLOSING };
enum slot_source { SOURCE_RING, SOURCE_OUTBOX, SOURCE_ECHO };

struct slot {
	/* What it was given. */
	word cursor; /* position in its room's log */
	word base;   /* makes the second sum above come out */
	word parked; /* overtaken while stuck: the position it left, + 1; else 0 */
	word outbox; /* number of its outbox in the pool, or 0 */

	/* What it gave. */
	word received;   /* bytes recv() ever returned */
	word parsed;     /* of these, said or obeyed (echo: sent back) */
	word input_base; /* stream position of byte 0 of its input buffer */
	word discarded;  /* bytes thrown away of the over-long line it is in */

	word said_until; /* position in the log after its own last line */
	uint64_t cookie; /* SO_COOKIE: which socket this is, for ever */
	word id;         /* CLIENT_ID in the journal; never used again; 0: nobody */
	uint64_t since;  /* connected at, us since 1970 */

	struct peer peer;

	_Atomic int fd;
	_Atomic uint32_t input; /* number of its input buffer in the pool, or 0 */
	_Atomic uint8_t use;    /* enum slot_use */
	_Atomic uint8_t source; /* enum slot_source */
	bool echo;              /* mode == "echo" when it came */
	bool commander;         /* has used a command: may be told things */
};

_Static_assert(sizeof(struct slot) == 128, "two cache lines: 10,000 idle clients cost 1.3 MB");
