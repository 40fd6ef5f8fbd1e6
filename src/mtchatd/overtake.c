/* overtake.c - leaves stuck readers behind, and lets them return */
#include <inttypes.h>

#include "common/deadline.h"
#include "common/log.h"
#include "mtchatd/answer.h"
#include "mtchatd/crash.h"
#include "mtchatd/gate.h"
#include "mtchatd/lend.h"
#include "mtchatd/messages.h"
#include "mtchatd/outbox.h"
#include "mtchatd/overtake.h"

/*
 * The rest of the line that it is in goes to the front of its outbox.  In a log that was damaged it
 * may find no place there: then it is lost.
 */
static void put_rest(struct handler *handler, struct client *client, uint64_t size)
{
	struct slot *slot = client->slot;
	struct outbox *outbox = lend_outbox(handler->core, slot);
	uint64_t cursor = word_get(&slot->cursor);

	/* What was given to it is still the same: no byte is counted twice. */
	if (size <= OUTBOX_BEGIN && !outbox_has_front(outbox))
		outbox_put_front(outbox, &handler->redo, ring_at(&client->rendering->ring, cursor),
				 size);
	else
		redo_put(&handler->redo, &slot->base, word_get(&slot->base) - size);
}

/* A stuck client is overtaken: its cursor stays at a line's end, and holds nobody any more. */
static void park(struct handler *handler, struct client *client)
{
	struct rendering *rendering = client->rendering;
	struct slot *slot = client->slot;
	struct redo *redo = &handler->redo;
	uint64_t cursor = word_get(&slot->cursor), next, lines;

	next = ring_next_line(&rendering->ring, cursor, rendering_head(rendering));
	pthread_mutex_lock(&rendering->room->lock);
	lines = rendering_at(rendering, next).lines;
	pthread_mutex_unlock(&rendering->room->lock);

	pthread_mutex_lock(&handler->core->mail);
	if (next != cursor)
		put_rest(handler, client, next - cursor);
	redo_put(redo, &slot->cursor, next);
	redo_put(redo, &slot->parked, lines + 1);
	crash_point(CRASH_PARKING);
	redo_commit(redo);
	pthread_mutex_unlock(&handler->core->mail);
	crash_point(CRASH_OVERTAKEN);
	client->laggard = true;
}

static void log_skip(const struct client *client, uint64_t lines)
{
	char address[PEER_NAME_MAX];

	log_event(LOG_INFO,
		  (&(struct log_fields){.message_id = MESSAGE_LINES_SKIPPED,
					.client_id = word_get(&client->slot->id),
					.address = peer_name(&client->slot->peer, address),
					.room = client->rendering->room->record->name}),
		  "client %s reads too slowly: skipped %" PRIu64 " lines", address, lines);
}

/* Where a parked client goes on, held from now on; *ret_lines: how many it missed. */
static uint64_t choose_place(struct handler *handler, const struct client *client,
			     uint64_t *ret_lines)
{
	struct rendering *rendering = client->rendering;
	uint64_t cursor = word_get(&client->slot->cursor), half = rendering->ring.size / 2;
	uint64_t parked = word_get(&client->slot->parked), to = cursor, head, lines;

	*ret_lines = 0;
	pthread_mutex_lock(&rendering->room->lock); /* nobody writes: it is chosen, then held */
	head = rendering_head(rendering);
	if (head - cursor > half)
		to = ring_next_line(&rendering->ring, head - half, head);
	if (to != cursor) {
		lines = rendering_at(rendering, to).lines;
		if (lines >= parked) /* less: they are damaged */
			*ret_lines = lines + 1 - parked;
	}
	gate_hold(rendering, handler->index, to);
	pthread_mutex_unlock(&rendering->room->lock);
	return to;
}

/*
 * A parked client reads again: it goes on in the newer half of the log (the very oldest line
 * would be in the way again at once) and is told what it missed.
 */
bool overtaken_return(struct handler *handler, struct client *client)
{
	struct slot *slot = client->slot;
	struct redo *redo = &handler->redo;
	uint64_t cursor = word_get(&slot->cursor), to, lines;
	struct answer skip;

	if (client->state == CLIENT_LEAVES && client->until <= cursor)
		return false;
	to = choose_place(handler, client, &lines);
	answer_init(&skip, client->rendering->kind);
	if (lines)
		answer_skip(&skip, client->rendering->room->record->epoch, word_get(&slot->parked),
			    lines);

	pthread_mutex_lock(&handler->core->mail);
	if (lines)
		outbox_put_front(lend_outbox(handler->core, slot), redo, skip.text, skip.size);
	redo_put(redo, &slot->base, word_get(&slot->base) + cursor + skip.size - to);
	redo_put(redo, &slot->cursor, to);
	redo_put(redo, &slot->parked, 0);
	crash_point(CRASH_RETURNING);
	redo_commit(redo);
	pthread_mutex_unlock(&handler->core->mail);
	if (lines)
		log_skip(client, lines);
	return true;
}

/* Far enough behind to be in the way now or soon: all laggards cost one grace together. */
static bool in_the_way(const struct rendering *rendering, const struct client *client)
{
	return !word_get(&client->slot->parked) &&
	       rendering_head(rendering) - word_get(&client->slot->cursor) >
		       rendering->ring.size / 2;
}

uint64_t overtake_due(const struct handler *handler, const struct rendering *rendering)
{
	const struct members *members = &rendering->readers[handler->index].members;
	uint64_t since = atomic_load(&rendering->gated_since), due = DEADLINE_NEVER;

	if (!since)
		return DEADLINE_NEVER;
	for (size_t i = members->active; i < members->count; i++) {
		if (!in_the_way(rendering, client_at(members, i)))
			continue;
		if (client_at(members, i)->laggard)
			return handler->now; /* is not waited for again */
		due = since + (uint64_t)limit_get(&handler->core->limits.slow_grace_ms);
	}
	return due;
}

void overtake_laggards(struct handler *handler, struct rendering *rendering)
{
	const struct members *members = &rendering->readers[handler->index].members;
	uint64_t since = atomic_load(&rendering->gated_since);
	uint64_t grace = (uint64_t)limit_get(&handler->core->limits.slow_grace_ms);
	bool parked = false;

	if (!since)
		return;
	for (size_t i = members->active; i < members->count; i++) {
		struct client *client = client_at(members, i);

		if ((client->laggard || handler->now >= since + grace) &&
		    in_the_way(rendering, client)) {
			park(handler, client);
			parked = true;
		}
	}
	if (parked)
		gate_publish_clients(rendering, handler->index);
}
