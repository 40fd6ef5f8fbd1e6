/* recall.c - which nonces a name has used lately: a ring of hashes for each name */
#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "mtchatd/recall.h"
#include "mtchatd/siphash.h"

enum { RING = 2 * RECALL_NONCES };

/* More is never counted, no clock comes there: what is beyond was written by nobody. */
#define COUNT_MAX (UINT64_C(1) << 62)
#define TIME_MAX  (UINT64_C(1) << 62)

/* Of a record without a nonce: older than any other, and yet used. */
#define LONG_AGO UINT64_C(1)

/*
 * The used records in a circle by age, so that the oldest is at hand without a search.  In the
 * process' memory, 128 KiB: a crash at any instruction would tear it; a start makes it anew from
 * the records' times.
 */
struct recall_link {
	uint32_t older, newer;
};

/* Where the circle begins: its `newer` is the oldest record, its `older` the newest. */
enum { END = RECALL_NAMES, LINKS };

static void link_up(struct recall_link *links, uint32_t number, uint32_t older)
{
	uint32_t newer = links[older].newer;

	links[number] = (struct recall_link){.older = older, .newer = newer};
	links[older].newer = number;
	links[newer].older = number;
}

static void make_newest(struct recall_link *links, uint32_t number)
{
	link_up(links, number, links[END].older);
}

static void unlink_one(struct recall_link *links, uint32_t number)
{
	links[links[number].older].newer = links[number].newer;
	links[links[number].newer].older = links[number].older;
}

/* What comes from the clock of another handler may lie a turn ahead. */
static bool is_lately(uint64_t at, uint64_t now)
{
	return (at < now ? now - at : at - now) < RECALL_MS;
}

/*
 * Gives a record to a name (NULL: to nobody).  It has no nonce from the first store on, and so
 * none that another name used, whatever instruction we die at.  After a death amid the last one
 * two names may be mixed in it.  That is a name without a nonce; if there is a record of that
 * name already, this one is the older of the two, and a start forgets it.
 */
static void begin(struct recall_record *record, const struct name *name)
{
	word_set(&record->count, 0);
	word_set(&record->at, LONG_AGO);
	/* A release store lets later ones overtake it. */
	atomic_signal_fence(memory_order_seq_cst);
	if (name)
		memcpy(record->name, name->text, name->size + 1);
	else
		record->name[0] = '\0';
}

/* The name of a record; false: none that can be. */
static bool name_of(const struct recall_record *record, struct name *ret)
{
	return name_parse_held(ret, record->name, strnlen(record->name, sizeof(record->name))) ==
	       NAME_GOOD;
}

/* Records come into use one after the other, and never look like this again. */
static bool is_untouched(const struct recall_record *record)
{
	return word_get(&record->at) == 0 && word_get(&record->count) == 0 &&
	       record->name[0] == '\0';
}

/* Believes a record that was found, or forgets it.  0, or -ENOMEM. */
static int adopt(struct recalls *recalls, uint32_t number)
{
	struct recall_record *record = &recalls->records[number];
	struct name name;
	int r = -EBADMSG;

	if (word_get(&record->count) <= COUNT_MAX && word_get(&record->at) <= TIME_MAX &&
	    name_of(record, &name))
		r = names_add(&recalls->index, &name, number);
	if (r == -EBADMSG || r == -EEXIST) {
		begin(record, NULL);
		r = 0;
	}
	return r;
}

struct age {
	uint64_t at;
	uint32_t number;
};

static int newest_first(const void *one, const void *other)
{
	const struct age *a = one, *b = other;

	return (a->at < b->at) - (a->at > b->at);
}

/* The newest first: of two records of one name the newer holds.  0, or -ENOMEM. */
static int adopt_all(struct recalls *recalls)
{
	AUTO_FREE struct age *ages = calloc(RECALL_NAMES, sizeof(*ages));
	int r = 0;

	if (!ages)
		return -ENOMEM;
	for (; recalls->used < RECALL_NAMES; recalls->used++) {
		const struct recall_record *record = &recalls->records[recalls->used];

		if (is_untouched(record))
			break;
		ages[recalls->used] = (struct age){word_get(&record->at), recalls->used};
	}
	qsort(ages, recalls->used, sizeof(*ages), newest_first);
	for (uint32_t i = 0; i < recalls->used && r >= 0; i++) {
		link_up(recalls->links, ages[i].number, END);
		r = adopt(recalls, ages[i].number);
	}
	return r;
}

