/* departure.c - how a client goes: in peace, broken, or out of time */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/deadline.h"
#include "common/log.h"
#include "mtchatd/crash.h"
#include "mtchatd/departure.h"
#include "mtchatd/farewell.h"
#include "mtchatd/feed.h"
#include "mtchatd/messages.h"
#include "mtchatd/outbox.h"
#include "mtchatd/sums.h"
#include "mtchatd/untold.h"

enum { DRAIN_ROUNDS = 16 }; /* times 16 KiB: then the others have their turn */

static struct members *members_of(struct handler *handler, const struct client *client)
{
	bool reads = client->rendering && client->state != CLIENT_DRAINS;

	return reads ? &handler_readers(handler, client)->members : &handler->roomless;
}

static void log_departure(struct handler *handler, struct client *client, enum reason reason)
{
	const struct slot *slot = client->slot;
	char address[PEER_NAME_MAX];
	uint64_t now = clock_boot_us();
	uint64_t duration = now > slot->since ? (now - slot->since) / 1000 : 0;
	uint64_t in = word_get(&slot->received), out = sums_accepted(handler->core, slot);
	bool silent = slot_has(slot, TRAIT_UNTOLD) && !in && !out; /* a health check, say */
	int level = silent ? LOG_DEBUG : LOG_INFO;

	untold_tell(client, level);
	log_event(level,
		  (&(struct log_fields){
			  .message_id = MESSAGE_CLIENT_DISCONNECTED,
			  .client_id = word_get(&slot->id),
			  .address = peer_name(&client->slot->peer, address),
			  .room = client->rendering ? client->rendering->room->record->name : NULL,
			  .reason = reason_text(reason),
			  .duration_ms = duration,
			  .bytes_in = in,
			  .bytes_out = out,
		  }),
		  "client %s left: %s", address, reason_text(reason));
}

static void return_buffers(struct core *core, struct slot *slot)
{
	uint32_t input = slot->input, outbox;

	slot->input = 0;
	pthread_mutex_lock(&core->mail);
	outbox = slot_outbox(slot);
	word_set(&slot->ties, slot_ties(slot_log(slot), 0));
	pthread_mutex_unlock(&core->mail);
	if (input)
		pool_give(&core->inputs, input, true);
	if (outbox)
		pool_give(&core->outboxes, outbox, true);
}

/* Its place is free. */
static void free_place(struct handler *handler, struct client *client)
{
	struct core *core = handler->core;
	struct slot *slot = client->slot;
	struct rendering *rendering = client->rendering;

	word_set(&slot->id, 0);
	slot->use = SLOT_FREE;
	atomic_fetch_sub_explicit(&handler->load, 1, memory_order_relaxed);
	admission_give(&core->admission, peer_counted(&slot->peer), core_number(core, slot));
	if (atomic_load(&core->acceptor_waits))
		waker_wake(&core->acceptor);
	if (!rendering)
		return;
	atomic_fetch_sub(&rendering->room->clients, 1);
	rooms_leave(&core->rooms, rendering->room);
}

void departure_finish(struct handler *handler, struct client *client)
{
	struct rendering *full = farewell(handler, client);

	client->state = CLIENT_GONE;
	if (full) { /* its log is full of unread lines: its place is kept until they are read */
		handler_wait(handler, client, full);
		return;
	}
	if (slot_outbox(client->slot)) /* while it waited, somebody wrote to it */
		return_buffers(handler->core, client->slot);
	free_place(handler, client);
}

/* A room that it was on its way to needs not be kept for it. */
static void forget_move(struct core *core, const struct slot *slot)
{
	uint32_t log;

	if (slot_outbox(slot) && outbox_moves(core_outbox(core, slot_outbox(slot)), &log) &&
	    log_room(log) != log_room(slot_log(slot)))
		rooms_leave(&core->rooms, core_room(core, log_room(log)));
}

