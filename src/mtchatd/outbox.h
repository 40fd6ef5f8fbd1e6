/*
 * outbox.h - what one client alone is told: answers, notices, later private lines
 *
 * Lies in a buffer of the arena, lent while there is something in it.  Each entry carries the
 * log position at which it falls due: it goes out after every line before that position and
 * before any line after it, between two lines of the log.
 *
 *	bytes:	| ... headroom ... | front | entry | entry | ... |
 *			      ^sent            (positions are offsets)	   ^head
 *
 * The front is what must go out before all entries and at once: the rest of a line that the
 * client was in when it was overtaken, or the notice that lines were skipped.
 * Words are changed by redo commits, under the core's mail lock: private lines come from other
 * handlers; `sent` also by store after a send(), by the client's handler alone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mtchatd/redo.h"

enum {
	OUTBOX_BEGIN = 200 << 10,   /* headroom, bytes: the longest rendered line there can be */
	OUTBOX_CAPACITY = 64 << 10, /* bytes of entries */
	OUTBOX_ENTRIES = 512,
};

/*
 * A turn: what a command asked for happens when the client has got what it is owed.  The log is
 * replayed from an older place on, or the client goes to another log.
 */
static inline uint64_t turn_replay(uint64_t lines) /* after so many of the room's lines */
{
	return lines + 1;
}

#define TURN_MOVES (UINT64_C(1) << 63)

static inline uint64_t turn_move(uint32_t log)
{
	return TURN_MOVES | log;
}

struct outbox {
	word sent;       /* position of the next byte to go out */
	word head;       /* after the last one; sent == head and no turn: empty */
	word front;      /* if sent < front: entries begin here again */
	word count;      /* entries, also those that went out */
	word turn;       /* what happens when the client has got all before it; 0: nothing */
	word turn_entry; /* if turn: the entry that goes out behind it, and what follows */
	word settled;    /* entries below are due at once: their log was left behind */
	struct {
		uint64_t due;   /* position in the room's log */
		uint64_t begin; /* position in bytes[] */
	} entry[OUTBOX_ENTRIES];
	char bytes[OUTBOX_BEGIN + OUTBOX_CAPACITY];
};

/* Makes it empty, before it is lent to a slot. */
void outbox_init(struct outbox *outbox);

/* Can it be used as it was found: are all its positions where they can be? */
bool outbox_is_sound(const struct outbox *outbox);

/* Entries that are being added and are not committed yet. */
struct outbox_draft {
	struct outbox *outbox;
	uint64_t head, count;
	uint64_t turn, turn_entry; /* as above; turn 0: unchanged */
};

struct outbox_draft outbox_draft(struct outbox *outbox);

/* Adds text[0, size), due at a position no less than that of the last.  -ENOSPC: full. */
int outbox_add(struct outbox_draft *draft, uint64_t due, const char *text, size_t size);

/*
 * The turn is to happen when the client has got all before `due`; the text (perhaps empty) goes
 * out behind it: of a replay, when the client is there again.  -ENOSPC: full, or a turn is to come
 * already.
 */
int outbox_add_turn(struct outbox_draft *draft, uint64_t due, uint64_t turn, const char *text,
		    size_t size);

/* Is a turn to come? */
static inline bool outbox_waits(const struct outbox *outbox)
{
	return word_get(&outbox->turn) != 0;
}

/* The log that its turn leads to.  False: no turn, or a replay. */
static inline bool outbox_moves(const struct outbox *outbox, uint32_t *ret_log)
{
	uint64_t turn = word_get(&outbox->turn);

	if (turn & TURN_MOVES)
		*ret_log = (uint32_t)turn;
	return turn & TURN_MOVES;
}

/* Is the client, at `cursor`, where its turn is to happen? */
bool outbox_turns(const struct outbox *outbox, uint64_t cursor);

/* Puts into the commit that the turn has happened; moved: to another log. */
void outbox_put_turned(struct outbox *outbox, struct redo *redo, bool moved);

/* Puts what was added into the commit. */
void outbox_put(struct outbox_draft *draft, struct redo *redo);

static inline bool outbox_empty(const struct outbox *outbox)
{
	return word_get(&outbox->sent) == word_get(&outbox->head) && !word_get(&outbox->turn);
}

static inline bool outbox_has_front(const struct outbox *outbox)
{
	return word_get(&outbox->sent) < word_get(&outbox->front);
}

/* Were many of its pages touched? */
static inline bool outbox_is_fat(const struct outbox *outbox)
{
	return word_get(&outbox->head) - OUTBOX_BEGIN > 4096 || word_get(&outbox->front);
}

/*
 * How many bytes from `sent` on may go out to a client at `cursor`, which is at a line's begin:
 * the front, or all entries that are due.
 */
size_t outbox_due(const struct outbox *outbox, uint64_t cursor);

/* The position at which the next entry falls due, if it is not empty. */
uint64_t outbox_next_due(const struct outbox *outbox);

/* The position at which the last entry falls due; 0 without any. */
uint64_t outbox_last_due(const struct outbox *outbox);

/*
 * Puts text[0, size) before everything else into the commit.  There must be no front, and
 * nothing begun: size is at most OUTBOX_BEGIN.
 */
void outbox_put_front(struct outbox *outbox, struct redo *redo, const char *text, size_t size);
