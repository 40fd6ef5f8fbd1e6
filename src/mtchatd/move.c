/* move.c - a client goes to another log: of another room, or in another rendering */
#include <stdlib.h>
#include <sys/epoll.h>

#include "common/log.h"
#include "mtchatd/answer.h"
#include "mtchatd/crash.h"
#include "mtchatd/gate.h"
#include "mtchatd/move.h"
#include "mtchatd/outbox.h"
#include "mtchatd/untold.h"

int move_least_loaded(const struct core *core)
{
	int best = 0;

	for (int i = 1; i < core->handlers; i++) {
		if (atomic_load_explicit(&core->crew[i]->load, memory_order_relaxed) <
		    atomic_load_explicit(&core->crew[best]->load, memory_order_relaxed))
			best = i;
	}
	return best;
}

struct handler *move_home(const struct core *core, const struct room *room)
{
	if (room && atomic_load(&room->clients) < (unsigned)core->tune.split_members)
		return core->crew[room->home];
	return core->crew[move_least_loaded(core)];
}

/*
 * Where it goes on.  In another room: at the head.  In another rendering of its own room: behind
 * what it has got, if that is held; what is not is missed.  Under the room's lock.
 */
struct landing {
	struct rendering_at at;
	uint64_t heard; /* lines of the room, until its command took effect */
};

static struct landing choose(const struct client *client, const struct rendering *to)
{
	const struct rendering *from = client->rendering;
	uint64_t parked = word_get(&client->slot->parked);
	struct landing landing = {.at = rendering_end(to), .heard = room_lines(to->room)};

	if (from->room != to->room || client->broken)
		return landing;
	landing.heard = parked ? parked - 1
			       : rendering_at(from, word_get(&client->slot->cursor)).lines;
	if (rendering_is_filled(to))
		landing.at = rendering_after(to, landing.heard);
	return landing;
}

static void greet(struct answer *answer, const struct handler *handler, const struct client *client,
		  const struct rendering *to, const struct landing *landing)
{
	struct core *core = handler->core;
	const struct room *room = to->room;
	const struct slot *slot = client->slot;
	char key[KEY_SIZE];

	key_of(key, core->legacy->secret, word_get(&slot->id));
	answer_init(answer, to->kind);
	names_lock(&core->names);
	answer_hello(answer, &(struct hello){
				     .room = room->record->name,
				     .epoch = room->record->epoch,
				     .number = landing->heard,
				     .clients = atomic_load(&room->clients) +
						(client->rendering->room != room),
				     .you = slot_has(slot, TRAIT_NAMED)
						    ? tag_text(&core->tags[core_number(core, slot)])
						    : "",
				     .key = key,
				     .max_line = (unsigned)limit_get(&core->limits.max_line),
			     });
	names_unlock(&core->names);
	if (landing->at.lines > landing->heard)
		answer_skip(answer, room->record->epoch, landing->heard + 1,
			    landing->at.lines - landing->heard);
}

/* Its place in both logs, and the greeting: by one commit, under the lock of the new room. */
static void commit(struct handler *handler, struct client *client, struct outbox *outbox,
		   struct rendering *to, uint32_t log)
{
	struct slot *slot = client->slot;
	struct redo *redo = &handler->redo;
	uint64_t cursor = word_get(&slot->cursor);
	const struct landing landing = choose(client, to);
	struct answer answer;

	rendering_fill(to, redo, room_lines(to->room));
	gate_hold(to, handler->index, landing.at.offset);
	pthread_mutex_lock(&handler->core->mail);
	greet(&answer, handler, client, to, &landing);
	if (client->broken) /* nobody reads it, and the log may overrun its cursor */
		answer.size = 0;
	if (answer.size)
		outbox_put_front(outbox, redo, answer.text, answer.size);
	outbox_put_turned(outbox, redo, true);
	redo_put(redo, &slot->base,
		 word_get(&slot->base) + cursor + answer.size - landing.at.offset);
	redo_put(redo, &slot->cursor, landing.at.offset);
	redo_put(redo, &slot->parked, client->broken ? room_lines(to->room) + 1 : 0);
	redo_put(redo, &slot->said_until, 0);
	redo_put(redo, &slot->ties, slot_ties(log, slot_outbox(slot)));
	crash_point(CRASH_MOVING);
	redo_commit(redo);
	client->rendering = to;
	pthread_mutex_unlock(&handler->core->mail);
}

