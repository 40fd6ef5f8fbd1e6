/* feed.c - what is being said and answered for one client, and is not committed yet */
#include <errno.h>

#include "mtchatd/crash.h"
#include "mtchatd/feed.h"
#include "mtchatd/lend.h"

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

struct outbox_draft *feed_answers(struct feed *feed)
{
	lock_mail(feed);
	if (!feed->answers.outbox)
		feed->answers = outbox_draft(lend_outbox(feed->handler->core, feed->client->slot));
	return &feed->answers;
}

int feed_add(struct feed *feed, const char *text, size_t size)
{
	if (!size || feed->client->broken) /* nobody would read it */
		return 0;
	return outbox_add(feed_answers(feed), feed_head(feed), text, size);
}

int feed_answer(struct feed *feed, const struct answer *answer)
{
	return feed_add(feed, answer->text, answer->size);
}

/* Due before all that is said from here on, and before what it has not got yet of the log. */
void feed_turn_away(struct feed *feed, const char *text, size_t size)
{
	uint64_t due = word_get(&feed->client->slot->cursor), last;

	feed->discarded = DISCARD_FOREIGN;
	if (feed->client->broken)
		return;
	last = outbox_last_due(feed_answers(feed)->outbox);
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

int feed_leave(struct feed *feed, const char *reason)
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
	int r = feed_leave(feed, reason);

	feed->nameless = r >= 0 && slot_has(feed->client->slot, TRAIT_NAMED);
	return r;
}

/* -- the commit of a name -- */

static struct tag *tag_of(const struct core *core, const struct client *client)
{
	return &core->tags[core_number(core, client->slot)];
}

/* Puts it into the commit. */
static void put_taking(const struct feed *feed, const struct taking *taking)
{
	struct redo *redo = &feed->handler->redo;

	redo_put(redo, &feed_tag(feed)->which, taking->which);
	if (!taking->loser)
		return;
	redo_put(redo, &tag_of(feed->handler->core, taking->loser)->which, taking->loser_which);
	if (taking->loser_told != TOLD_SAME)
		redo_put(redo, &tag_of(feed->handler->core, taking->loser)->told,
			 taking->loser_told);
}

/* After the commit: the table of names.  had: the taker's name before, or NULL. */
static void name_is_taken(struct feed *feed, const struct taking *taking, const struct name *had)
{
	struct core *core = feed->handler->core;
	uint32_t self = core_number(core, feed->client->slot);

	if (taking->loser)
		names_hand_over(&core->names, &taking->name, self);
	/* The name before is free, unless it was another spelling of this one. */
	if (had && !name_is_same(had, &taking->name))
		names_give_back(&core->names, had, self);
	feed->client->vouched = taking->vouched;
}

/* -- the commit -- */

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
		put_taking(feed, feed->taking);
	if (feed->nameless)
		redo_put(redo, &feed_tag(feed)->which, 0);
	if (feed->told != TOLD_SAME)
		redo_put(redo, &feed_tag(feed)->told, feed->told);
	recall_put(&feed->nonces, redo);
	if (feed->fills) /* from here on: the client goes on in it where it has got to in its own */
		rendering_fill(feed->fills, redo, feed->said.lines);
	if (room_said(&feed->said)) {
		if (!feed->parts)
			redo_put(redo, &slot->said_until, feed_head(feed));
		room_put(&feed->said, redo);
	}
}

static void commit(struct feed *feed)
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
		name_is_taken(feed, feed->taking, had.size ? &had : NULL);
	if (feed->nameless && had.size)
		names_give_back(&core->names, &had, core_number(core, feed->client->slot));
	feed_unlock(feed);
}

/* Now and then: a rendering that nobody reads costs those who talk. */
static void rest_unread(const struct handler *handler, struct room *room)
{
	for (int kind = 0; kind < RENDERINGS; kind++)
		rendering_rest(&room->renderings[kind], handler->now,
			       (uint64_t)handler->core->tune.rendering_idle_ms);
}

void feed_commit(struct feed *feed)
{
	struct handler *handler = feed->handler;
	struct client *client = feed->client;
	struct room *room = feed->said.room;
	uint64_t lines = feed->said.lines - room_lines(room);
	bool said = lines != 0;

	atomic_fetch_add_explicit(&handler->lines, lines, memory_order_relaxed);
	commit(feed);
	room->presences[handler->index].said |= said;
	if (said && client->round != handler->round) { /* for pace.h */
		if (client->round + 1 != handler->round)
			atomic_fetch_add_explicit(&room->fresh, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&room->spoken, 1, memory_order_relaxed);
		client->round = handler->round;
	}
	if (feed->answers.outbox)
		handler_see_to(handler, client);
	if ((feed->said.lines - lines) / MARK_LINES != feed->said.lines / MARK_LINES)
		rest_unread(handler, room);
	room_end(&feed->said);
	if (feed->letter.to && feed->letter.handler) /* a system call, perhaps: under no lock */
		handler_post(feed->letter.handler, feed->letter.to, feed->letter.id);
}

/* -- a commit of its own -- */

void feed_answer_now(struct handler *handler, struct client *client, const struct answer *answer)
{
	struct feed feed = feed_begin(handler, client);

	(void)feed_answer(&feed, answer);
	feed_commit(&feed);
}

void feed_part_now(struct handler *handler, struct client *client, enum reason reason)
{
	struct feed feed = feed_begin(handler, client);
	struct answer bye;

	answer_init(&bye, client->rendering->kind);
	answer_bye(&bye, reason_text(reason));
	(void)feed_answer(&feed, &bye);
	if (!handler->stop_due) /* then all leave, and nobody is left to be told */
		(void)feed_part(&feed, reason_text(reason)); /* log full: when it has gone */
	feed.discarded = DISCARD_PARTED;
	feed.parts = true;
	feed_commit(&feed);
}
