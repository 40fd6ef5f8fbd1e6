/* handler.c - the thread that serves clients */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "mtchatd/breaker.h"
#include "mtchatd/crash.h"
#include "mtchatd/departure.h"
#include "mtchatd/gate.h"
#include "mtchatd/handler.h"
#include "mtchatd/intake.h"
#include "mtchatd/outbox.h"
#include "mtchatd/render.h"
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

void handler_list(struct waitlist *list, struct client *client, bool *listed)
{
	if (*listed)
		return;
	*listed = true;
	waitlist_add(list, client, word_get(&client->slot->id));
}

struct client *handler_waited(const struct handler *handler, const struct waiting_client *entry)
{
	const struct core *core = handler->core;
	/* The client may be another handler's by now, but an id can be read by anybody. */
	const struct slot *slot = &core->slots[entry->client - core->clients];

	return word_get(&slot->id) == entry->id ? entry->client : NULL;
}

/* A new client stands at the head: it sees what is said from now on. */
static void enter_at_head(struct handler *handler, struct client *client)
{
	struct room *room = client->room;
	struct slot *slot = client->slot;
	uint64_t head;

	pthread_mutex_lock(&room->lock);
	head = room_head(room);
	word_set(&slot->cursor, head);
	word_set(&slot->base, word_get(&slot->base) - head);
	gate_hold(room, handler->index, head);
	pthread_mutex_unlock(&room->lock);
}

/*
 * One that is back may be behind the active members it joins: it is served in this very turn, and
 * the minimum is not published before that.
 */
static int enter(struct handler *handler, struct client *client)
{
	struct readers *readers = client->room ? handler_readers(handler, client) : NULL;
	struct members *members = readers ? &readers->members : &handler->roomless;
	int r;

	if (slot_has(client->slot, TRAIT_DRAINS))
		members = &handler->roomless;
	r = members_reserve(members);
	if (r < 0)
		return r;
	if (client->room && client->arrival != ARRIVES_BACK)
		enter_at_head(handler, client);
	if (readers && !readers->members.count)
		readers->seen = room_head(client->room);
	members_add(members, &client->member);
	return 0;
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
	handler_list(&handler->answering, client, &client->answering);
	if (word_get(&slot->outbox) &&
	    outbox_waits(core_outbox(handler->core, word_get(&slot->outbox)))) {
		client->pauses |=
			PAUSE_OUTBOX; /* it asked for old lines, and is to have them first */
		handler_watch(handler, client);
		return;
	}
	if (client->room && (word_get(&slot->parsed) != word_get(&slot->received) ||
			     word_get(&slot->discarded) == DISCARD_ALL))
		intake_resume(handler, client, PAUSE_NONE);
}

/* The rest of a line that it may be in is lost: the notice begins a new one. */
static void tell_of_loss(struct handler *handler, struct client *client)
{
	static const char notice[] = "\n* lines may be missing here: the server began a new log\n";

	if (client->room)
		intake_tell(handler, client, notice, strlen(notice));
}

static void join(struct handler *handler, struct client *client)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};

	client->tokens.level = (uint32_t)limit_get(&handler->core->limits.rate_burst) * TOKEN;
	client->tokens.at = (uint32_t)handler->now;
	client->watched = EPOLLIN;
	if (enter(handler, client) < 0)
		abort(); /* no memory for 8 bytes: crash-only, all that lasts is in the arena */
	if (client->arrival == ARRIVES_LOST)
		tell_of_loss(handler, client);
	crash_point(CRASH_ENTERED);
	atomic_store_explicit(&client->slot->use, SLOT_LIVE, memory_order_release);
	crash_point(CRASH_LIVE);
	if (epoll_ctl(handler->epoll_fd, EPOLL_CTL_ADD, client_fd(client), &event) < 0) {
		departure_end(handler, client, "no watch left in the kernel");
		return;
	}
	if (client->arrival == ARRIVES_BACK)
		go_on(handler, client);
}

void handler_take_inbox(struct handler *handler)
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
			handler_list(&handler->answering, client, &client->answering);
	}
	waitlist_done(&letters);
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
	client->handler = handler;
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

static int prepare(struct handler *handler, struct core *core, int index)
{
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
	handler->scratch = malloc(TEXT_GROWTH * (size_t)INPUT_SIZE + RENDER_GROWTH); /* sparse */
	if (!handler->scratch)
		return -ENOMEM;
	return waker_watch(handler->waker, handler->epoll_fd, NULL);
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

void handler_free(struct handler *handler)
{
	if (!handler)
		return;
	if (handler->started)
		pthread_join(handler->thread, NULL);
	if (handler->epoll_fd >= 0)
		close(handler->epoll_fd);
	members_done(&handler->roomless);
	waitlist_done(&handler->letters);
	waitlist_done(&handler->answering);
	waitlist_done(&handler->broken);
	waitlist_done(&handler->throttled);
	waitlist_done(&handler->leaving);
	free(handler->scratch);
	free(handler);
}
