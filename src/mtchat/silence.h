/*
 * silence.h - when a silent link is asked whether it lives, and when it counts as dead
 *
 * Pure: times come from the caller, in ms of a clock that counts a suspend, too.  Anything that
 * comes is life.  Silence is asked with /ping
 *	after the timeout;
 *	after SILENCE_OWED_MS if something of our own is on its way and has not come back.  Each
 *	time that this was answered it is given twice as long: some lines never come back.
 * The link is dead if nothing comes
 *	for the timeout after that; for SILENCE_GIVE_UP_MS, if that is less, where our own is
 *missing; for SILENCE_DEAD_MS, if the other host has not even acknowledged that the question
 *arrived. (A server that is slow, or slows us down, does that at once: its kernel does.)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	SILENCE_OWED_MS = 3000,
	SILENCE_DEAD_MS = 4000,
	SILENCE_GIVE_UP_MS = 10000,
};

enum silence_verdict {
	SILENCE_BEARABLE,
	SILENCE_ASK, /* it counts as asked now */
	SILENCE_DEAD,
};

struct silence {
	uint64_t heard_ms;    /* when something last came, or the link began */
	uint64_t asked_ms;    /* when /ping went; 0: it was answered, or never went */
	uint64_t looked_ms;   /* when it was last seen whether that had arrived */
	uint64_t owed_ms;     /* since when something of ours is on its way; 0: nothing is */
	uint64_t patience_ms; /* with that */
};

/* A new link. */
void silence_begin(struct silence *ret, uint64_t now_ms);

/* Is anything of ours on its way?  To be told whenever that may have changed. */
void silence_owes(struct silence *silence, bool owes, uint64_t now_ms);

static inline void silence_heard(struct silence *silence, uint64_t now_ms)
{
	silence->heard_ms = now_ms;
}

/* Our question was answered. */
static inline void silence_answered(struct silence *silence)
{
	silence->asked_ms = 0;
}

/* When silence_judge() has something to say. */
uint64_t silence_deadline(const struct silence *silence, uint64_t timeout_ms);

/* unanswered_ms: so long the other host has acknowledged nothing of what is under way to it; 0:
 * nothing is, or nobody knows. */
enum silence_verdict silence_judge(struct silence *silence, uint64_t now_ms, uint64_t timeout_ms,
				   uint64_t unanswered_ms);