int recalls_init(struct recalls *recalls, struct recall_record *records, const uint64_t key[2])
{
	int r;

	*recalls = (struct recalls){.records = records, .key = key};
	r = names_init(&recalls->index);
	if (r < 0)
		return r;
	recalls->links = calloc(LINKS, sizeof(*recalls->links));
	if (recalls->links) {
		recalls->links[END] = (struct recall_link){END, END};
		r = adopt_all(recalls);
	} else {
		r = -ENOMEM;
	}
	if (r < 0)
		recalls_done(recalls);
	return r;
}

void recalls_done(struct recalls *recalls)
{
	names_done(&recalls->index);
	free(recalls->links);
	recalls->links = NULL;
	recalls->used = 0;
}

bool recall_knows(const struct recalls *recalls, const struct recall_draft *draft,
		  const struct name *name, const char *nonce, size_t size, uint64_t now)
{
	const struct recall_record *record;
	uint64_t hash, count;
	uint32_t number;

	if (!names_find(&recalls->index, name, &number))
		return false;
	record = &recalls->records[number];
	count = record == draft->record ? draft->count : word_get(&record->count);
	hash = siphash(recalls->key, nonce, size);
	for (uint64_t i = 1; i <= RECALL_NONCES && i <= count; i++)
		if (record->nonce[(count - i) % RING].hash == hash &&
		    is_lately(record->nonce[(count - i) % RING].at, now))
			return true;
	return false;
}

/* A record for a name that has none: idle ones first, then new ones, then the oldest. */
static uint32_t choose(const struct recalls *recalls, uint64_t now)
{
	uint32_t oldest = recalls->links[END].newer;

	if (recalls->used == RECALL_NAMES ||
	    (oldest != END && !is_lately(word_get(&recalls->records[oldest].at), now)))
		return oldest;
	return recalls->used;
}

static int take(struct recalls *recalls, const struct name *name, uint64_t now, uint32_t *ret)
{
	uint32_t number = choose(recalls, now);
	struct recall_record *record = &recalls->records[number];
	struct name had;
	int r = names_add(&recalls->index, name, number);

	if (r < 0)
		return r;
	if (number == recalls->used) {
		recalls->used++;
	} else {
		if (name_of(record, &had))
			names_remove(&recalls->index, &had);
		unlink_one(recalls->links, number);
	}
	begin(record, name);
	make_newest(recalls->links, number);
	*ret = number;
	return 0;
}

int recall_note(struct recalls *recalls, struct recall_draft *draft, const struct name *name,
		const char *nonce, size_t size, uint64_t now)
{
	struct recall_record *record;
	uint64_t committed, count;
	uint32_t number;
	bool found = names_find(&recalls->index, name, &number);

	if (draft->record && (!found || draft->record != &recalls->records[number]))
		return -EAGAIN;
	if (!found) {
		int r = take(recalls, name, now, &number);

		if (r < 0)
			return r;
	}
	record = &recalls->records[number];
	committed = word_get(&record->count);
	count = draft->record ? draft->count : committed;
	if (count - committed >= RECALL_NONCES)
		return -EAGAIN;
	unlink_one(recalls->links, number);
	make_newest(recalls->links, number);
	record->nonce[count % RING].hash = siphash(recalls->key, nonce, size);
	record->nonce[count % RING].at = now;
	*draft = (struct recall_draft){.record = record, .count = count + 1, .at = now};
	return 0;
}

void recall_put(const struct recall_draft *draft, struct redo *redo)
{
	if (!draft->record)
		return;
	redo_put(redo, &draft->record->count, draft->count);
	redo_put(redo, &draft->record->at, draft->at);
}
