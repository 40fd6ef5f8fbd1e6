/*
 * storm.h - sums up messages about clients when there are too many of a kind
 *
 * A thousand connections a second must not push everything else out of the journal.  Of each
 * kind (message_id) with a client in it, 20 pass within a second, which begins with the first
 * of them; those on top are counted, and the count becomes a record of its own.  Other records
 * always pass.
 *
 * Pure: the caller brings the clock (CLOCK_MONOTONIC, us) and the lock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/log.h"

enum {
	STORM_PASS_MAX = 20,
	STORM_KINDS_MAX = 32, /* whose second is running; messages of further kinds all pass */
};

struct storm_kind {
	uint64_t since_us;         /* when its second began */
	uint64_t count;            /* in this second; 0: the place is free */
	struct log_record example; /* the first that did not pass */
};

/* To be zeroed at first.  30 KiB. */
struct storm {
	struct storm_kind kinds[STORM_KINDS_MAX];
};

/* Whether the record is to be written; if not, it is counted by now. */
bool storm_passes(struct storm *storm, const struct log_record *record, uint64_t now_us);

/* When the next sum will be due; UINT64_MAX: there is none. */
uint64_t storm_due_us(const struct storm *storm);

/*
 * Gives one sum that is due, or with `all` any that will be, as a record for *ret, and forgets
 * it.  False: none, *ret is untouched.
 */
bool storm_sum(struct storm *storm, uint64_t now_us, bool all, struct log_record *ret);
