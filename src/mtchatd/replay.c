/* replay.c - history is a cursor that starts further back: nothing is copied */
#include "mtchatd/replay.h"
#include "mtchatd/crash.h"
#include "mtchatd/gate.h"
#include "mtchatd/outbox.h"
#include "mtchatd/overtake.h"

/*
 * Where it begins now, and after how many lines: the log has gone on since it was asked for.  Held
 * from then on.  One that was overtaken meanwhile does not go back.
 */
static uint64_t hold_place(struct handler *handler, struct room *room, uint64_t cursor,
			   bool goes_back, uint64_t *lines)
{
	uint64_t to = cursor;

	pthread_mutex_lock(&room->lock);
	if (goes_back)
		to = room_replay_from(room, lines);
	if (!goes_back || to > cursor) {
		to = cursor;
		*lines = room_lines_before(room, cursor);
	}
	gate_hold(room, handler->index, to);
	pthread_mutex_unlock(&room->lock);
	return to;
}

bool replay_begin(struct handler *handler, struct client *client, struct outbox *outbox)
{
	struct slot *slot = client->slot;
	struct redo *redo = &handler->redo;
	uint64_t cursor = word_get(&slot->cursor), wanted, lines, to;
	char notice[SKIP_NOTICE_MAX];
	size_t size = 0;

	if (!outbox_replay_begins(outbox, cursor))
		return false;
	wanted = lines = word_get(&outbox->replay) - 1;
	to = hold_place(handler, client->room, cursor, cursor == outbox_next_due(outbox), &lines);

	pthread_mutex_lock(&handler->core->mail);
	if (lines > wanted) { /* they are gone: the mark before has told of more */
		size = skip_notice(notice, client->room, wanted + 1, lines - wanted);
		outbox_put_front(outbox, redo, notice, size);
	}
	redo_put(redo, &slot->base, word_get(&slot->base) + cursor + size - to);
	redo_put(redo, &slot->cursor, to);
	redo_put(redo, &outbox->replay, 0);
	crash_point(CRASH_REPLAYING);
	redo_commit(redo);
	pthread_mutex_unlock(&handler->core->mail);
	client->laggard = true;
	return true;
}