/* It is in no room's list of readers; its old room may still have it as a user. */
static void enter(struct handler *handler, struct client *client, struct outbox *outbox,
		  uint32_t log)
{
	struct rendering *from = client->rendering, *to = core_log(handler->core, log);
	struct readers *readers = &to->readers[handler->index];
	bool leaves = from->room != to->room;

	if (members_reserve(&readers->members, handler->core->clients) < 0)
		abort(); /* no memory for 4 bytes: crash-only, it moves in the next process */
	handler_attend(handler, to->room);
	pthread_mutex_lock(&to->room->lock);
	commit(handler, client, outbox, to, log);
	pthread_mutex_unlock(&to->room->lock);
	crash_point(CRASH_MOVED_IN);

	if (!readers->members.count)
		readers->seen = word_get(&client->slot->cursor);
	members_add(&readers->members, client);
	client->blocked = false;
	client->laggard = false;
	client->announces = slot_has(client->slot, TRAIT_NAMED);
	if (!leaves)
		return;
	atomic_fetch_add(&to->room->clients, 1);
	atomic_fetch_sub(&from->room->clients, 1);
	rooms_leave(&handler->core->rooms, from->room);
}

static void hand_over(struct handler *handler, struct client *client, struct handler *to)
{
	struct slot *slot = client->slot;

	untold_tell(client, LOG_INFO); /* the next handler has it on no list */
	/* The old log may overrun its cursor now, and the next process must not wonder at that. */
	if (!word_get(&slot->parked))
		word_set(&slot->parked, room_lines(client->rendering->room) + 1);
	crash_point(CRASH_HANDED_OVER);
	epoll_ctl(handler->epoll_fd, EPOLL_CTL_DEL, client_fd(client), NULL);
	members_remove(&handler_readers(handler, client)->members, client);
	client->blocked = client->answering = client->throttled = false;
	client->arrival = ARRIVES_MOVED;
	atomic_fetch_sub_explicit(&handler->load, 1, memory_order_relaxed);
	pthread_mutex_lock(&handler->core->mail);
	atomic_store(&client->handler, 0);
	pthread_mutex_unlock(&handler->core->mail);
	handler_give(to, client);
	handler_wake(to);
}

enum moved move_when_due(struct handler *handler, struct client *client, struct outbox *outbox)
{
	struct handler *home;
	uint32_t log;

	if (client->state != CLIENT_TALKS || !outbox_moves(outbox, &log) ||
	    !outbox_turns(outbox, word_get(&client->slot->cursor)))
		return MOVED_NOT;
	home = move_home(handler->core, core_room(handler->core, log_room(log)));
	if (home != handler && log_room(log) != client->rendering->room->number) {
		hand_over(handler, client, home);
		return MOVED_AWAY;
	}
	members_remove(&handler_readers(handler, client)->members, client);
	enter(handler, client, outbox, log);
	return MOVED_HERE;
}

void move_in(struct handler *handler, struct client *client)
{
	struct outbox *outbox = core_outbox(handler->core, slot_outbox(client->slot));
	uint32_t log;

	if (outbox_moves(outbox, &log))
		enter(handler, client, outbox, log);
}

bool move_at_once(struct handler *handler, struct client *client)
{
	const struct slot *slot = client->slot;
	struct outbox *outbox;
	uint32_t log;

	if (!slot_outbox(slot))
		return false;
	outbox = core_outbox(handler->core, slot_outbox(slot));
	if (!outbox_moves(outbox, &log))
		return false;
	members_remove(&handler_readers(handler, client)->members, client);
	enter(handler, client, outbox, log);
	return true;
}
