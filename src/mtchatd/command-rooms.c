/* command-rooms.c - the commands that lead to another log: /join, /json */
#include <errno.h>

#include "mtchatd/admission.h"
#include "mtchatd/command.h"
#include "mtchatd/feed.h"
#include "mtchatd/move.h"
#include "mtchatd/rooms.h"

/* Is that the room where the client is?  It uses it, so that its number stays its own. */
static bool is_own(struct core *core, const struct room *own, const struct name *name)
{
	uint32_t number;
	bool found;

	pthread_mutex_lock(&core->rooms.lock);
	found = rooms_find(&core->rooms, name, &number);
	pthread_mutex_unlock(&core->rooms.lock);
	return found && number == own->number;
}

/* The client will read that room's log, in that rendering; it is told when it does: hello. */
static void move_to(struct order *order, const struct room *room, enum rendering_kind kind)
{
	order->log = log_number(room->number, kind);
	order->moves = true;
}

static void enter(struct order *order, const struct name *name)
{
	const struct feed *feed = order->feed;
	struct core *core = feed->handler->core;
	enum rendering_kind kind = feed->client->rendering->kind;
	struct room *room = feed->said.room;
	const struct room_wish wish = {
		.maker = peer_counted(&feed->client->slot->peer),
		.max = (uint32_t)limit_get(&core->limits.max_rooms),
		.max_of_maker = (uint32_t)limit_get(&core->limits.max_rooms_per_address),
		.ring_size = (uint64_t)limit_get(&core->limits.room_log_kib) * 1024,
		.home = move_least_loaded(core),
	};
	int r;

	if (is_own(core, room, name)) { /* it has its user there already */
		move_to(order, room, kind);
		return;
	}
	r = rooms_enter(&core->rooms, name, &wish, &room);
	if (r == -ENFILE)
		answer_notice(&order->answer, "too_many_rooms",
			      "there are %u rooms already, no more",
			      atomic_load(&core->rooms.count));
	else if (r == -EDQUOT)
		answer_notice(&order->answer, "too_many_rooms",
			      "there %s %u room%s from your %s already, no more",
			      wish.max_of_maker == 1 ? "is" : "are", wish.max_of_maker,
			      wish.max_of_maker == 1 ? "" : "s", admission_whose(wish.maker));
	else if (r < 0)
		answer_notice(&order->answer, "no_memory", "no memory for rooms, try again later");
	else
		move_to(order, room, kind);
}

void command_join(struct order *order)
{
	const struct utterance *said = &order->said;
	struct words words = command_words(said);
	enum name_fault fault;
	struct name name;

	if (!words.first_size) {
		answer_notice(&order->answer, "usage", "you are in %s; another: /join ROOM",
			      order->feed->said.room->record->name);
		return;
	}
	fault = name_parse(&name, words.first, words.first_size);
	if (fault != NAME_GOOD)
		answer_notice(&order->answer, "bad_room", "%s cannot be a room: %s",
			      command_show(order, words.first, words.first_size),
			      name_fault_text(fault));
	else if (words.rest_size)
		answer_notice(&order->answer, "bad_room", "a room is one word, not %s",
			      command_show(order, said->text, said->size));
	else
		enter(order, &name);
}

void command_json(struct order *order)
{
	move_to(order, order->feed->said.room, RENDERING_JSON);
}
