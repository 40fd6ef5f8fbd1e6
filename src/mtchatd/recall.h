/*
 * recall.h - which nonces a name has used lately, so that a line sent twice is said once
 *
 * A client whose link was lost cannot know whether its last line was heard.  It takes its name
 * again and sends the line again with the same nonce; whoever has the name, a nonce that it used
 * in the last two minutes is known.  It lies in the arena, and a nonce is noted by the commit that
 * says its line: over a crash as well a line is said once.
 *
 * Nonces are kept as keyed hashes of 64 bits: of 128 of them one is mistaken for another one once
 * in 10^17 lines.  A name that uses nonces costs 4 KiB; the names that used one last are kept,
 * RECALL_NAMES of them: with more in two minutes the least lately used one is forgotten.  A name
 * that used none for two minutes makes place for the next before more memory is touched.
 *
 * Everything under the names' lock, a draft from its first nonce to its commit: so there is one
 * at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mtchatd/name.h"
#include "mtchatd/names.h"
#include "mtchatd/redo.h"

enum {
	RECALL_NAMES = 16384,
	RECALL_NONCES = 128, /* of a name */
	RECALL_MS = 120000,
};

/* In the arena.  A commit may note RECALL_NONCES at once, and none that it still holds is lost
 * if it does not come true: so there is room for twice as many. */
struct recall_record {
	word count; /* nonces ever noted; by commits */
	word at;    /* ms, CLOCK_MONOTONIC, of the last; by commits, too.  0: was never used */
	char name[NAME_MAX_BYTES + 1]; /* "": unused */
	struct {
		uint64_t hash;
		uint64_t at; /* ms */
	} nonce[2 * RECALL_NONCES];
};

struct recall_link;

struct recalls {
	struct recall_record *records; /* RECALL_NAMES of them */
	const uint64_t *key;           /* two numbers, in the arena: hashes outlive the process */
	struct names index;            /* name -> record; its own lock is not used */
	struct recall_link *links;     /* the used records from the oldest to the newest */
	uint32_t used;                 /* records below were ever used */
};

/* Nonces that are noted and not committed yet. */
struct recall_draft {
	struct recall_record *record; /* NULL: none is noted */
	uint64_t count, at;
};

/*
 * Takes over what lies in the arena, anything perhaps: what cannot be is forgotten.  Records that
 * were never used are not touched, but for the first.  To be called when commits that were cut
 * short are finished (redo_again()).  key: as above, the caller's.  13 ms if all records are in
 * use.  0; or -ENOMEM or -errno of getrandom(): then recalls_done is not needed, and does no harm.
 */
int recalls_init(struct recalls *recalls, struct recall_record *records, const uint64_t key[2]);
/* All zeros are done with at once. */
void recalls_done(struct recalls *recalls);

/*
 * Has the name used that nonce lately: is it one of its last RECALL_NONCES, of less than RECALL_MS
 * ago?  The draft counts, too, if it is of the same name.  now: ms, as struct recall_record's at;
 * handlers read the clock once a turn, so it may lie a little before that.  180 ns at most for
 * names much in use.
 */
bool recall_knows(const struct recalls *recalls, const struct recall_draft *draft,
		  const struct name *name, const char *nonce, size_t size, uint64_t now);

/*
 * Notes a nonce for the commit.  All nonces of a draft are of one name.  0; -EAGAIN: the draft is
 * full (RECALL_NONCES) or another name's, commit it first; or -ENOMEM.  Unless it is 0, nothing
 * is noted.  A draft that is dropped, or put back to an older copy of it, leaves nothing to undo.
 * 60 ns; with a name that is new here 4 us.
 */
int recall_note(struct recalls *recalls, struct recall_draft *draft, const struct name *name,
		const char *nonce, size_t size, uint64_t now);

/* Puts what was noted into the commit: two stores, or none.  The next draft begins with zeros. */
void recall_put(const struct recall_draft *draft, struct redo *redo);
