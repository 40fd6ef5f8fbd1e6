/* obey.c - a command is run, and what it asks for goes into the transaction of its client */
#include <string.h>

#include "mtchatd/command.h"
#include "mtchatd/naming.h"
#include "mtchatd/obey.h"

/* One to oneself is there twice. */
enum { LETTER_SIZE_MAX = OUTBOX_CAPACITY / 2 };

static size_t render_letter(const struct feed *feed, enum rendering_kind kind, bool to_self,
			    const char *to_name, const struct order *order)
{
	struct handler *handler = feed->handler;
	const struct said said = {
		.kind = SAID_LINE,
		.from = feed_name(feed),
		.text = order->text,
		.size = order->size,
		.mark = UNMARKED,
		.nonce = order->said.nonce,
		.nonce_size = order->said.nonce_size,
		.vouched = feed->client->vouched,
	};

	if (kind == RENDERING_TEXT)
		return render_letter_text(handler->letter, to_self ? "you" : said.from,
					  to_self ? to_name : "you", said.text, said.size);
	render_time(&handler->clock, handler->time);
	return render_letter_json(handler->letter, &said, to_name, handler->clock.text);
}

/* Into the outbox of whom it is for, and a copy into one's own. */
static enum fed whisper(struct feed *feed, struct order *order)
{
	struct core *core = feed->handler->core;
	struct client *to = order->whispers_to;
	const char *to_name = tag_text(&core->tags[core_number(core, to->slot)]);
	const char *letter = feed->handler->letter;
	enum rendering_kind own_kind = feed->client->rendering->kind;
	size_t own_size = render_letter(feed, own_kind, true, to_name, order);
	size_t size = render_letter(feed, feed_kind_of(feed, to), false, to_name, order);

	if (size > LETTER_SIZE_MAX || own_size > LETTER_SIZE_MAX) {
		answer_notice(&order->answer, "too_long",
			      "too long for a private line (%zu > %d bytes)",
			      size > own_size ? size : own_size, (int)LETTER_SIZE_MAX);
		order->whispers_to = NULL;
		return FED_ALL;
	}
	if (to == feed->client) {
		if (feed_add(feed, letter, size) < 0)
			return FED_OUTBOX_FULL;
	} else if (feed_tell(feed, to, letter, size) < 0) {
		answer_notice(&order->answer, "busy", "%s is busy, try again later", to_name);
		order->whispers_to = NULL;
		return FED_ALL;
	}
	size = render_letter(feed, own_kind, true, to_name, order);
	return feed_add(feed, letter, size) < 0 ? FED_OUTBOX_FULL : FED_ALL;
}

/* "** NAME TEXT" */
static enum fed act(struct feed *feed, const struct order *order)
{
	struct said said = said_of_name(SAID_ACT, feed_name(feed), "", feed->client->vouched);

	said.text = order->said.text;
	said.size = order->said.size;
	said.nonce = order->said.nonce;
	said.nonce_size = order->said.nonce_size;
	return room_say(&feed->said, &said) < 0 ? FED_ROOM_FULL : FED_ALL;
}

/* Behind all that it is owed until now: old lines again, or another log. */
static enum fed add_turn(struct feed *feed, const struct order *order)
{
	const struct room *room = feed->said.room;
	struct answer live; /* not cleared: 12 KiB */
	uint64_t turn = order->moves ? turn_move(order->log) : turn_replay(order->after);

	if (order->replays && feed->client->broken)
		return FED_ALL;
	answer_init(&live, feed->client->rendering->kind);
	if (order->replays)
		answer_live(&live, room->record->epoch, feed->said.lines);
	if (outbox_add_turn(feed_answers(feed), feed_head(feed), turn, live.text, live.size) < 0)
		return FED_OUTBOX_FULL; /* also if one is to come already */
	if (!order->moves)
		return FED_ALL;
	if (log_room(order->log) != room->number)
		return feed_leave(feed, "moved") < 0 ? FED_ROOM_FULL : FED_ALL;
	feed->fills = &feed->said.room->renderings[log_kind(order->log)];
	return FED_ALL;
}

static enum fed follow(struct feed *feed, struct order *order)
{
	enum fed fed = FED_ALL;

	if (order->whispers_to)
		fed = whisper(feed, order);
	else if (order->acts)
		fed = act(feed, order);
	if (fed == FED_ALL && feed_answer(feed, &order->answer) < 0)
		fed = FED_OUTBOX_FULL;
	if (fed == FED_ALL && (order->replays || order->moves))
		fed = add_turn(feed, order);
	if (fed == FED_ALL && order->taking.which && naming_tell(feed, &order->taking) < 0)
		fed = FED_ROOM_FULL;
	return fed;
}

/* It is obeyed later, as if for the first time. */
static void give_up(struct feed *feed, const struct feed *before, struct order *order)
{
	struct rooms *rooms = &feed->handler->core->rooms;

	feed->said.lines = before->said.lines;
	memcpy(feed->said.head, before->said.head, sizeof(before->said.head));
	memcpy(feed->said.shown, before->said.shown, sizeof(before->said.shown));
	feed->said.model = before->said.model; /* what came after will be overwritten */
	feed->answers = before->answers;
	feed->letter = before->letter;
	feed->told = before->told;
	if (order->taking.which)
		naming_give_up(feed, &order->taking);
	if (order->moves && log_room(order->log) != feed->said.room->number)
		rooms_leave(rooms, core_room(feed->handler->core, log_room(order->log)));
}

enum fed obey(struct feed *feed, const struct utterance *said)
{
	const struct feed before = *feed;
	struct order order;
	enum fed fed;

	memset(&order, 0, offsetof(struct order, answer));
	order.said = *said;
	order.feed = feed;
	answer_init(&order.answer, feed->client->rendering->kind);
	command_run(&order);
	if (order.waits)
		return FED_AGAIN;
	fed = follow(feed, &order);
	if (fed != FED_ALL) {
		give_up(feed, &before, &order);
		return fed;
	}
	slot_give_trait(feed->client->slot, TRAIT_COMMANDER);
	if (order.taking.which) {
		feed->handler->taking = order.taking;
		feed->taking = &feed->handler->taking;
		slot_give_trait(feed->client->slot, TRAIT_NAMED);
	}
	feed->quits = order.quits;
	feed->told_people = order.acts || order.whispers_to;
	if (order.moves || (order.replays && !feed->client->broken))
		return FED_TURNS;
	return feed->taking || feed->letter.to ? FED_COMMITS : FED_ALL;
}
