/*
 * taking.h - a name that is being taken
 *
 * naming.h fills it in for a command; the handler keeps it until the commit.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mtchatd/name.h"

struct client;

/* A name that is being taken; true with the commit.  The names are locked until then. */
struct taking {
	uint64_t which;         /* of the taker's tag, which it is written to; 0: none is taken */
	struct client *loser;   /* who has it; NULL: nobody */
	uint64_t loser_which;   /* of his tag, then */
	uint64_t loser_told;    /* likewise */
	struct name name;       /* the taker's */
	bool vouched;           /* the kernel vouches for it: it is the taker's account */
	struct name loser_name; /* his new one; size 0: he is to go */
};
