/* delivery.c - gives a client what is its due: its outbox, and the log from its cursor on */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "common/log.h"
#include "mtchatd/delivery.h"
#include "mtchatd/departure.h"
#include "mtchatd/gate.h"
#include "mtchatd/intake.h"
#include "mtchatd/messages.h"
#include "mtchatd/outbox.h"

enum delivered { DELIVERED_ALL, DELIVERED_SOME, DELIVERED_NONE };

/* What one send() is to carry: from one source, so that after a crash one count is short. */
struct parcel {
	enum slot_source source;
	const char *bytes;
	size_t size;
};

static struct outbox *outbox_of(const struct core *core, const struct client *client)
{
	uint64_t number = word_get(&client->slot->outbox);

	return number ? core_outbox(core, number) : NULL;
}

uint64_t delivery_accepted(const struct core *core, const struct client *client)
{
	const struct slot *slot = client->slot;
	const struct outbox *outbox = outbox_of(core, client);

	if (slot->echo)
		return word_get(&slot->parsed);
	return word_get(&slot->cursor) + word_get(&slot->base) +
	       (outbox ? word_get(&outbox->sent) - OUTBOX_BEGIN : 0);
}

/* The outbox goes in only where a line of the log begins, and once begun to its end. */
static struct parcel next_parcel(const struct handler *handler, const struct client *client,
				 uint64_t head)
{
	const struct room *room = client->room;
	const struct outbox *outbox = outbox_of(handler->core, client);
	uint64_t cursor = word_get(&client->slot->cursor), end = head;

	if (client->state == CLIENT_LEAVES && client->until < end)
		end = client->until;
	if (outbox && !outbox_empty(outbox) && ring_line_begins(&room->ring, cursor)) {
		size_t due = outbox_due(outbox, cursor);

		if (due)
			return (struct parcel){SOURCE_OUTBOX,
					       outbox->bytes + word_get(&outbox->sent), due};
	}
	if (outbox && !outbox_empty(outbox) && outbox_next_due(outbox) > cursor &&
	    outbox_next_due(outbox) < end)
		end = outbox_next_due(outbox);
	if (word_get(&client->slot->parked) || cursor >= end)
		return (struct parcel){0};
	return (struct parcel){SOURCE_RING, ring_at(&room->ring, cursor), end - cursor};
}

/* An empty outbox goes back to the pool. */
static void return_outbox(struct handler *handler, struct client *client, struct outbox *outbox)
{
	struct slot *slot = client->slot;
	uint64_t number = word_get(&slot->outbox), sent = word_get(&outbox->sent) - OUTBOX_BEGIN;

	redo_put(&handler->redo, &slot->base, word_get(&slot->base) + sent);
	redo_put(&handler->redo, &slot->outbox, 0);
	redo_commit(&handler->redo);
	pool_give(&handler->core->outboxes, (uint32_t)number, outbox_is_fat(outbox));
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
	outbox = outbox_of(handler->core, client);
	word_set(&outbox->sent, word_get(&outbox->sent) + sent);
	if (outbox_empty(outbox)) {
		/* Before it is returned: no send() is in flight, any source will do. */
		atomic_store_explicit(&slot->source, SOURCE_RING, memory_order_release);
		return_outbox(handler, client, outbox);
	}
}

static bool unpark(struct handler *handler, struct client *client);

static enum delivered push(struct handler *handler, struct client *client, uint64_t head)
{
	struct slot *slot = client->slot;

	for (;;) {
		struct parcel parcel = next_parcel(handler, client, head);
		ssize_t sent;

		if (!parcel.size) {
			if (word_get(&slot->parked) && unpark(handler, client))
				continue;
			return DELIVERED_ALL;
		}
		if (atomic_load_explicit(&slot->source, memory_order_relaxed) != parcel.source)
			atomic_store_explicit(&slot->source, parcel.source, memory_order_release);
		sent = send(client_fd(client), parcel.bytes, parcel.size,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0)
			return errno == EAGAIN || errno == ENOBUFS || errno == EINTR
				       ? DELIVERED_SOME
				       : DELIVERED_NONE;
		record(handler, client, &parcel, (size_t)sent);
		if ((size_t)sent < parcel.size)
			return DELIVERED_SOME;
	}
}

/*
 * A stuck client is overtaken.  The rest of the line that it is in goes to the front of its
 * outbox; its cursor stays at the line's end, and holds nobody any more.
 */
static void park(struct handler *handler, struct client *client)
{
	struct room *room = client->room;
	struct slot *slot = client->slot;
	struct redo *redo = &handler->redo;
	uint64_t cursor = word_get(&slot->cursor), next, lines;

	next = ring_next_line(&room->ring, cursor, room_head(room));
	pthread_mutex_lock(&room->lock);
	lines = room_lines_before(room, next);
	pthread_mutex_unlock(&room->lock);

	if (next != cursor) /* cursor + sent stays what it was: no byte is counted twice */
		outbox_put_front(intake_outbox(handler, client), redo, ring_at(&room->ring, cursor),
				 next - cursor);
	redo_put(redo, &slot->cursor, next);
	redo_put(redo, &slot->parked, lines + 1);
	redo_commit(redo);
	client->laggard = true;
}

