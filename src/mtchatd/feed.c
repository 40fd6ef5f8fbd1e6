/* feed.c - what is being said and answered for one client, and is not committed yet */
#include <stdio.h>
#include <string.h>

#include "mtchatd/command.h"
#include "mtchatd/crash.h"
#include "mtchatd/feed.h"
#include "mtchatd/intake.h"
#include "mtchatd/render.h"
#include "mtchatd/tag.h"

void feed_lock_mail(struct feed *feed)
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
	feed_lock_mail(feed); /* first: an answer will follow */
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

/* Where the client's answers go. */
static struct outbox_draft *answers_of(struct feed *feed)
{
	feed_lock_mail(feed);
	if (!feed->answers.outbox)
		feed->answers = outbox_draft(intake_outbox(feed->handler, feed->client));
	return &feed->answers;
}

int feed_answer(struct feed *feed, const char *text, size_t size)
{
	if (!size || feed->client->broken) /* nobody would read it */
		return 0;
	return outbox_add(answers_of(feed), feed->said.head, text, size);
}

/* "[FROM -> TO] TEXT\n", all of it or nothing. */
static int add_letter(struct outbox_draft *draft, uint64_t due, const char *from, const char *to,
		      const struct order *order)
{
	char head[2 * NAME_MAX_BYTES + 16];
	int size = snprintf(head, sizeof(head), "[%s -> %s] ", from, to), r;
	const struct outbox_draft before = *draft;

	r = outbox_add(draft, due, head, (size_t)size);
	if (r >= 0)
		r = outbox_add(draft, due, order->text, order->size);
	if (r >= 0)
		r = outbox_add(draft, due, "\n", 1);
	if (r < 0)
		*draft = before;
	return r;
}

/* Into the outbox of whom it is for, and a copy into one's own. */
static enum fed whisper(struct feed *feed, struct order *order)
{
	struct core *core = feed->handler->core;
	struct client *to = order->whispers_to;
	const char *from_name = feed_name(feed);
	const char *to_name = tag_text(&core->tags[to->slot - core->slots]);
	uint64_t due = feed->said.head;
	struct outbox_draft *draft = answers_of(feed), other;

	if (to != feed->client) {
		other = outbox_draft(intake_outbox(feed->handler, to));
		draft = &other;
	}
	if (add_letter(draft, due, from_name, "you", order) < 0) {
		if (to == feed->client)
			return FED_OUTBOX_FULL;
		answer_add(&order->answer, "%s is busy, try again later", to_name);
		return FED_ALL;
	}
	if (add_letter(answers_of(feed), due, "you", to_name, order) < 0)
		return FED_OUTBOX_FULL;
	if (to != feed->client)
		feed->letter = (struct letter){to, word_get(&to->slot->id), to->handler, other};
	return FED_ALL;
}

/* "** NAME TEXT" */
static enum fed act(struct feed *feed, const struct order *order)
{
	const char *text = feed->handler->scratch;
	size_t size = render_act(feed->handler->scratch, feed_name(feed), order->said.text,
				 order->said.size);

	return room_say(&feed->said, text, size) < 0 ? FED_ROOM_FULL : FED_ALL;
}

static void give_back(const struct feed *feed, const struct name *name)
{
	struct core *core = feed->handler->core;

	names_give_back(&core->names, name, (uint32_t)(feed->client->slot - core->slots));
}

static const char live[] = "* live\n";

static enum fed follow(struct feed *feed, struct order *order)
{
	enum fed fed = FED_ALL;

	if (order->whispers_to)
		fed = whisper(feed, order);
	else if (order->acts)
		fed = act(feed, order);
	if (fed == FED_ALL && feed_answer(feed, order->answer.text, order->answer.size) < 0)
		fed = FED_OUTBOX_FULL;
	if (fed == FED_ALL && order->replays && !feed->client->broken &&
	    outbox_add_replay(answers_of(feed), feed->said.head, order->after, live, strlen(live)) <
		    0)
		fed = FED_OUTBOX_FULL; /* also if one is to come already */
	return fed;
}

/* A name that is not to hold after all. */
static void give_up_tag(struct feed *feed)
{
	struct tag *tag = feed_tag(feed);
	struct name had, new;
	bool has = tag_name(tag, &had);

	if (name_parse(&new, tag->text[feed->tag - 1], strlen(tag->text[feed->tag - 1])) ==
		    NAME_GOOD &&
	    !(has && name_is_same(&had, &new)))
		give_back(feed, &new);
	feed->tag = 0;
}

enum fed feed_obey(struct feed *feed, const struct utterance *said)
{
	struct order order = {.said = *said, .feed = feed};
	const struct outbox_draft before = feed->answers;
	enum fed fed;

	command_run(&order);
	if (order.waits)
		return FED_AGAIN;
	fed = follow(feed, &order);
	if (fed != FED_ALL) { /* it is obeyed later, as if for the first time */
		feed->answers = before;
		feed->letter.to = NULL;
		if (feed->tag)
			give_up_tag(feed);
		return fed;
	}
	slot_give_trait(feed->client->slot, TRAIT_COMMANDER);
	if (feed->tag)
		slot_give_trait(feed->client->slot, TRAIT_NAMED);
	feed->quits = order.quits;
	if (order.replays && !feed->client->broken)
		return FED_REPLAYS;
	return feed->tag || feed->letter.to ? FED_COMMITS : FED_ALL;
}

static void put(struct feed *feed, struct redo *redo)
{
	struct slot *slot = feed->client->slot;

	redo_put(redo, &slot->parsed, feed->parsed);
	redo_put(redo, &slot->discarded, feed->quits ? DISCARD_ALL : feed->discarded);
	if (feed->answers.outbox)
		outbox_put(&feed->answers, redo);
	if (feed->letter.to)
		outbox_put(&feed->letter.draft, redo);
	if (feed->tag)
		redo_put(redo, &feed_tag(feed)->which, feed->tag);
	if (feed->said.lines != word_get(&feed->said.room->record->lines)) {
		redo_put(redo, &slot->said_until, feed->said.head);
		room_put(&feed->said, redo);
	}
}

void feed_commit(struct feed *feed)
{
	struct redo *redo = &feed->handler->redo;
	struct name had;
	bool renamed = feed->tag && tag_name(feed_tag(feed), &had);

	put(feed, redo);
	crash_point(CRASH_RENDERED);
	redo_commit(redo);
	if (renamed) { /* the name before is free, unless it was another spelling of this one */
		struct name has;

		if (!tag_name(feed_tag(feed), &has) || !name_is_same(&had, &has))
			give_back(feed, &had);
	}
	feed_unlock(feed);
}
