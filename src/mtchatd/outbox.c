/* outbox.c - what one client alone is told: answers, notices, later private lines */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "mtchatd/outbox.h"

void outbox_init(struct outbox *outbox)
{
	word_set(&outbox->sent, OUTBOX_BEGIN);
	word_set(&outbox->head, OUTBOX_BEGIN);
	word_set(&outbox->front, 0);
	word_set(&outbox->count, 0);
	word_set(&outbox->turn, 0);
	word_set(&outbox->settled, 0);
}

/* One behind the other, in bytes; and, of those of one log, in positions. */
static bool entries_are_sound(const struct outbox *outbox, uint64_t count)
{
	uint64_t settled = word_get(&outbox->settled);

	for (uint64_t i = 1; i < count; i++) {
		if (outbox->entry[i].begin < outbox->entry[i - 1].begin)
			return false;
		if (i > settled && outbox->entry[i].due < outbox->entry[i - 1].due)
			return false;
	}
	return settled <= count;
}

/* Nothing behind it has gone out, or it would never come. */
static bool turn_is_sound(const struct outbox *outbox, uint64_t count)
{
	uint64_t sent = word_get(&outbox->sent), front = word_get(&outbox->front);
	uint64_t entry = word_get(&outbox->turn_entry);

	return !word_get(&outbox->turn) ||
	       (entry < count && entry >= word_get(&outbox->settled) &&
		outbox->entry[entry].begin >= (front > sent ? front : sent));
}

/*
 * What every change leaves true.  An entry is added at the head, which only rises, so entries
 * follow each other from OUTBOX_BEGIN on.  A front is put below what was the next byte to go
 * out, so `front` is between OUTBOX_BEGIN and the head.  Below OUTBOX_BEGIN `sent` can be for
 * a front's sake alone.
 */
bool outbox_is_sound(const struct outbox *outbox)
{
	uint64_t sent = word_get(&outbox->sent), head = word_get(&outbox->head);
	uint64_t front = word_get(&outbox->front), count = word_get(&outbox->count);

	if (head > sizeof(outbox->bytes) || count > OUTBOX_ENTRIES)
		return false;
	if (front && (front < OUTBOX_BEGIN || front > head))
		return false;
	if (sent > head || sent < (front ? front - OUTBOX_BEGIN : OUTBOX_BEGIN))
		return false;
	if ((count ? outbox->entry[0].begin : head) != OUTBOX_BEGIN)
		return false;
	if (!entries_are_sound(outbox, count) || !turn_is_sound(outbox, count))
		return false;
	return !count || outbox->entry[count - 1].begin <= head;
}

struct outbox_draft outbox_draft(struct outbox *outbox)
{
	return (struct outbox_draft){
		.outbox = outbox,
		.head = word_get(&outbox->head),
		.count = word_get(&outbox->count),
	};
}

int outbox_add(struct outbox_draft *draft, uint64_t due, const char *text, size_t size)
{
	struct outbox *outbox = draft->outbox;
	bool joins = draft->count > word_get(&outbox->settled) &&
		     outbox->entry[draft->count - 1].due == due;

	if (size > sizeof(outbox->bytes) - draft->head)
		return -ENOSPC;
	if (!joins) { /* else it goes out together with the last one */
		if (draft->count == OUTBOX_ENTRIES)
			return -ENOSPC;
		outbox->entry[draft->count].due = due;
		outbox->entry[draft->count].begin = draft->head;
		draft->count++;
	}
	memcpy(outbox->bytes + draft->head, text, size);
	draft->head += size;
	return 0;
}

int outbox_add_turn(struct outbox_draft *draft, uint64_t due, uint64_t turn, const char *text,
		    size_t size)
{
	struct outbox *outbox = draft->outbox;

	if (word_get(&outbox->turn) || draft->turn || draft->count == OUTBOX_ENTRIES ||
	    size > sizeof(outbox->bytes) - draft->head)
		return -ENOSPC;
	outbox->entry[draft->count].due = due;
	outbox->entry[draft->count].begin = draft->head;
	draft->turn = turn;
	draft->turn_entry = draft->count++;
	memcpy(outbox->bytes + draft->head, text, size);
	draft->head += size;
	return 0;
}

