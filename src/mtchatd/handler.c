/* handler.c - who serves clients, and which ones */
#include <stdlib.h>
#include <sys/epoll.h>

#include "common/log.h"
#include "mtchatd/gate.h"
#include "mtchatd/handler.h"
#include "mtchatd/messages.h"

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

void handler_wait(struct handler *handler, struct client *client, struct rendering *full)
{
	const char *name = full->room->record->name;

	handler_attend(handler, full->room); /* to see that it opens */
	waitlist_add(&full->readers[handler->index].waiting, client, word_get(&client->slot->id));
	client->pauses |= PAUSE_GATE;
	if (gate_shut(full, handler->index, handler->now))
		log_event(LOG_DEBUG,
			  (&(struct log_fields){.message_id = MESSAGE_ROOM_WAITS, .room = name}),
			  "the log of %s is full of unread lines: those who talk wait", name);
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
