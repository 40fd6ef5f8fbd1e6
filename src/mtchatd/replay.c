/* replay.c - history is a cursor that starts further back: nothing is copied */
#include "mtchatd/replay.h"
#include "mtchatd/answer.h"
#include "mtchatd/crash.h"
#include "mtchatd/gate.h"
#include "mtchatd/outbox.h"

/*
 * Where it begins now: the log has gone on since it was asked for.  Held from then on.  One that
 * was overtaken meanwhile does not go back.
 */
static struct rendering_at hold_place(struct handler *handler, struct rendering *rendering,
				      uint64_t cursor, bool goes_back, uint64_t wanted)
{
	struct rendering_at to = {.offset = UINT64_MAX};

	pthread_mutex_lock(&rendering->room->lock);
	if (goes_back)
		to = rendering_after(rendering, wanted);
	if (to.offset > cursor)
		to = rendering_at(rendering, cursor);
	gate_hold(rendering, handler->index, to.offset);
	pthread_mutex_unlock(&rendering->room->lock);
	return to;
}

bool replay_begin(struct handler *handler, struct client *client, struct outbox *outbox)
{
	struct slot *slot = client->slot;
	struct redo *redo = &handler->redo;
	uint64_t cursor = word_get(&slot->cursor), wanted, turn = word_get(&outbox->turn);
	struct rendering_at to;
	struct answer skip;

	if (turn & TURN_MOVES || !outbox_turns(outbox, cursor))
		return false;
	wanted = turn - 1;
	to = hold_place(handler, client->rendering, cursor, cursor == outbox_next_due(outbox),
			wanted);
	answer_init(&skip, client->rendering->kind);
	if (to.lines > wanted) /* they are gone: the mark before has told of more */
		answer_skip(&skip, client->rendering->room->record->epoch, wanted + 1,
			    to.lines - wanted);

	pthread_mutex_lock(&handler->core->mail);
	if (skip.size)
		outbox_put_front(outbox, redo, skip.text, skip.size);
	outbox_put_turned(outbox, redo, false);
	redo_put(redo, &slot->base, word_get(&slot->base) + cursor + skip.size - to.offset);
	redo_put(redo, &slot->cursor, to.offset);
	crash_point(CRASH_REPLAYING);
	redo_commit(redo);
	pthread_mutex_unlock(&handler->core->mail);
	client->laggard = true;
	return true;
}
