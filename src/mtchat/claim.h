/*
 * claim.h - the key of one's name, kept for the next client of this user
 *
 * A client that was killed, or whose network went away, leaves a connection behind that has its
 * name, for a minute or more; whoever has that connection's key can take the name over.  So the key
 * lies in a file (state.h) for each host, server and name, which a client that lives has locked:
 * who finds it locked does not read it, and so takes no name from a client that runs, also in
 * another terminal.  Whether it was kept in time does not matter much: a key that is too old costs
 * nothing, for it is the server that decides.
 *
 * The file is written in its place, for the lock is its own.  It goes when the conversation has
 * ended; others are left by kills.  With those of clients that live they are at most
 * CLAIM_FILES_MAX, or else only the latter: the oldest that nobody holds goes first.
 */
#pragma once

#include <stdbool.h>

#include "mtchat/chat.h"
#include "mtchat/state.h"
#include "mtchat/target.h"

enum { CLAIM_FILES_MAX = 32 };

struct claim {
	int fd;                     /* locked; -1: none, or somebody else's */
	char path[STATE_PATH_SIZE]; /* of it */
	char server[512];
	char name[CHAT_NAME_SIZE]; /* that it is for, or that could not be had; "": none yet */
	char key[CHAT_KEY_SIZE];   /* that was written last */
	bool named;                /* and whether it had the name then */
};

/* Gives a chat that has not begun the keys that are kept for its name. */
void claim_begin(struct claim *ret, const struct target *target, struct chat *chat);

/* To be called when the chat has heard something: keeps the key.  Costs two comparisons. */
void claim_follow(struct claim *claim, const struct chat *chat);

/* The file stays if the server may not know that this is the end. */
void claim_end(struct claim *claim, const struct chat *chat);
