/*
 * rendering.h - one rendering of a room's log: a ring, and its readers
 *
 * A room keeps two, text and JSON Lines.  Its lines are numbered once for both; each rendering
 * has positions of its own, which count bytes.  Readers need no lock: the head is published with
 * release and read with acquire; what lies below it does not change until it is overwritten,
 * and the gate (gate.h) sees to it that nothing unread is.
 *
 * It is filled from its first reader on; when it has had none for idle_ms it is filled no more and
 * its memory is given back: nobody pays for a rendering that nobody reads.  What was said before
 * it was filled is not in it; so idle_ms is a day: who comes in the morning finds what was said at
 * night.  A line in JSON costs 1,650 instructions, 490 behind another one of the same sender.
 *
 * Some lines show nothing in text (who comes and goes).  For every MARK_LINES lines of the room
 * there is a mark with where they begin and which of them are silent here: from it a few are
 * counted to tell the number at any position.  Marks are a ring, too, long enough for a ring of
 * empty lines.  As many silent lines in a row (a million and more for a ring of 1 MiB) overwrite
 * the marks of what is still held: then replays begin where the marks do, and the numbers in a
 * skip notice may be too high by the silent ones.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "mtchatd/arena.h"
#include "mtchatd/members.h"
#include "mtchatd/redo.h"
#include "mtchatd/ring.h"
#include "mtchatd/waitlist.h"
#include "mtchatd/waker.h"

enum rendering_kind { RENDERING_TEXT, RENDERING_JSON, RENDERINGS };

enum { MARK_LINES = 64 };

#define RING_SIZE_MAX  (UINT64_C(64) << 20)
#define MARKS_MAX      (RING_SIZE_MAX / MARK_LINES + 1)
#define RENDERING_AREA (RING_SIZE_MAX + (UINT64_C(36) << 20)) /* ring and marks, sparse */

struct rendering_mark {
	uint64_t lines;  /* of the room, before: a multiple of MARK_LINES */
	uint64_t offset; /* where the next one begins */
	uint64_t shown;  /* of the lines before, those with bytes here */
	uint64_t silent; /* which of the next MARK_LINES show nothing here; bit 0: the first */
};

_Static_assert(RING_SIZE_MAX + MARKS_MAX * sizeof(struct rendering_mark) <= RENDERING_AREA,
	       "the marks of the largest ring, all of empty lines, fit");

/* In the arena; stored by commits under the room's lock. */
struct rendering_record {
	word head;     /* bytes ever put in */
	word shown;    /* lines ever put in that have bytes */
	word begun;    /* the room's lines before the first one that it has */
	word begun_at; /* its head then */
	word filled;   /* 1: what is said is put in */
};

/* What one handler has to do with it. */
struct readers {
	/* Any thread. */
	_Alignas(64) _Atomic uint64_t min; /* no client here needs a byte below; may be low,
					      never high; UINT64_MAX: no clients */
	atomic_bool resume;                /* the gate is open again: let senders on */
	struct waker *waker;               /* of the handler */

	/* Its handler alone. */
	_Alignas(64) struct members members;
	uint64_t seen;           /* active members have all up to here */
	struct waitlist waiting; /* senders the gate holds back */
};

struct room;

/* Where it lies in the arena. */
struct rendering_place {
	struct arena *arena;
	struct rendering_record *record;
	const word *lines; /* of the room */
	uint64_t area;     /* offset of its RENDERING_AREA */
};

struct rendering {
	struct room *room;
	enum rendering_kind kind;
	struct rendering_place place;
	struct rendering_record *record;
	const word *lines; /* of the room */
	struct rendering_mark *marks;
	uint64_t marks_count; /* more than the lines in the ring, divided by MARK_LINES */
	struct ring ring;
	struct readers *readers; /* one for each handler */
	int handlers;

	/* The room's lock. */
	uint64_t limit;              /* how far the head may go */
	uint64_t block;              /* of MARK_LINES lines, that was noted in last, */
	struct rendering_mark *mark; /* and its mark: to find it costs a division */
	uint64_t idle_since;         /* ms: nobody has read it since; 0: somebody does */

	/* Senders wait since then, ms: it would overwrite unread lines.  0: they do not. */
	_Alignas(64) _Atomic uint64_t gated_since;
};

/* Maps it; wakers: one for each handler.  0, or -errno: then rendering_done() is due, too. */
int rendering_init(struct rendering *rendering, const struct rendering_place *place,
		   uint64_t ring_size, struct waker *const *wakers, int handlers);
void rendering_done(struct rendering *rendering);

/* Gives its memory in the arena back. */
void rendering_forget(const struct rendering_place *place, uint64_t ring_size);

/* A record that was found: could it be one?  lines: of the room. */
bool rendering_is_sound(const struct rendering_record *record, uint64_t ring_size, uint64_t lines);

/* The end, for readers. */
static inline uint64_t rendering_head(const struct rendering *rendering)
{
	return atomic_load_explicit(&rendering->record->head, memory_order_acquire);
}

static inline bool rendering_is_filled(const struct rendering *rendering)
{
	return word_get(&rendering->record->filled) != 0;
}

/* -- under the room's lock -- */

/* Its first reader comes: puts into the commit that it is filled from now on, if it is not. */
void rendering_fill(struct rendering *rendering, struct redo *redo, uint64_t lines);

/* If nobody has read it for idle_ms: it is filled no more, its memory is given back. */
void rendering_rest(struct rendering *rendering, uint64_t now, uint64_t idle_ms);

/* Finds the mark of the block that the line after `lines` is in; if it is the first, begins it. */
void rendering_begin_block(struct rendering *rendering, uint64_t lines, uint64_t head,
			   uint64_t shown);

/* Notes for a draft that the room's line after `lines` begins at `head`; size 0: it is silent. */
static inline void rendering_note(struct rendering *rendering, uint64_t lines, uint64_t head,
				  uint64_t shown, size_t size)
{
	uint64_t bit = UINT64_C(1) << lines % MARK_LINES;

	if (bit == 1 || !rendering->mark || rendering->block != lines / MARK_LINES)
		rendering_begin_block(rendering, lines, head, shown);
	if (!size)
		rendering->mark->silent |= bit;
	else if (rendering->mark->silent & bit) /* left by a draft that did not come true */
		rendering->mark->silent &= ~bit;
}

/* A place in the log: so many lines of the room, and so many with bytes here, are before it. */
struct rendering_at {
	uint64_t offset, lines, shown;
};

/* What is before the position, which is a line's begin and still held. */
struct rendering_at rendering_at(const struct rendering *rendering, uint64_t position);

/* The end. */
struct rendering_at rendering_end(const struct rendering *rendering);

/*
 * Where the line after the first `lines` ones of the room begins; or a later one if that is not
 * held any more, or not in the newer half of the ring (what is older would be in the way at once),
 * or has no mark.
 */
struct rendering_at rendering_after(const struct rendering *rendering, uint64_t lines);

/* Where the last so many lines begin, of those with bytes here; the same limits. */
struct rendering_at rendering_last(const struct rendering *rendering, uint64_t count);

/* Wakes every other handler that has clients here and sleeps.  Any thread. */
void rendering_wake_others(struct rendering *rendering, int handler);
