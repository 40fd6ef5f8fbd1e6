/* arrival.c - how clients come to a handler: new, back, moved, or with only their farewell due */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "mtchatd/arrival.h"
#include "mtchatd/crash.h"
#include "mtchatd/departure.h"
#include "mtchatd/echo.h"
#include "mtchatd/feed.h"
#include "mtchatd/gate.h"
#include "mtchatd/intake.h"
#include "mtchatd/move.h"
#include "mtchatd/outbox.h"
#include "mtchatd/untold.h"

/* A new client stands at the head: it sees what is said from now on. */
static void enter_at_head(struct handler *handler, struct client *client)
{
	struct rendering *rendering = client->rendering;
	struct room *room = rendering->room;
	struct slot *slot = client->slot;
	uint64_t head;

	pthread_mutex_lock(&room->lock);
	rendering_fill(rendering, &handler->redo, room_lines(room));
	redo_commit(&handler->redo);
	head = rendering_head(rendering);
	word_set(&slot->cursor, head);
	word_set(&slot->base, word_get(&slot->base) - head);
	gate_hold(rendering, handler->index, head);
	pthread_mutex_unlock(&room->lock);
}

/*
 * One that is back may be behind the active members it joins: it is served in this very turn, and
 * the minimum is not published before that.
 */
static int enter(struct handler *handler, struct client *client)
{
	struct readers *readers = client->rendering ? handler_readers(handler, client) : NULL;
	struct members *members = readers ? &readers->members : &handler->roomless;
	int r;

	if (slot_has(client->slot, TRAIT_DRAINS))
		members = &handler->roomless;
	r = members_reserve(members, handler->core->clients);
	if (r < 0)
		return r;
	if (readers)
		handler_attend(handler, client->rendering->room);
	if (readers && client->arrival != ARRIVES_BACK)
		enter_at_head(handler, client);
	if (readers && !readers->members.count)
		readers->seen = rendering_head(client->rendering);
	members_add(members, client);
	return 0;
}

/* How long nobody was there: for JSON Lines. */
static void tell_of_restart(struct handler *handler, struct client *client)
{
	const struct core *core = handler->core;
	struct answer answer;

	answer_init(&answer, client->rendering->kind);
	answer_restarted(&answer, core->gap_ms != GAP_UNKNOWN, core->gap_ms);
	feed_answer_now(handler, client, &answer);
}

/* Has it lost its name to its own new connection? */
static bool is_replaced(const struct handler *handler, const struct client *client)
{
	return slot_has(client->slot, TRAIT_NAMED) &&
	       tag_is_lost(&handler->core->tags[core_number(handler->core, client->slot)]);
}

/* Somebody has done something to it: there is a letter, or it has another name, or none. */
static void look_at(struct handler *handler, struct client *client)
{
	handler_see_to(handler, client);
	client->announces = client->rendering && slot_has(client->slot, TRAIT_NAMED);
	if (client->state == CLIENT_TALKS && is_replaced(handler, client))
		departure_begin(handler, client, REASON_TAKEN_OVER);
}

/* Goes on where the process before us died: what it owes, what it had heard. */
static void go_on(struct handler *handler, struct client *client)
{
	const struct slot *slot = client->slot;

	client->laggard = word_get(&slot->parked) != 0;
	if (slot_has(slot, TRAIT_DRAINS)) {
		departure_drain_again(handler, client);
		return;
	}
	look_at(handler, client);
	if (!client->rendering || client->state != CLIENT_TALKS)
		return;
	if (word_get(&slot->discarded) == DISCARD_PARTED) {
		departure_begin(handler, client, REASON_CLOSED);
		return;
	}
	if (client->rendering->kind == RENDERING_JSON)
		tell_of_restart(handler, client);
	if (slot_outbox(slot) && outbox_waits(core_outbox(handler->core, slot_outbox(slot)))) {
		client->pauses |= PAUSE_OUTBOX; /* what it asked for, it is to have first */
		handler_watch(handler, client);
		return;
	}
	if (word_get(&slot->parsed) != word_get(&slot->received) || slot_is_deaf(slot))
		intake_resume(handler, client, PAUSE_NONE);
}

/* The rest of a line that it may be in is lost: the notice begins a new one. */
static void tell_of_loss(struct handler *handler, struct client *client)
{
	struct answer answer;

	if (!client->rendering)
		return;
	answer_init(&answer, client->rendering->kind);
	answer.text[answer.size++] = '\n';
	answer_notice(&answer, "lost", "lines may be missing here: the server began a new log");
	feed_answer_now(handler, client, &answer);
}

/* From now on whoever has something for it posts it here; what was there before is served now. */
static void belong(struct handler *handler, struct client *client)
{
	pthread_mutex_lock(&handler->core->mail);
	atomic_store(&client->handler, handler_number(handler));
	pthread_mutex_unlock(&handler->core->mail);
}

static bool watch_first(struct handler *handler, struct client *client)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};

	client->watched = EPOLLIN;
	if (epoll_ctl(handler->epoll_fd, EPOLL_CTL_ADD, client_fd(client), &event) >= 0)
		return true;
	departure_end(handler, client, REASON_NO_WATCH);
	return false;
}

/* It has left a room of another handler, and is in none. */
static void join_moved(struct handler *handler, struct client *client)
{
	move_in(handler, client);
	belong(handler, client);
	if (!watch_first(handler, client))
		return;
	handler_watch(handler, client);
	look_at(handler, client);
	if (handler->stop_due)
		departure_stop_one(handler, client);
}

static void join(struct handler *handler, struct client *client)
{
	if (client->arrival == ARRIVES_GONE) {
		belong(handler, client);
		departure_finish(handler, client);
		return;
	}
	if (client->arrival == ARRIVES_MOVED) {
		join_moved(handler, client);
		return;
	}
	client->tokens.level = (uint32_t)limit_get(&handler->core->limits.rate_burst) * TOKEN;
	client->tokens.at = client->commands_due = (uint32_t)handler->now;
	if (enter(handler, client) < 0)
		abort(); /* no memory for 4 bytes: crash-only, all that lasts is in the arena */
	belong(handler, client);
	if (slot_has(client->slot, TRAIT_UNTOLD))
		untold_add(handler, client);
	if (client->arrival == ARRIVES_LOST)
		tell_of_loss(handler, client);
	crash_point(CRASH_ENTERED);
	atomic_store_explicit(&client->slot->use, SLOT_LIVE, memory_order_release);
	crash_point(CRASH_LIVE);
	if (!watch_first(handler, client) || (!client->rendering && !echo_begin(handler, client)))
		return;
	if (client->arrival == ARRIVES_BACK)
		go_on(handler, client);
}

void arrival_take_all(struct handler *handler)
{
	struct client *client, *next;
	struct waitlist letters;

	if (!atomic_load_explicit(&handler->has_mail, memory_order_relaxed))
		return;
	pthread_mutex_lock(&handler->inbox_lock);
	client = handler->inbox;
	handler->inbox = NULL;
	letters = waitlist_take(&handler->letters);
	atomic_store(&handler->has_mail, false);
	pthread_mutex_unlock(&handler->inbox_lock);
	for (; client; client = next) {
		next = client->next_in_inbox;
		join(handler, client);
	}
	for (size_t i = 0; i < letters.count; i++) {
		client = handler_waited(handler, &letters.list[i]);
		if (client)
			look_at(handler, client);
	}
	waitlist_done(&letters);
}
