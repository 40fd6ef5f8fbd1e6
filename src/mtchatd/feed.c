/* feed.c - what is being said and answered for one client, and is not committed yet */
#include <errno.h>
#include <string.h>

#include "mtchatd/command.h"
#include "mtchatd/crash.h"
#include "mtchatd/feed.h"
#include "mtchatd/lend.h"
#include "mtchatd/naming.h"

/* One to oneself is there twice. */
enum { LETTER_SIZE_MAX = OUTBOX_CAPACITY / 2 };

struct feed feed_begin(struct handler *handler, struct client *client)
{
	return (struct feed){
		.handler = handler,
		.client = client,
		.told = TOLD_SAME,
		.parsed = word_get(&client->slot->parsed),
		.discarded = word_get(&client->slot->discarded),
		.said = room_begin(client->rendering->room, handler->time, &handler->clock),
	};
}

static void lock_mail(struct feed *feed)
{
	if (feed->mails)
		return;
	pthread_mutex_lock(&feed->handler->core->mail);
	feed->mails = true;
}

void feed_lock_names(struct feed *feed)
{
	if (feed->names)
		return;
	lock_mail(feed); /* first: an answer will follow */
	names_lock(&feed->handler->core->names);
	feed->names = true;
}

void feed_unlock(struct feed *feed)
{
	if (feed->names)
		names_unlock(&feed->handler->core->names);
	if (feed->mails)
		pthread_mutex_unlock(&feed->handler->core->mail);
	feed->names = feed->mails = false;
}

/* Where the client's own log ends, with what is being said. */
static uint64_t head_of(const struct feed *feed)
{
	return feed->said.head[feed->client->rendering->kind];
}

/* Where the client's answers go. */
static struct outbox_draft *answers_of(struct feed *feed)
{
	lock_mail(feed);
	if (!feed->answers.outbox)
		feed->answers = outbox_draft(lend_outbox(feed->handler->core, feed->client->slot));
	return &feed->answers;
}

static int add(struct feed *feed, const char *text, size_t size)
{
	if (!size || feed->client->broken) /* nobody would read it */
		return 0;
	return outbox_add(answers_of(feed), head_of(feed), text, size);
}

int feed_answer(struct feed *feed, const struct answer *answer)
{
	return add(feed, answer->text, answer->size);
}

/* Due before all that is said from here on, and before what it has not got yet of the log. */
void feed_turn_away(struct feed *feed, const char *text, size_t size)
{
	uint64_t due = word_get(&feed->client->slot->cursor), last;

	feed->discarded = DISCARD_FOREIGN;
	if (feed->client->broken)
		return;
	last = outbox_last_due(answers_of(feed)->outbox);
	(void)outbox_add(&feed->answers, due > last ? due : last, text, size); /* it had none */
}

enum rendering_kind feed_kind_of(const struct feed *feed, const struct client *to)
{
	const struct core *core = feed->handler->core;
	uint32_t number = slot_outbox(to->slot), log;

	if (number && outbox_moves(core_outbox(core, number), &log))
		return log_kind(log);
	return to->rendering->kind;
}

/* Positions of his log: he may be in another room, and his log cannot change under the lock. */
int feed_tell(struct feed *feed, struct client *to, const char *text, size_t size)
{
	struct letter letter = {.to = to, .id = word_get(&to->slot->id)};
	const struct rendering *his;
	uint64_t head;
	int r = 0;

	lock_mail(feed); /* first: it is what he and his log stay where they are by */
	letter.handler = handler_of(feed->handler->core, to);
	his = to->rendering;
	head = his->room == feed->said.room ? feed->said.head[his->kind] : rendering_head(his);
	if (size) {
		letter.draft = outbox_draft(lend_outbox(feed->handler->core, to->slot));
		r = outbox_add(&letter.draft, head, text, size);
	}
	if (r >= 0)
		feed->letter = letter;
	return r;
}

/* -- what is said of the client's own name -- */

