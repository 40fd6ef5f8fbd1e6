/* turn.c - one turn of a handler's loop */
#include <sys/epoll.h>
#include <time.h>

#include "common/deadline.h"
#include "mtchatd/arrival.h"
#include "mtchatd/delivery.h"
#include "mtchatd/departure.h"
#include "mtchatd/echo.h"
#include "mtchatd/gate.h"
#include "mtchatd/intake.h"
#include "mtchatd/links.h"
#include "mtchatd/overtake.h"
#include "mtchatd/turn.h"
#include "mtchatd/untold.h"

enum { EVENTS = 256 };

static const uint64_t for_ever = UINT64_MAX; /* ns */

static bool is_unread(const struct rendering *rendering, const struct readers *readers)
{
	return readers->members.count && rendering_head(rendering) != readers->seen;
}

static bool has_unread(const struct handler *handler, const struct room *room)
{
	for (int kind = 0; kind < RENDERINGS; kind++) {
		const struct rendering *rendering = &room->renderings[kind];

		if (is_unread(rendering, &rendering->readers[handler->index]))
			return true;
	}
	return false;
}

static bool room_has_news(const struct handler *handler, const struct room *room)
{
	for (int kind = 0; kind < RENDERINGS; kind++) {
		if (atomic_load(&room->renderings[kind].readers[handler->index].resume))
			return true;
	}
	return has_unread(handler, room);
}

/* Is there anything that epoll does not tell?  Between lying down and sleeping. */
static bool has_news(const struct handler *handler)
{
	for (size_t i = 0; i < handler->rooms_count; i++) {
		if (room_has_news(handler, handler->rooms[i]))
			return true;
	}
	return atomic_load(&handler->has_mail) || !handler_answered(handler) ||
	       (atomic_load(&handler->core->stopping) && !handler->stop_due) ||
	       atomic_load(&handler->core->resting) || handler->answering.count;
}

static bool broken_can_go_on(const struct handler *handler)
{
	for (size_t i = 0; i < handler->broken.count; i++) {
		const struct client *client = handler_waited(handler, &handler->broken.list[i]);

		if (client && !(client->pauses & ~PAUSE_OUTBOX))
			return true;
	}
	return false;
}

/* When the next thing is to be done that nobody will wake us for, ms. */
static uint64_t next_due(const struct handler *handler)
{
	uint64_t due = DEADLINE_NEVER;

	for (size_t i = 0; i < handler->rooms_count; i++) {
		for (int kind = 0; kind < RENDERINGS; kind++)
			due = deadline_earlier(due,
					       overtake_due(handler,
							    &handler->rooms[i]->renderings[kind]));
	}
	if (broken_can_go_on(handler))
		return handler->now;
	if (handler->throttled.count)
		due = deadline_earlier(due, handler->throttled_due);
	if (handler->leaving.count)
		due = deadline_earlier(due, handler->leaving_due);
	if (handler->untold.count)
		due = deadline_earlier(due, handler->untold_due);
	if (handler->look_due)
		due = deadline_earlier(due, handler->look_due);
	if (handler->stop_due)
		due = deadline_earlier(due, handler->stop_due);
	return due;
}

static int wait_for_events(struct handler *handler, struct epoll_event *events, uint64_t ns)
{
	const struct timespec timeout = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
	int n;

	n = epoll_pwait2(handler->epoll_fd, events, EVENTS, ns == for_ever ? NULL : &timeout, NULL);
	waker_get_up(handler->waker);
	return n;
}

