/* delivery.c - gives a client what is its due: its outbox, and the log from its cursor on */
#include <errno.h>
#include <sys/socket.h>

#include "mtchatd/crash.h"
#include "mtchatd/delivery.h"
#include "mtchatd/departure.h"
#include "mtchatd/gate.h"
#include "mtchatd/intake.h"
#include "mtchatd/move.h"
#include "mtchatd/outbox.h"
#include "mtchatd/overtake.h"
#include "mtchatd/replay.h"

enum delivered { DELIVERED_ALL, DELIVERED_SOME, DELIVERED_NONE, DELIVERED_AWAY };

/* What one send() is to carry: from one source, so that after a crash one count is short. */
struct parcel {
	enum slot_source source;
	const char *bytes;
	size_t size;
};

static struct outbox *outbox_of(const struct core *core, const struct slot *slot)
{
	uint32_t number = slot_outbox(slot);

	return number ? core_outbox(core, number) : NULL;
}

/*
 * The log goes out up to where the next entry of the outbox falls due, which is where a line
 * begins; so an entry never slips into a line.
 */
static struct parcel next_parcel(const struct handler *handler, const struct client *client,
				 uint64_t head)
{
	const struct outbox *outbox = outbox_of(handler->core, client->slot);
	uint64_t cursor = word_get(&client->slot->cursor), end = head;

	if (client->state == CLIENT_LEAVES && client->until < end)
		end = client->until;
	if (outbox && !outbox_empty(outbox)) {
		size_t due = outbox_due(outbox, cursor);

		if (due)
			return (struct parcel){SOURCE_OUTBOX,
					       outbox->bytes + word_get(&outbox->sent), due};
		if (outbox_next_due(outbox) < end)
			end = outbox_next_due(outbox);
	}
	if (word_get(&client->slot->parked) || cursor >= end)
		return (struct parcel){0};
	return (struct parcel){SOURCE_RING, ring_at(&client->rendering->ring, cursor),
			       end - cursor};
}

/* An empty outbox goes back to the pool. */
static void return_outbox(struct handler *handler, struct client *client, struct outbox *outbox)
{
	struct core *core = handler->core;
	struct slot *slot = client->slot;
	uint64_t sent;
	uint32_t number;

	pthread_mutex_lock(&core->mail);
	if (!outbox_empty(outbox)) { /* somebody has just written to it */
		pthread_mutex_unlock(&core->mail);
		return;
	}
	number = slot_outbox(slot);
	sent = word_get(&outbox->sent) - OUTBOX_BEGIN;
	redo_put(&handler->redo, &slot->base, word_get(&slot->base) + sent);
	redo_put(&handler->redo, &slot->ties, slot_ties(slot_log(slot), 0));
	redo_commit(&handler->redo);
	pthread_mutex_unlock(&core->mail);
	crash_point(CRASH_RETURNED);
	pool_give(&handler->core->outboxes, number, outbox_is_fat(outbox));
}

static void record(struct handler *handler, struct client *client, const struct parcel *parcel,
		   size_t sent)
{
	struct slot *slot = client->slot;
	struct outbox *outbox;

	if (parcel->source == SOURCE_RING) {
		word_set(&slot->cursor, word_get(&slot->cursor) + sent);
		return;
	}
	outbox = outbox_of(handler->core, client->slot);
	word_set(&outbox->sent, word_get(&outbox->sent) + sent);
	if (outbox_empty(outbox)) {
		/* Before it is returned: no send() is in flight, any source will do. */
		atomic_store_explicit(&slot->source, SOURCE_RING, memory_order_release);
		crash_point(CRASH_EMPTIED);
		return_outbox(handler, client, outbox);
	}
}

/* All that was due has gone out: what happens now?  MOVED_NOT: nothing. */
static enum moved go_further(struct handler *handler, struct client *client)
{
	struct outbox *outbox = outbox_of(handler->core, client->slot);
	enum moved moved = outbox ? move_when_due(handler, client, outbox) : MOVED_NOT;

	if (moved != MOVED_NOT)
		return moved;
	if (word_get(&client->slot->parked) && overtaken_return(handler, client))
		return MOVED_HERE;
	return outbox && replay_begin(handler, client, outbox) ? MOVED_HERE : MOVED_NOT;
}

