/* breaker.c - ends a crash that would come again and again */
#include <string.h>

#include "mtchatd/breaker.h"

_Static_assert((int)LEGACY_SUSPECTS >= (int)HANDLERS_MAX, "each handler has one hand");

/* How often these bytes have been in hand before, in a row. */
static uint64_t starts_of(const struct legacy *legacy, uint64_t cookie, uint64_t parsed)
{
	for (size_t i = 0; i < LEGACY_SUSPECTS; i++) {
		const struct suspect *suspect = &legacy->suspects[i];

		if (suspect->cookie == cookie && suspect->parsed == parsed)
			return suspect->starts;
	}
	return 0;
}

/* Who was in hand this time: the next list of suspects.  True: one of them is poison. */
static bool line_up(struct legacy *legacy, struct handler_record *records)
{
	struct suspect next[LEGACY_SUSPECTS] = {0};
	bool poison = false;

	for (size_t i = 0; i < HANDLERS_MAX; i++) {
		uint64_t cookie = word_get(&records[i].hand.cookie);
		uint64_t parsed = word_get(&records[i].hand.parsed);

		if (!cookie)
			continue;
		next[i] = (struct suspect){cookie, parsed, starts_of(legacy, cookie, parsed) + 1};
		poison |= next[i].starts >= BREAKER_STARTS;
	}
	memcpy(legacy->suspects, next, sizeof(next));
	for (size_t i = 0; i < HANDLERS_MAX; i++)
		hand_empty(&records[i].hand);
	return poison;
}

bool breaker_trips(const struct arena *arena)
{
	struct legacy *legacy = core_legacy(arena);
	uint64_t stage = word_get(&legacy->stage), failures = 0;
	bool poison = line_up(legacy, core_records(arena));

	if (stage != STAGE_SERVED && !poison)
		failures = stage == word_get(&legacy->failed_at) ? word_get(&legacy->failures) + 1
								 : 1;
	word_set(&legacy->failed_at, stage);
	word_set(&legacy->failures, failures);
	breaker_stage(legacy, STAGE_FOUND, 0);
	return failures >= BREAKER_STARTS;
}

void breaker_stage(struct legacy *legacy, enum stage stage, uint32_t slot)
{
	word_set(&legacy->stage, (uint64_t)slot << 32 | stage);
}

void breaker_thread_serves(struct core *core)
{
	if (atomic_fetch_sub(&core->starting, 1) == 1)
		waker_wake(&core->acceptor);
}

void breaker_served(struct legacy *legacy)
{
	word_set(&legacy->stage, STAGE_SERVED);
	word_set(&legacy->failures, 0);
	word_set(&legacy->lost, 0);
}

bool breaker_is_poison(const struct legacy *legacy, uint64_t cookie, uint64_t parsed)
{
	return starts_of(legacy, cookie, parsed) >= BREAKER_STARTS;
}