static void handle_event(struct handler *handler, const struct epoll_event *event)
{
	struct client *client = event->data.ptr;

	if (!client) /* the waker: what it is about, the loop looks at anyway */
		return;
	if (event->events & (EPOLLERR | EPOLLHUP) &&
	    (!client->rendering || client->state != CLIENT_TALKS)) {
		departure_end(handler, client, client->reason ? client->reason : REASON_RESET);
		return;
	}
	if (event->events & (EPOLLERR | EPOLLHUP)) {
		departure_break(handler, client);
		return;
	}
	if (client->state == CLIENT_DRAINS) {
		departure_drain(handler, client);
	} else if (slot_has(client->slot, TRAIT_ECHO)) {
		echo_serve(handler, client);
	} else {
		if (event->events & EPOLLOUT &&
		    !delivery_serve(handler, client, rendering_head(client->rendering)))
			return;
		if (event->events & EPOLLIN && client->state == CLIENT_TALKS)
			intake_read(handler, client);
	}
}

/*
 * A descriptor is in the set once, so each client is in one batch once, and only the client
 * of an event is ended by it: no event of a batch is stale.
 */
static void handle_events(struct handler *handler, const struct epoll_event *events, int n)
{
	for (int i = 0; i < n; i++)
		handle_event(handler, &events[i]);
}

static void read_broken(struct handler *handler)
{
	struct waitlist broken = waitlist_take(&handler->broken);

	for (size_t i = 0; i < broken.count; i++) {
		struct client *client = handler_waited(handler, &broken.list[i]);

		/* Nobody takes its answers any more: they are no reason to wait. */
		if (!client || !intake_resume(handler, client, PAUSE_OUTBOX) ||
		    !intake_read(handler, client))
			continue;
		if (client->state == CLIENT_TALKS) {
			waitlist_add(&handler->broken, client, broken.list[i].id);
			continue;
		}
		departure_end(handler, client, client->reason);
	}
	waitlist_done(&broken);
}

static void resume_gated(struct handler *handler, struct rendering *rendering)
{
	struct readers *readers = &rendering->readers[handler->index];
	struct waitlist waiting;

	if (!atomic_exchange(&readers->resume, false))
		return;
	waiting = waitlist_take(&readers->waiting);
	for (size_t i = 0; i < waiting.count; i++) {
		struct client *client = handler_waited(handler, &waiting.list[i]);

		if (client && client->state == CLIENT_GONE)
			departure_finish(handler, client);
		else if (client)
			intake_resume(handler, client, PAUSE_GATE);
	}
	waitlist_done(&waiting);
}

static void resume_throttled(struct handler *handler)
{
	uint64_t first = handler->throttled_due;
	struct waitlist throttled;

	if (!handler->throttled.count || handler->now < first)
		return;
	throttled = waitlist_take(&handler->throttled);
	for (size_t i = 0; i < throttled.count; i++) {
		struct client *client = handler_waited(handler, &throttled.list[i]);

		if (!client)
			continue;
		client->throttled = false;
		if (deadline_whole(client->deadline, first) <= handler->now)
			intake_resume(handler, client, PAUSE_RATE);
		else
			intake_throttle(handler, client);
	}
	waitlist_done(&throttled);
}

static size_t receivers(const struct handler *handler, const struct room *room)
{
	size_t receivers = 0;

	for (int kind = 0; kind < RENDERINGS; kind++)
		receivers += room->renderings[kind].readers[handler->index].members.active;
	return receivers;
}

static bool is_shut(const struct room *room)
{
	return gate_is_shut(&room->renderings[RENDERING_TEXT]) ||
	       gate_is_shut(&room->renderings[RENDERING_JSON]);
}

/* Gives those who spoke lately a moment to speak again: pace.h. */
static void nap(struct handler *handler, struct room *room, struct epoll_event *events)
{
	struct pace *pace = &room->presences[handler->index].pace;
	uint64_t begin = clock_ns(), now = begin;
	uint64_t budget = pace_begin(pace, receivers(handler, room), begin);

	while (now - begin < budget && !is_shut(room) &&
	       pace_waits(pace, atomic_load_explicit(&room->spoken, memory_order_relaxed))) {
		bool waits;

		waker_lie_down(handler->waker); /* to be told when the room speaks elsewhere */
		waits = pace_waits(pace, atomic_load_explicit(&room->spoken, memory_order_relaxed));
		handle_events(handler, events,
			      wait_for_events(handler, events, waits ? budget - (now - begin) : 0));
		arrival_take_all(handler); /* who has just come may have said something, too */
		now = clock_ns();
	}
}

