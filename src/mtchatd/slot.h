/*
 * slot.h - what is known of a client, in the arena
 *
 * After a crash each slot explains itself.  Two sums always hold between two calls:
 *
 *	given to us by the socket  ==  received
 *	taken from us by it	   ==  cursor + base + (outbox ? outbox->sent - OUTBOX_BEGIN : 0)
 *
 * (in echo mode: == parsed + base).  Each count is stored after its call, and a client has at most
 * one recv() and one send() in flight: so after a crash each side is short of the kernel's own
 * count by at most that one call, and `source` says which word a send() would have raised.
 *
 * Life: FREE -- the acceptor --> COMING -- a handler joins it --> LIVE --> CLOSING --> FREE
 * COMING is stored before anything else of a new client, LIVE after all of it; CLOSING before
 * anything is given up, FREE after the descriptor is closed.  All other words belong to the
 * client's handler, but `ties`: that is stored under the core's mail lock (feed.h).
 */
#pragma once

#include <stdbool.h>

#include "mtchatd/peer.h"
#include "mtchatd/word.h"

enum { SLOTS_MAX = 100000 };

enum slot_use { SLOT_FREE, SLOT_COMING, SLOT_LIVE, SLOT_CLOSING };
enum slot_source { SOURCE_RING, SOURCE_OUTBOX, SOURCE_ECHO };

enum slot_trait {
	TRAIT_ECHO = 1,      /* mode == "echo" when it came */
	TRAIT_COMMANDER = 2, /* has used a command: may be told things */
	TRAIT_NAMED = 8,     /* has had a name: its tag says whether it has one (tag.h) */
	TRAIT_DRAINS = 4,    /* was sent FIN, or is about to be: what it sends counts no more */
	TRAIT_UNHEARD = 16,  /* has said nothing yet: it may be of another protocol (foreign.h) */
	TRAIT_UNTOLD = 32,   /* the journal has not been told yet that it came (untold.h) */
	TRAIT_PROXIED = 64, /* its first bytes are a PROXY header, which is not its own (proxy.h) */
};

/* More are never given: ids that are counted up do not overflow. */
#define SLOT_ID_MAX (UINT64_C(1) << 62)

/* `discarded`: it is of another protocol, and was told so, */
#define DISCARD_FOREIGN (UINT64_MAX - 2)
/* or it has said /quit, and all that it still sends is thrown away; */
#define DISCARD_ALL (UINT64_MAX - 1)
/* or that is so since it leaves, for whatever reason: it was told, and its room. */
#define DISCARD_PARTED UINT64_MAX

struct slot {
	/* A cache line with what each delivery and each recv() looks at. */

	/* What it was given. */
	_Alignas(64) word cursor; /* position in its room's log */
	word base;                /* makes the second sum above come out */
	word parked;              /* overtaken while stuck: the position it left, + 1; else 0 */
	word ties; /* which log it reads, which outbox it has: slot_log(), slot_outbox() */

	/* What it gave. */
	word received;  /* bytes recv() ever returned */
	word parsed;    /* of these, said or obeyed (echo: sent back) */
	word discarded; /* bytes thrown away of the over-long line it is in; or DISCARD_... */

	_Atomic int fd;
	_Atomic uint8_t use;    /* enum slot_use */
	_Atomic uint8_t source; /* enum slot_source */
	_Atomic uint8_t traits; /* set of enum slot_trait */

	/* Another one, for who says something, comes or goes. */

	_Alignas(64) word input_base; /* stream position of byte 0 of its input buffer */
	word said_until;              /* position in the log after its own last line */
	uint64_t cookie;              /* SO_COOKIE: which socket this is, for ever */
	word id;                      /* CLIENT_ID in the journal; never used again; 0: nobody */
	uint64_t since; /* connected at, clock_boot_us(): the arena ends with a boot */
	struct peer peer;
	_Atomic uint32_t input; /* number of its input buffer in the pool, or 0 */
};

/* A log: a room's number and a rendering. */
static inline uint32_t log_number(uint32_t room, unsigned kind)
{
	return room * 2 + kind;
}

static inline uint32_t log_room(uint32_t log)
{
	return log / 2;
}

static inline unsigned log_kind(uint32_t log)
{
	return log % 2;
}

static inline uint64_t slot_ties(uint32_t log, uint32_t outbox)
{
	return (uint64_t)log << 32 | outbox;
}

/* Number of its outbox in the pool, or 0. */
static inline uint32_t slot_outbox(const struct slot *slot)
{
	return (uint32_t)word_get(&slot->ties);
}

static inline uint32_t slot_log(const struct slot *slot)
{
	return (uint32_t)(word_get(&slot->ties) >> 32);
}

static inline bool slot_has(const struct slot *slot, enum slot_trait trait)
{
	return atomic_load_explicit(&slot->traits, memory_order_relaxed) & trait;
}

/* What it still sends counts for nothing. */
static inline bool slot_is_deaf(const struct slot *slot)
{
	return word_get(&slot->discarded) >= DISCARD_FOREIGN;
}

/* By its handler alone: no other thread changes them. */
static inline void slot_give_trait(struct slot *slot, enum slot_trait trait)
{
	if (!slot_has(slot, trait))
		atomic_fetch_or_explicit(&slot->traits, (uint8_t)trait, memory_order_release);
}

static inline void slot_take_trait(struct slot *slot, enum slot_trait trait)
{
	if (slot_has(slot, trait))
		atomic_fetch_and_explicit(&slot->traits, (uint8_t)~trait, memory_order_release);
}

_Static_assert(sizeof(struct slot) == 128, "two cache lines: 10,000 idle clients cost 1.3 MB");
