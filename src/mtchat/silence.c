/* silence.c - when a silent link is asked whether it lives, and when it counts as dead */
#include "mtchat/silence.h"

enum { CLOCKS_MS = 100 }; /* by which the kernel's clock may be behind ours */

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void silence_begin(struct silence *ret, uint64_t now_ms)
{
	*ret = (struct silence){.heard_ms = now_ms, .patience_ms = SILENCE_OWED_MS};
}

void silence_owes(struct silence *silence, bool owes, uint64_t now_ms)
{
	if (!owes) {
		silence->owed_ms = 0;
		silence->patience_ms = SILENCE_OWED_MS;
	} else if (!silence->owed_ms) {
		silence->owed_ms = now_ms;
	}
}

/* When it is asked. */
static uint64_t ask_at(const struct silence *silence, uint64_t timeout_ms)
{
	uint64_t patience = silence->owed_ms ? silence->patience_ms : timeout_ms;

	return less(later(silence->heard_ms, silence->owed_ms) + patience,
		    silence->heard_ms + timeout_ms);
}

/* When it counts as dead, whatever the kernel knows. */
static uint64_t give_up_at(const struct silence *silence, uint64_t timeout_ms)
{
	uint64_t most = silence->owed_ms ? SILENCE_GIVE_UP_MS : timeout_ms;

	return later(silence->heard_ms, silence->asked_ms) + less(most, timeout_ms);
}

uint64_t silence_deadline(const struct silence *silence, uint64_t timeout_ms)
{
	if (!silence->asked_ms)
		return ask_at(silence, timeout_ms);
	return less(give_up_at(silence, timeout_ms), silence->looked_ms + SILENCE_DEAD_MS);
}

enum silence_verdict silence_judge(struct silence *silence, uint64_t now_ms, uint64_t timeout_ms,
				   uint64_t unanswered_ms)
{
	if (now_ms < silence_deadline(silence, timeout_ms))
		return SILENCE_BEARABLE;
	if (!silence->asked_ms) {
		if (silence->owed_ms)
			silence->patience_ms = less(2 * silence->patience_ms, timeout_ms);
		silence->asked_ms = silence->looked_ms = now_ms;
		return SILENCE_ASK;
	}
	silence->looked_ms = now_ms;
	if (now_ms >= give_up_at(silence, timeout_ms))
		return SILENCE_DEAD;
	return unanswered_ms > 0 && silence->heard_ms <= silence->asked_ms &&
			       unanswered_ms + CLOCKS_MS >= now_ms - silence->asked_ms
		       ? SILENCE_DEAD
		       : SILENCE_BEARABLE;
}
