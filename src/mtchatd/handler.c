/* handler.c - the thread that serves clients */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/clock.h"
#include "mtchatd/breaker.h"
#include "mtchatd/departure.h"
#include "mtchatd/handler.h"
#include "mtchatd/outbox.h"
#include "mtchatd/turn.h"

void handler_watch(struct handler *handler, struct client *client)
{
	struct epoll_event event = {.data.ptr = client};
	bool reads = client->state == CLIENT_DRAINS ||
		     (client->state == CLIENT_TALKS && !client->pauses && !client->ended &&
		      !(slot_has(client->slot, TRAIT_ECHO) && client->blocked));

	if (client->broken)
		return;
	event.events = (reads ? EPOLLIN : 0U) | (client->blocked ? EPOLLOUT : 0U);
	if (event.events == client->watched)
		return;
	client->watched = (uint8_t)event.events;
	epoll_ctl(handler->epoll_fd, EPOLL_CTL_MOD, client_fd(client), &event);
}

void handler_see_to(struct handler *handler, struct client *client)
{
	if (client->answering)
		return;
	client->answering = true;
	waitlist_add(&handler->answering, client, word_get(&client->slot->id));
}

struct client *handler_waited(const struct handler *handler, const struct waiting_client *entry)
{
	const struct core *core = handler->core;
	/* The client may be another handler's by now, but these two can be read by anybody. */
	const struct slot *slot = &core->slots[entry->client - core->clients];

	return word_get(&slot->id) == entry->id &&
			       atomic_load(&entry->client->handler) == handler_number(handler)
		       ? entry->client
		       : NULL;
}

/* -- the rooms that it serves -- */

void handler_attend(struct handler *handler, struct room *room)
{
	struct presence *presence = &room->presences[handler->index];

	if (presence->attended)
		return;
	if (handler->rooms_count == handler->rooms_capacity) {
		size_t capacity = handler->rooms_capacity ? 2 * handler->rooms_capacity : 8;

		handler->rooms = realloc(handler->rooms, capacity * sizeof(struct room *));
		if (!handler->rooms)
			abort(); /* as in join() */
		handler->rooms_capacity = capacity;
	}
	presence->attended = true;
	handler->rooms[handler->rooms_count++] = rooms_attend(&handler->core->rooms, room->number);
}

static bool has_business(const struct handler *handler, const struct room *room)
{
	for (int kind = 0; kind < RENDERINGS; kind++) {
		const struct readers *readers = &room->renderings[kind].readers[handler->index];

		if (readers->members.count || readers->waiting.count)
			return true;
	}
	return room->presences[handler->index].said;
}

void handler_tidy(struct handler *handler)
{
	for (size_t i = 0; i < handler->rooms_count;) {
		struct room *room = handler->rooms[i];

		if (has_business(handler, room)) {
			i++;
			continue;
		}
		room->presences[handler->index].attended = false;
		handler->rooms[i] = handler->rooms[--handler->rooms_count];
		rooms_attend_no_more(&handler->core->rooms, room);
	}
}

void handler_post(struct handler *handler, struct client *client, uint64_t id)
{
	pthread_mutex_lock(&handler->inbox_lock);
	waitlist_add(&handler->letters, client, id);
	atomic_store(&handler->has_mail, true);
	pthread_mutex_unlock(&handler->inbox_lock);
	waker_wake(handler->waker);
}

void handler_give(struct handler *handler, struct client *client)
{
	atomic_fetch_add_explicit(&handler->load, 1, memory_order_relaxed);
	pthread_mutex_lock(&handler->inbox_lock);
	client->next_in_inbox = handler->inbox;
	handler->inbox = client;
	atomic_store(&handler->has_mail, true);
	pthread_mutex_unlock(&handler->inbox_lock);
}

void handler_wake(struct handler *handler)
{
	waker_wake(handler->waker);
}

void handler_ask(struct handler *handler)
{
	atomic_fetch_add(&handler->asked, 1);
	waker_wake(handler->waker);
}

bool handler_answered(const struct handler *handler)
{
	return atomic_load(&handler->answered) == atomic_load(&handler->asked);
}

static void *run(void *arg)
{
	struct handler *handler = arg;

	/* The default slack of 50 us would make a nap of 20 us one of 73. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	if (turn(handler)) { /* with all clients that were here before */
		breaker_thread_serves(handler->core);
		while (turn(handler))
			continue;
	}
	if (!atomic_load(&handler->core->resting))
		departure_end_all(handler);
	return NULL;
}

/*
 * epoll_pwait2() is of Linux 5.11, and a filter of system calls may not know it: without it a
 * handler would serve nobody and never sleep.
 */
static int can_wait(const struct handler *handler)
{
	const struct timespec at_once = {0};
	struct epoll_event event;
	int n = epoll_pwait2(handler->epoll_fd, &event, 1, &at_once, NULL);

	return n < 0 ? -errno : 0;
}

static int prepare(struct handler *handler, struct core *core, int index)
{
	int r;

	handler->core = core;
	handler->index = index;
	handler->waker = &core->handler[index];
	handler->inbox_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	handler->redo = (struct redo){&core->records[index].redo, core->arena.bytes, 0};
	handler->hand = &core->records[index].hand;
	handler->now = clock_ms();
	handler->round = 2; /* so that nobody seems to have spoken in the round before */
	handler->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (handler->epoll_fd < 0)
		return -errno;
	handler->scratch = malloc(TEXT_GROWTH * (size_t)INPUT_SIZE); /* sparse, as the next */
	handler->letter = malloc(TEXT_GROWTH * (size_t)OUTBOX_CAPACITY);
	if (!handler->scratch || !handler->letter)
		return -ENOMEM;
	r = can_wait(handler);
	return r < 0 ? r : waker_watch(handler->waker, handler->epoll_fd, NULL);
}

int handler_new(struct handler **ret, struct core *core, int index)
{
	struct handler *handler = calloc(1, sizeof(*handler));
	int r;

	if (!handler)
		return -ENOMEM;
	r = prepare(handler, core, index);
	if (r < 0) {
		handler_free(handler);
		return r;
	}
	*ret = handler;
	return 0;
}

int handler_start(struct handler *handler)
{
	char name[16];
	int r = pthread_create(&handler->thread, NULL, run, handler);

	if (r)
		return -r;
	handler->started = true;
	snprintf(name, sizeof(name), "handler/%d", handler->index);
	pthread_setname_np(handler->thread, name);
	return 0;
}

void handler_join(struct handler *handler)
{
	if (!handler || !handler->started)
		return;
	pthread_join(handler->thread, NULL);
	handler->started = false;
}

void handler_free(struct handler *handler)
{
	if (!handler)
		return;
	if (handler->epoll_fd >= 0)
		close(handler->epoll_fd);
	members_done(&handler->roomless);
	waitlist_done(&handler->letters);
	waitlist_done(&handler->answering);
	waitlist_done(&handler->broken);
	waitlist_done(&handler->throttled);
	waitlist_done(&handler->leaving);
	waitlist_done(&handler->untold);
	free(handler->scratch);
	free(handler->letter);
	free(handler->rooms);
	free(handler);
}