static void serve_room(struct handler *handler, struct room *room, struct epoll_event *events)
{
	struct presence *presence = &room->presences[handler->index];

	if (has_unread(handler, room))
		nap(handler, room, events);
	if (presence->said) { /* also if the one who said it has gone, and was our last one */
		presence->said = false;
		room_wake_others(room, handler->index);
	}
	if (!has_unread(handler, room))
		return;
	for (int kind = 0; kind < RENDERINGS; kind++) {
		struct rendering *rendering = &room->renderings[kind];

		if (is_unread(rendering, &rendering->readers[handler->index]))
			delivery_flush(handler, rendering);
	}
	pace_flushed(&presence->pace, atomic_load_explicit(&room->spoken, memory_order_relaxed),
		     atomic_load_explicit(&room->fresh, memory_order_relaxed), clock_ns());
	links_owe(handler);
}

static void serve_answers(struct handler *handler)
{
	struct waitlist answering = waitlist_take(&handler->answering);

	for (size_t i = 0; i < answering.count; i++) {
		struct client *client = handler_waited(handler, &answering.list[i]);

		if (!client)
			continue;
		client->answering = false;
		if (client->state == CLIENT_DRAINS || client->state == CLIENT_GONE)
			continue;
		if (slot_has(client->slot, TRAIT_ECHO))
			echo_serve(handler, client);
		else
			delivery_serve(handler, client, rendering_head(client->rendering));
		links_owe(handler);
	}
	waitlist_done(&answering);
}

static void look_for_stop(struct handler *handler)
{
	if (!atomic_load(&handler->core->stopping) || handler->stop_due)
		return;
	handler->stop_due = handler->now + (uint64_t)handler->core->tune.stop_ms;
	departure_stop(handler);
}

static bool has_ended(const struct handler *handler)
{
	if (atomic_load(&handler->core->resting)) /* between two calls, as good as any */
		return true;
	return handler->stop_due &&
	       (handler->now >= handler->stop_due ||
		(!atomic_load(&handler->load) && !atomic_load(&handler->has_mail)));
}

/* For each rendering of each room that the handler attends: those that come meanwhile, too. */
static void for_each_log(struct handler *handler,
			 void (*do_one)(struct handler *handler, struct rendering *rendering))
{
	for (size_t i = 0; i < handler->rooms_count; i++) {
		for (int kind = 0; kind < RENDERINGS; kind++)
			do_one(handler, &handler->rooms[i]->renderings[kind]);
	}
}

/* What writers must not overwrite. */
static void publish(struct handler *handler, struct rendering *rendering)
{
	gate_publish_clients(rendering, handler->index);
}

bool turn(struct handler *handler)
{
	struct epoll_event events[EVENTS];
	uint64_t due, wait = for_ever, asked;
	int n;

	waker_lie_down(handler->waker); /* first: a gate that is shut now gives us a date */
	due = next_due(handler);
	if (due != DEADLINE_NEVER)
		wait = due > handler->now ? (due - handler->now) * 1000000 : 0;
	n = wait_for_events(handler, events, has_news(handler) ? 0 : wait);

	handler->now = clock_ms();
	handler->time = clock_real_us();
	handler->round++;
	asked = atomic_load(&handler->asked);
	arrival_take_all(handler);
	handle_events(handler, events, n);
	read_broken(handler);
	for_each_log(handler, resume_gated);
	resume_throttled(handler);
	look_for_stop(handler);
	for (size_t i = 0; i < handler->rooms_count; i++)
		serve_room(handler, handler->rooms[i], events);
	serve_answers(handler);
	for_each_log(handler, publish);
	for_each_log(handler, overtake_laggards);
	departure_sweep(handler);
	untold_tell_due(handler);
	links_look(handler);
	handler_tidy(handler);
	atomic_store(&handler->answered, asked);
	return !has_ended(handler);
}