void departure_end(struct handler *handler, struct client *client, enum reason reason)
{
	struct core *core = handler->core;
	struct slot *slot = client->slot;
	int fd = client_fd(client);

	log_departure(handler, client, reason);
	client->reason = (uint8_t)reason;
	slot->use = SLOT_CLOSING;
	crash_point(CRASH_CLOSING);
	/* Before close(): the set keeps a descriptor that somebody else has a copy of. */
	if (!client->broken)
		epoll_ctl(handler->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	members_remove(members_of(handler, client), client);
	forget_move(core, slot);
	return_buffers(core, slot);
	shutdown(fd, SHUT_RDWR); /* close() alone hangs up only if nobody has a copy */
	crash_point(CRASH_SHUT);
	close(fd);
	crash_point(CRASH_CLOSED);
	departure_finish(handler, client);
}

void departure_break(struct handler *handler, struct client *client)
{
	if (client->broken)
		return;
	epoll_ctl(handler->epoll_fd, EPOLL_CTL_DEL, client_fd(client), NULL);
	client->broken = true;
	/* The log will overrun its cursor, and the next process must not wonder at that. */
	if (client->rendering && !word_get(&client->slot->parked))
		word_set(&client->slot->parked, room_lines(client->rendering->room) + 1);
	if (client->blocked) { /* it is not served any more, and holds nobody */
		members_unblock(members_of(handler, client), client);
		client->blocked = false;
	}
	waitlist_add(&handler->broken, client, word_get(&client->slot->id));
}

/* The position in the log after which nothing more is its due: its own last line and its last
 * answer have gone out, and no line is cut. */
static uint64_t last_due(const struct handler *handler, const struct client *client)
{
	const struct slot *slot = client->slot;
	uint64_t cursor = word_get(&slot->cursor), until = word_get(&slot->said_until);
	uint64_t line = cursor;

	if (!word_get(&slot->parked))
		line = ring_next_line(&client->rendering->ring, cursor,
				      rendering_head(client->rendering));
	if (slot_outbox(slot)) {
		uint64_t due = outbox_last_due(core_outbox(handler->core, slot_outbox(slot)));

		if (due > until)
			until = due;
	}
	return until > line ? until : line;
}

static void leave_until(struct handler *handler, struct client *client, uint64_t until,
			enum reason reason, uint64_t time_ms)
{
	uint64_t due = handler->now + time_ms;

	client->state = CLIENT_LEAVES;
	client->until = until;
	client->reason = (uint8_t)reason;
	client->deadline = (uint32_t)due;
	if (!handler->leaving.count || due < handler->leaving_due)
		handler->leaving_due = due;
	waitlist_add(&handler->leaving, client, word_get(&client->slot->id));
	handler_see_to(handler, client); /* perhaps it has all */
	handler_watch(handler, client);
}

/* Those who take it for a line of the room, and those whom the room knows, part with a word. */
static void part(struct handler *handler, struct client *client, enum reason reason)
{
	const struct slot *slot = client->slot;

	if (client->rendering->kind != RENDERING_JSON && !slot_has(slot, TRAIT_NAMED))
		return;
	if (word_get(&slot->discarded) != DISCARD_PARTED)
		feed_part_now(handler, client, reason);
}

void departure_begin(struct handler *handler, struct client *client, enum reason reason)
{
	bool owed = client->rendering && !client->broken;

	client->reason = (uint8_t)reason; /* its room is told of it */
	if (owed && client->state == CLIENT_TALKS)
		part(handler, client, reason);
	leave_until(handler, client, owed ? last_due(handler, client) : 0, reason,
		    (uint64_t)handler->core->tune.linger_ms);
}

void departure_drain_again(struct handler *handler, struct client *client)
{
	leave_until(handler, client, 0, REASON_CLOSED, (uint64_t)handler->core->tune.linger_ms);
	shutdown(client_fd(client), SHUT_WR);
	client->state = CLIENT_DRAINS;
	handler_watch(handler, client);
}

bool departure_drain(struct handler *handler, struct client *client)
{
	char rest[16 << 10];

	for (int i = 0; i < DRAIN_ROUNDS; i++) {
		ssize_t n = recv(client_fd(client), rest, sizeof(rest), MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN && !handler->stop_due)
			return true;
		if (n <= 0) {
			departure_end(handler, client, client->reason);
			return false;
		}
	}
	return true;
}

bool departure_delivered(struct handler *handler, struct client *client)
{
	if (client->closed || members_reserve(&handler->roomless, handler->core->clients) < 0) {
		departure_end(handler, client, client->reason);
		return false;
	}
	if (client->rendering) {
		members_remove(members_of(handler, client), client);
		members_add(&handler->roomless, client);
	}
	slot_give_trait(client->slot, TRAIT_DRAINS);
	crash_point(CRASH_DRAINING);
	shutdown(client_fd(client), SHUT_WR);
	crash_point(CRASH_FIN_SENT);
	client->state = CLIENT_DRAINS;
	handler_watch(handler, client);
	return departure_drain(handler, client);
}

void departure_sweep(struct handler *handler)
{
	struct waitlist leaving;
	uint64_t first, due;

	if (!handler->leaving.count || handler->now < handler->leaving_due)
		return;
	first = handler->leaving_due;
	leaving = waitlist_take(&handler->leaving);
	for (size_t i = 0; i < leaving.count; i++) {
		struct client *client = handler_waited(handler, &leaving.list[i]);

		if (!client || client->state == CLIENT_GONE) /* closed: its farewell is due */
			continue;
		due = deadline_whole(client->deadline, first);
		if (due <= handler->now) {
			departure_end(handler, client,
				      client->state == CLIENT_DRAINS ? client->reason
								     : REASON_NOT_TAKEN);
			continue;
		}
		if (!handler->leaving.count || due < handler->leaving_due)
			handler->leaving_due = due;
		waitlist_add(&handler->leaving, client, leaving.list[i].id);
	}
	waitlist_done(&leaving);
}

static void tell_stop(struct handler *handler, struct client *client)
{
	struct answer answer;

	answer_init(&answer, client->rendering->kind);
	answer_notice(&answer, "stopping", "server stopping");
	feed_answer_now(handler, client, &answer);
}

void departure_stop_one(struct handler *handler, struct client *client)
{
	uint64_t left = handler->stop_due - handler->now;

	if (client->state == CLIENT_DRAINS || client->broken) {
		departure_end(handler, client, REASON_STOPPING);
		return;
	}
	if (client->rendering && client->state == CLIENT_TALKS) {
		if (slot_has(client->slot, TRAIT_COMMANDER))
			tell_stop(handler, client);
		part(handler, client, REASON_STOPPING);
	}
	leave_until(handler, client, client->rendering ? rendering_head(client->rendering) : 0,
		    REASON_STOPPING, left);
}

/* Calls do_one() for every client of the handler; it may end the one that it is called for. */
static void for_each_client(struct handler *handler, struct members *members,
			    void (*do_one)(struct handler *handler, struct client *client))
{
	size_t i = 0;

	while (i < members->count) {
		uint32_t number = members->list[i];

		do_one(handler, client_at(members, i));
		if (i < members->count && members->list[i] == number)
			i++;
	}
}

static void for_all(struct handler *handler,
		    void (*do_one)(struct handler *handler, struct client *client))
{
	for (size_t i = 0; i < handler->rooms_count; i++) {
		struct rendering *renderings = handler->rooms[i]->renderings;

		for (int kind = 0; kind < RENDERINGS; kind++)
			for_each_client(handler, &renderings[kind].readers[handler->index].members,
					do_one);
	}
	for_each_client(handler, &handler->roomless, do_one);
}

void departure_stop(struct handler *handler)
{
	for_all(handler, departure_stop_one);
}

static void end_one(struct handler *handler, struct client *client)
{
	departure_end(handler, client, REASON_NOT_TAKEN);
}

void departure_end_all(struct handler *handler)
{
	for_all(handler, end_one);
}