bool feed_announce(struct feed *feed)
{
	const struct tag *tag = feed_tag(feed);
	uint64_t told, here = feed->said.room->number + 1;
	bool vouched = feed->client->vouched;
	struct said said;

	feed->client->announces = false;
	if (!*feed_name(feed))
		return true;
	feed_lock_names(feed);
	told = word_get(&tag->told);
	if (told == here || feed_is_replaced(feed))
		return true;
	if (told == (here | TAG_RENAMED))
		said = said_of_name(SAID_RENAME, tag_text_before(tag), tag_text(tag), vouched);
	else
		said = said_of_name(SAID_JOIN, tag_text(tag), "", vouched);
	if (room_say(&feed->said, &said) < 0) {
		feed->client->announces = true;
		return false;
	}
	feed->told = here;
	return true;
}

/* Its room is told that it goes, if it was told that it came.  0; -ENOSPC: the log is full. */
static int leave(struct feed *feed, const char *reason)
{
	const struct tag *tag = feed_tag(feed);
	struct said said;
	uint64_t told;

	if (!slot_has(feed->client->slot, TRAIT_NAMED))
		return 0;
	feed_lock_names(feed);
	told = feed->told == TOLD_SAME ? word_get(&tag->told) : feed->told;
	if (!told)
		return 0;
	said = said_of_name(SAID_LEAVE,
			    told & TAG_RENAMED ? tag_text_before(tag) : tag_last_text(tag), reason,
			    feed->client->vouched);
	if (room_say(&feed->said, &said) < 0)
		return -ENOSPC;
	feed->told = 0;
	return 0;
}

int feed_part(struct feed *feed, const char *reason)
{
	int r = leave(feed, reason);

	feed->nameless = r >= 0 && slot_has(feed->client->slot, TRAIT_NAMED);
	return r;
}

/* -- what a command asks for -- */

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
		if (add(feed, letter, size) < 0)
			return FED_OUTBOX_FULL;
	} else if (feed_tell(feed, to, letter, size) < 0) {
		answer_notice(&order->answer, "busy", "%s is busy, try again later", to_name);
		order->whispers_to = NULL;
		return FED_ALL;
	}
	size = render_letter(feed, own_kind, true, to_name, order);
	return add(feed, letter, size) < 0 ? FED_OUTBOX_FULL : FED_ALL;
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
	if (outbox_add_turn(answers_of(feed), head_of(feed), turn, live.text, live.size) < 0)
		return FED_OUTBOX_FULL; /* also if one is to come already */
	if (!order->moves)
		return FED_ALL;
	if (log_room(order->log) != room->number)
		return leave(feed, "moved") < 0 ? FED_ROOM_FULL : FED_ALL;
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

enum fed feed_obey(struct feed *feed, const struct utterance *said)
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

static void put(struct feed *feed, struct redo *redo)
{
	struct slot *slot = feed->client->slot;

	redo_put(redo, &slot->parsed, feed->parsed);
	redo_put(redo, &slot->discarded, feed->quits ? DISCARD_ALL : feed->discarded);
	if (feed->answers.outbox)
		outbox_put(&feed->answers, redo);
	if (feed->letter.to && feed->letter.draft.outbox)
		outbox_put(&feed->letter.draft, redo);
	if (feed->taking)
		naming_put(feed, feed->taking);
	if (feed->nameless)
		redo_put(redo, &feed_tag(feed)->which, 0);
	if (feed->told != TOLD_SAME)
		redo_put(redo, &feed_tag(feed)->told, feed->told);
	recall_put(&feed->nonces, redo);
	if (feed->fills) /* from here on: the client goes on in it where it has got to in its own */
		rendering_fill(feed->fills, redo, feed->said.lines);
	if (room_said(&feed->said)) {
		if (!feed->parts)
			redo_put(redo, &slot->said_until, head_of(feed));
		room_put(&feed->said, redo);
	}
}

void feed_commit(struct feed *feed)
{
	struct core *core = feed->handler->core;
	struct redo *redo = &feed->handler->redo;
	struct name had = {.size = 0};

	if ((feed->taking || feed->nameless) && !tag_name(feed_tag(feed), &had))
		had.size = 0;
	put(feed, redo);
	crash_point(CRASH_RENDERED);
	redo_commit(redo);
	if (feed->taking)
		naming_done(feed, feed->taking, had.size ? &had : NULL);
	if (feed->nameless && had.size)
		names_give_back(&core->names, &had, core_number(core, feed->client->slot));
	feed_unlock(feed);
}
