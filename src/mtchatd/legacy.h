/*
 * legacy.h - what one process leaves to the next, beside its clients and rooms
 *
 * In the arena, at one place.  Each word is stored whole; who stores it stands beside it.
 */
#pragma once

#include <stdbool.h>

#include "mtchatd/config.h"
#include "mtchatd/key.h"
#include "mtchatd/word.h"

enum {
	LEGACY_SUSPECTS = 256, /* as many as handlers */
	LEGACY_LISTENERS = 64,
};

/* What a handler is working on: bytes of a client that are being parsed. */
struct hand {
	word cookie; /* of the client; 0: nothing */
	word parsed; /* position in its stream */
};

static inline void hand_take(struct hand *hand, uint64_t cookie, uint64_t parsed)
{
	word_set(&hand->parsed, parsed);
	word_set(&hand->cookie, cookie);
}

static inline void hand_empty(struct hand *hand)
{
	word_set(&hand->cookie, 0);
}

/* Bytes that were in hand when a process died. */
struct suspect {
	uint64_t cookie; /* 0: nobody */
	uint64_t parsed;
	uint64_t starts; /* in a row that ended with these bytes in hand */
};

/* A socket's file, to know it again. */
struct socket_file {
	uint64_t device, inode;
};

struct legacy {
	/* The acceptor. */
	word last_id; /* CLIENT_ID that was given last */
	word slots;   /* only slots below were ever used */
	word fds;     /* descriptors of clients are below, or up to LEGACY_FDS_SLACK above */
	struct socket_file socket_files[LEGACY_LISTENERS]; /* by the listener's number */

	/* Whoever makes a room, under the rooms' lock. */
	word rooms; /* only rooms below were ever used */

	/* The start that made the arena. */
	uint64_t secret[KEY_SECRET_WORDS]; /* by chance; of keys (key.h) and nonces (recall.h) */

	/* The acceptor, when it ends in order; else the keeper. */
	word ended_at; /* CLOCK_MONOTONIC, ms; 0: this process has not ended yet */

	/* The start; cleared when all handlers have turned. */
	word lost; /* an arena was set aside: who is in no slot was let in before */

	/* The start (breaker.h). */
	word stage;     /* how far it has come */
	word failed_at; /* the stage at which the start before this one ended */
	word failures;  /* starts in a row that ended there */
	struct suspect suspects[LEGACY_SUSPECTS];

	/* The last good configuration: stored where `config` does not point; then that turns. */
	word config; /* 0: none, else 1 + the index of the good one */
	struct config configs[2];
};

enum { LEGACY_FDS_SLACK = 64 };

/* Keeps the configuration for the next process. */
void legacy_save_config(struct legacy *legacy, const struct config *config);

/* The last good one, if there is one and it is whole.  False: *ret is untouched. */
bool legacy_load_config(const struct legacy *legacy, struct config *ret);
