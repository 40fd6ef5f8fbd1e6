/* storm.c - sums up messages about clients when there are too many of a kind */
#include <inttypes.h>
#include <string.h>

#include "mtchatd/messages.h"
#include "mtchatd/storm.h"

enum { SECOND_US = 1000000 };

static uint64_t withheld(const struct storm_kind *kind)
{
	return kind->count > STORM_PASS_MAX ? kind->count - STORM_PASS_MAX : 0;
}

/* Where the record is counted: its kind's place, else a free one, else NULL. */
static struct storm_kind *find_kind(struct storm *storm, const char *message_id, uint64_t now_us)
{
	struct storm_kind *vacant = NULL;

	for (int i = 0; i < STORM_KINDS_MAX; i++) {
		struct storm_kind *kind = &storm->kinds[i];

		if (withheld(kind) == 0 && now_us - kind->since_us >= SECOND_US)
			kind->count = 0;
		if (kind->count > 0 && strcmp(kind->example.message_id, message_id) == 0)
			return kind;
		if (kind->count == 0)
			vacant = kind;
	}
	return vacant;
}

bool storm_passes(struct storm *storm, const struct log_record *record, uint64_t now_us)
{
	struct storm_kind *kind;

	if (record->message_id[0] == '\0' || (record->client_id == 0 && record->address[0] == '\0'))
		return true;
	kind = find_kind(storm, record->message_id, now_us);
	if (!kind)
		return true;
	if (kind->count++ == 0) {
		kind->since_us = now_us;
		kind->example = *record;
	} else if (kind->count == STORM_PASS_MAX + 1) {
		kind->example = *record;
	}
	return kind->count <= STORM_PASS_MAX;
}

uint64_t storm_due_us(const struct storm *storm)
{
	uint64_t due_us = UINT64_MAX;

	for (int i = 0; i < STORM_KINDS_MAX; i++) {
		const struct storm_kind *kind = &storm->kinds[i];

		if (withheld(kind) > 0 && kind->since_us + SECOND_US < due_us)
			due_us = kind->since_us + SECOND_US;
	}
	return due_us;
}

/* The sum keeps the place in the source and the level of what it stands for, but no client. */
static void describe(struct log_record *ret, const struct storm_kind *kind, uint64_t now_us)
{
	const struct log_record *example = &kind->example;

	*ret = (struct log_record){.level = example->level,
				   .file = example->file,
				   .line = example->line,
				   .func = example->func,
				   .message_id = MESSAGE_RECORDS_SUMMED};
	log_format(ret->text, sizeof(ret->text), "%" PRIu64 " more like this in %.1f s: %s",
		   withheld(kind), (double)(now_us - kind->since_us) / SECOND_US, example->text);
}

bool storm_sum(struct storm *storm, uint64_t now_us, bool all, struct log_record *ret)
{
	for (int i = 0; i < STORM_KINDS_MAX; i++) {
		struct storm_kind *kind = &storm->kinds[i];

		if (withheld(kind) == 0 || (!all && now_us - kind->since_us < SECOND_US))
			continue;
		describe(ret, kind, now_us);
		kind->count = 0;
		return true;
	}
	return false;
}