/* One send(): DELIVERED_ALL if it took all of the parcel. */
static inline enum delivered send_parcel(struct handler *handler, struct client *client,
					 const struct parcel *parcel)
{
	struct slot *slot = client->slot;
	ssize_t sent;

	if (atomic_load_explicit(&slot->source, memory_order_relaxed) != parcel->source)
		atomic_store_explicit(&slot->source, (uint8_t)parcel->source, memory_order_release);
	crash_point(CRASH_SOURCE_SET);
	sent = send(client_fd(client), parcel->bytes, parcel->size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0)
		return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? DELIVERED_SOME
									     : DELIVERED_NONE;
	crash_point(parcel->source == SOURCE_RING ? CRASH_SENT_LINES : CRASH_SENT_ANSWER);
	record(handler, client, parcel, (size_t)sent);
	return (size_t)sent < parcel->size ? DELIVERED_SOME : DELIVERED_ALL;
}

static enum delivered push(struct handler *handler, struct client *client, uint64_t head)
{
	for (;;) {
		struct parcel parcel = next_parcel(handler, client, head);
		enum delivered delivered;

		if (!parcel.size) {
			enum moved moved = go_further(handler, client);

			if (moved != MOVED_HERE)
				return moved == MOVED_AWAY ? DELIVERED_AWAY : DELIVERED_ALL;
			head = rendering_head(client->rendering);
			continue;
		}
		delivered = send_parcel(handler, client, &parcel);
		if (delivered != DELIVERED_ALL)
			return delivered;
	}
}

static void block(struct handler *handler, struct client *client)
{
	if (!client->blocked) {
		members_block(&handler_readers(handler, client)->members, client);
		client->blocked = true;
	}
	handler_watch(handler, client);
}

static void unblock(struct handler *handler, struct client *client)
{
	if (client->blocked) {
		members_unblock(&handler_readers(handler, client)->members, client);
		client->blocked = false;
	}
	handler_watch(handler, client);
}

/* Is something still to happen before it is read on?  It may have got all up to an older head. */
static bool waits(const struct handler *handler, const struct client *client)
{
	const struct outbox *outbox = outbox_of(handler->core, client->slot);

	return outbox && outbox_waits(outbox);
}

/* What follows from how far it came.  False: the client is gone, or another handler's. */
static bool conclude(struct handler *handler, struct client *client, enum delivered delivered)
{
	switch (delivered) {
	case DELIVERED_AWAY:
		return false;
	case DELIVERED_NONE:
		unblock(handler, client); /* it holds nobody */
		departure_break(handler, client);
		return true;
	case DELIVERED_SOME:
		block(handler, client);
		return true;
	case DELIVERED_ALL:
		break;
	}
	client->laggard = false;
	unblock(handler, client);
	if (client->state == CLIENT_LEAVES)
		return departure_delivered(handler, client);
	if ((client->pauses & PAUSE_OUTBOX || client->announces) && !waits(handler, client))
		return intake_resume(handler, client, PAUSE_OUTBOX);
	return true;
}

bool delivery_serve(struct handler *handler, struct client *client, uint64_t head)
{
	if (client->broken)
		return true; /* nobody reads; its last words are still to be said */
	return conclude(handler, client, push(handler, client, head));
}

/* An active one that nothing but lines of the log is due to, and nothing waits for that. */
static inline bool only_listens(const struct client *client)
{
	const struct slot *slot = client->slot;

	return client->state == CLIENT_TALKS && !client->broken && !client->laggard &&
	       !client->announces && !(client->pauses & PAUSE_OUTBOX) && !slot_outbox(slot) &&
	       !word_get(&slot->parked);
}

/* Nearly all, at each flush: 50 instructions and the send(), as against 110 by delivery_serve(). */
static inline void flush_lines(struct handler *handler, struct client *client,
			       const struct ring *ring, uint64_t head)
{
	uint64_t cursor = word_get(&client->slot->cursor);
	struct parcel parcel = {SOURCE_RING, ring_at(ring, cursor), head - cursor};
	enum delivered delivered;

	if (cursor >= head)
		return;
	delivered = send_parcel(handler, client, &parcel);
	if (delivered != DELIVERED_ALL)
		conclude(handler, client, delivered);
}

void delivery_flush(struct handler *handler, struct rendering *rendering)
{
	struct readers *readers = &rendering->readers[handler->index];
	struct members *members = &readers->members;
	uint64_t head = rendering_head(rendering);
	size_t i = 0;

	while (i < members->active) {
		uint32_t number = members->list[i];
		struct client *client = &members->clients[number];

		if (only_listens(client))
			flush_lines(handler, client, &rendering->ring, head);
		else
			delivery_serve(handler, client, head);
		/* Who has left or is blocked has been replaced by another one. */
		if (i < members->active && members->list[i] == number)
			i++;
	}
	readers->seen = head;
}