static void log_skip(const struct client *client, uint64_t first, uint64_t last)
{
	char address[CLIENT_ADDRESS_MAX];

	log_event(LOG_INFO,
		  (&(struct log_fields){.message_id = MESSAGE_LINES_SKIPPED,
					.client_id = word_get(&client->slot->id),
					.address = client_address(client, address),
					.room = client->room->record->name}),
		  "client %s reads too slowly: skipped %llu lines", address,
		  (unsigned long long)(last - first + 1));
}

/*
 * A parked client reads again: it goes on in the newer half of the log (the very oldest line
 * would be in the way again at once) and is told what it missed.  False if it has left.
 */
static bool unpark(struct handler *handler, struct client *client)
{
	struct room *room = client->room;
	struct slot *slot = client->slot;
	struct redo *redo = &handler->redo;
	uint64_t cursor = word_get(&slot->cursor), to = cursor, head, first, last;
	char notice[128];
	int size = 0;

	if (client->state == CLIENT_LEAVES && client->until <= cursor)
		return false;

	pthread_mutex_lock(&room->lock); /* nobody writes: a place is chosen, then held */
	head = room_head(room);
	if (head - cursor > room->ring.size / 2)
		to = ring_next_line(&room->ring, head - room->ring.size / 2, head);
	first = word_get(&slot->parked);
	last = to == cursor ? first - 1 : room_lines_before(room, to);
	gate_hold(room, handler->index, to);
	pthread_mutex_unlock(&room->lock);

	if (last >= first) {
		size = snprintf(notice, sizeof(notice), "* %llu lines skipped (%s.%llu-%llu)\n",
				(unsigned long long)(last - first + 1), room->record->epoch,
				(unsigned long long)first, (unsigned long long)last);
		outbox_put_front(intake_outbox(handler, client), redo, notice, (size_t)size);
		log_skip(client, first, last);
	}
	redo_put(redo, &slot->base, word_get(&slot->base) + cursor + (uint64_t)size - to);
	redo_put(redo, &slot->cursor, to);
	redo_put(redo, &slot->parked, 0);
	redo_commit(redo);
	return true;
}

static void block(struct handler *handler, struct client *client)
{
	if (!client->blocked) {
		members_block(&handler_readers(handler, client)->members, &client->member);
		client->blocked = true;
	}
	handler_watch(handler, client);
}

static void unblock(struct handler *handler, struct client *client)
{
	if (client->blocked) {
		members_unblock(&handler_readers(handler, client)->members, &client->member);
		client->blocked = false;
	}
	handler_watch(handler, client);
}

bool delivery_serve(struct handler *handler, struct client *client, uint64_t head)
{
	if (client->broken)
		return true; /* nobody reads; its last words are still to be said */
	switch (push(handler, client, head)) {
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
	if (client->pauses & PAUSE_OUTBOX)
		return intake_resume(handler, client, PAUSE_OUTBOX);
	return true;
}

static struct client *member_at(const struct members *members, size_t place)
{
	return (struct client *)members->list[place]; /* its first member */
}

void delivery_flush(struct handler *handler, struct room *room)
{
	struct readers *readers = &room->readers[handler->index];
	struct members *members = &readers->members;
	uint64_t head = room_head(room);
	size_t i = 0;

	while (i < members->active) {
		struct client *client = member_at(members, i);

		delivery_serve(handler, client, head);
		/* Who has left or is blocked has been replaced by another one. */
		if (i < members->active && member_at(members, i) == client)
			i++;
	}
	readers->seen = head;
}

void delivery_publish(struct handler *handler, struct room *room)
{
	struct readers *readers = &room->readers[handler->index];
	const struct members *members = &readers->members;
	uint64_t min = members->count ? readers->seen : UINT64_MAX;

	for (size_t i = members->active; i < members->count; i++) {
		const struct slot *slot = member_at(members, i)->slot;

		if (!word_get(&slot->parked) && word_get(&slot->cursor) < min)
			min = word_get(&slot->cursor);
	}
	gate_publish(room, handler->index, min);
}

/* Far enough behind to be in the way now or soon: all laggards cost one grace together. */
static bool in_the_way(const struct room *room, const struct client *client)
{
	return !word_get(&client->slot->parked) &&
	       room_head(room) - word_get(&client->slot->cursor) > room->ring.size / 2;
}

uint64_t delivery_grace_due(const struct handler *handler, const struct room *room)
{
	const struct members *members = &room->readers[handler->index].members;
	uint64_t due = UINT64_MAX, over;

	if (!gate_is_shut(room))
		return UINT64_MAX;
	over = atomic_load(&room->gated_since) +
	       (uint64_t)limit_get(&handler->core->limits.slow_grace_ms);
	for (size_t i = members->active; i < members->count; i++) {
		if (!in_the_way(room, member_at(members, i)))
			continue;
		if (member_at(members, i)->laggard)
			return handler->now; /* is not waited for again */
		due = over;
	}
	return due;
}

void delivery_overtake(struct handler *handler, struct room *room)
{
	const struct members *members = &room->readers[handler->index].members;
	bool over, parked = false;

	if (!gate_is_shut(room) || members->active == members->count)
		return;
	over = handler->now >= atomic_load(&room->gated_since) +
				       (uint64_t)limit_get(&handler->core->limits.slow_grace_ms);
	for (size_t i = members->active; i < members->count; i++) {
		struct client *client = member_at(members, i);

		if ((over || client->laggard) && in_the_way(room, client)) {
			park(handler, client);
			parked = true;
		}
	}
	if (parked)
		delivery_publish(handler, room);
}
