/* handler.c - the thread that serves clients */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "mtchatd/departure.h"
#include "mtchatd/gate.h"
#include "mtchatd/handler.h"
#include "mtchatd/render.h"
#include "mtchatd/turn.h"

void handler_watch(struct handler *handler, struct client *client)
{
	struct epoll_event event = {.data.ptr = client};
	bool reads = client->state == CLIENT_DRAINS ||
		     (client->state == CLIENT_TALKS && !client->pauses && !client->ended &&
		      !(client->slot->echo && client->blocked));

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
static int enter_room(struct handler *handler, struct client *client)
{
	struct room *room = client->room;
	struct readers *readers = handler_readers(handler, client);
	uint64_t head;
	int r = members_reserve(&readers->members);

	if (r < 0)
		return r;
	pthread_mutex_lock(&room->lock);
	head = room_head(room);
	word_set(&client->slot->cursor, head);
	word_set(&client->slot->base, -head);
	gate_hold(room, handler->index, head);
	pthread_mutex_unlock(&room->lock);

	if (!readers->members.count)
		readers->seen = head;
	members_add(&readers->members, &client->member);
	return 0;
}

static int enter_roomless(struct handler *handler, struct client *client)
{
	int r = members_reserve(&handler->roomless);

	if (r >= 0)
		members_add(&handler->roomless, &client->member);
	return r;
}

static void join(struct handler *handler, struct client *client)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
	int r;

	client->tokens.level = (uint32_t)limit_get(&handler->core->limits.rate_burst) * TOKEN;
	client->tokens.at = (uint32_t)handler->now;
	client->watched = EPOLLIN;
	r = client->room ? enter_room(handler, client) : enter_roomless(handler, client);
	if (r < 0)
		abort(); /* no memory for 8 bytes: crash-only, all that lasts is in the arena */
	atomic_store_explicit(&client->slot->use, SLOT_LIVE, memory_order_release);
	if (epoll_ctl(handler->epoll_fd, EPOLL_CTL_ADD, client_fd(client), &event) < 0)
		departure_end(handler, client, "no watch left in the kernel");
}

void handler_take_inbox(struct handler *handler)
{
	struct client *client, *next;

	if (!atomic_load_explicit(&handler->has_mail, memory_order_relaxed))
		return;
	pthread_mutex_lock(&handler->inbox_lock);
	client = handler->inbox;
	handler->inbox = NULL;
	atomic_store(&handler->has_mail, false);
	pthread_mutex_unlock(&handler->inbox_lock);
	for (; client; client = next) {
		next = client->next_in_inbox;
		join(handler, client);
	}
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
	while (turn(handler))
		continue;
	departure_end_all(handler);
	return NULL;
}

static void handler_free(struct handler *handler)
{
	if (handler->epoll_fd >= 0)
		close(handler->epoll_fd);
	members_done(&handler->roomless);
	waitlist_done(&handler->answering);
	waitlist_done(&handler->broken);
	waitlist_done(&handler->throttled);
	waitlist_done(&handler->leaving);
	free(handler->scratch);
	free(handler);
}

static int start_thread(struct handler *handler)
{
	char name[16];
	int r = pthread_create(&handler->thread, NULL, run, handler);

	if (r)
		return -r;
	snprintf(name, sizeof(name), "handler/%d", handler->index);
	pthread_setname_np(handler->thread, name);
	return 0;
}

static int prepare(struct handler *handler, struct core *core, int index)
{
	handler->core = core;
	handler->index = index;
	handler->waker = &core->handler[index];
	handler->inbox_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	handler->redo = (struct redo){.record = &core->records[index], .arena = core->arena.bytes};
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

int handler_start(struct handler **ret, struct core *core, int index)
{
	struct handler *handler = calloc(1, sizeof(*handler));
	int r;

	if (!handler)
		return -ENOMEM;
	r = prepare(handler, core, index);
	if (r >= 0)
		r = start_thread(handler);
	if (r < 0) {
		handler_free(handler);
		return r;
	}
	*ret = handler;
	return 0;
}

void handler_join(struct handler *handler)
{
	if (!handler)
		return;
	pthread_join(handler->thread, NULL);
	handler_free(handler);
}