bool outbox_turns(const struct outbox *outbox, uint64_t cursor)
{
	uint64_t entry = word_get(&outbox->turn_entry);

	return word_get(&outbox->turn) && !outbox_has_front(outbox) &&
	       outbox->entry[entry].begin == word_get(&outbox->sent) &&
	       outbox->entry[entry].due <= cursor;
}

void outbox_put_turned(struct outbox *outbox, struct redo *redo, bool moved)
{
	redo_put(redo, &outbox->turn, 0);
	if (moved)
		redo_put(redo, &outbox->settled, word_get(&outbox->count));
}

void outbox_put(struct outbox_draft *draft, struct redo *redo)
{
	if (draft->turn) { /* first: the entry must not be taken for another one */
		redo_put(redo, &draft->outbox->turn_entry, draft->turn_entry);
		redo_put(redo, &draft->outbox->turn, draft->turn);
	}
	/* The head last: whoever sees it sees the entries below it. */
	redo_put(redo, &draft->outbox->count, draft->count);
	redo_put(redo, &draft->outbox->head, draft->head);
}

/* One moment of it: others may add to it meanwhile.  The head first, see outbox_put(). */
struct view {
	uint64_t head, count, sent;
};

static struct view look(const struct outbox *outbox)
{
	struct view view;

	view.head = word_get(&outbox->head);
	view.count = word_get(&outbox->count);
	view.sent = word_get(&outbox->sent);
	return view;
}

/*
 * The first entry that has not gone out whole; count if there is none.  There is no front.  One
 * behind a turn may have no bytes: then it stands for what follows it, too.
 */
static uint64_t first_entry(const struct outbox *outbox, const struct view *view)
{
	uint64_t turn_entry = word_get(&outbox->turn_entry), low = 0, high = view->count;

	while (low < high) { /* the last one that begins at or before `sent` */
		uint64_t middle = (low + high) / 2;

		if (outbox->entry[middle].begin <= view->sent)
			low = middle + 1;
		else
			high = middle;
	}
	if (word_get(&outbox->turn) && turn_entry < low &&
	    outbox->entry[turn_entry].begin == view->sent)
		return turn_entry;
	if (view->sent == view->head)
		return view->count;
	return low ? low - 1 : 0;
}

static bool is_behind_turn(const struct outbox *outbox, uint64_t entry)
{
	return word_get(&outbox->turn) && entry >= word_get(&outbox->turn_entry);
}

static uint64_t due_of(const struct outbox *outbox, uint64_t entry)
{
	return entry < word_get(&outbox->settled) ? 0 : outbox->entry[entry].due;
}

size_t outbox_due(const struct outbox *outbox, uint64_t cursor)
{
	const struct view view = look(outbox);

	if (outbox_has_front(outbox))
		return word_get(&outbox->front) - view.sent;
	for (uint64_t i = first_entry(outbox, &view); i < view.count; i++) {
		uint64_t begin = outbox->entry[i].begin;

		if (due_of(outbox, i) > cursor || is_behind_turn(outbox, i))
			return begin > view.sent ? begin - view.sent : 0;
	}
	return view.head - view.sent;
}

uint64_t outbox_next_due(const struct outbox *outbox)
{
	const struct view view = look(outbox);
	uint64_t first;

	if (outbox_has_front(outbox))
		return 0; /* at once */
	first = first_entry(outbox, &view);
	return first < view.count ? due_of(outbox, first) : 0;
}

uint64_t outbox_last_due(const struct outbox *outbox)
{
	uint64_t count = word_get(&outbox->count);

	return count ? due_of(outbox, count - 1) : 0;
}

void outbox_put_front(struct outbox *outbox, struct redo *redo, const char *text, size_t size)
{
	uint64_t sent = word_get(&outbox->sent);

	assert(size <= OUTBOX_BEGIN && !outbox_has_front(outbox));
	memcpy(outbox->bytes + sent - size, text, size);
	redo_put(redo, &outbox->sent, sent - size);
	redo_put(redo, &outbox->front, sent);
}
