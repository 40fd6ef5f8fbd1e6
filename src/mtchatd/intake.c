/* intake.c - takes what clients send: reads, cuts lines, says them or obeys */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/line.h"
#include "common/log.h"
#include "common/text.h"
#include "mtchatd/crash.h"
#include "mtchatd/departure.h"
#include "mtchatd/feed.h"
#include "mtchatd/gate.h"
#include "mtchatd/input.h"
#include "mtchatd/intake.h"
#include "mtchatd/messages.h"
#include "mtchatd/outbox.h"
#include "mtchatd/protocol.h"
#include "mtchatd/render.h"
#include "mtchatd/tag.h"

enum { SLOW_NOTICE_S = 60 };

struct outbox *intake_outbox(struct handler *handler, struct client *client)
{
	struct core *core = handler->core;
	uint64_t number = word_get(&client->slot->outbox);

	if (!number) {
		number = pool_take(&core->outboxes);
		outbox_init(core_outbox(core, number));
		word_set(&client->slot->outbox, number);
		crash_point(CRASH_OUTBOX_LENT);
	}
	return core_outbox(core, number);
}

static enum fed refuse_long(struct feed *feed, uint64_t length, int max_line)
{
	char notice[128];
	int size = snprintf(notice, sizeof(notice), "* line too long (%llu > %d bytes), not sent\n",
			    (unsigned long long)length, max_line);

	return feed_answer(feed, notice, (size_t)size) < 0 ? FED_OUTBOX_FULL : FED_ALL;
}

/* Does it claim a name that is nobody's, or that somebody here has? */
static bool claims_a_name(struct feed *feed, const char *text, size_t size)
{
	struct core *core = feed->handler->core;
	size_t claimed = render_claim(text, size);
	enum name_fault fault;
	struct name name;
	uint32_t slot;
	bool found;

	if (!claimed)
		return false;
	fault = name_read(&name, text + 1, claimed);
	if (fault != NAME_GOOD)
		return name_is_reserved(fault);
	if (feed->names)
		return names_find(&core->names, &name, &slot);
	names_lock(&core->names);
	found = names_find(&core->names, &name, &slot);
	names_unlock(&core->names);
	return found;
}

/* What is said is said by somebody; what nobody says must not look as if somebody did. */
static int say(struct feed *feed, const char *text, size_t size)
{
	char *to = feed->handler->scratch; /* the text may lie there */

	if (*feed_name(feed))
		size = render_named(to, feed_name(feed), text, size), text = to;
	else if (render_is_notice(text, size))
		size = render_marked(to, 0, text, size), text = to;
	else if (claims_a_name(feed, text, size))
		size = render_marked(to, 1, text, size), text = to;
	return room_say(&feed->said, text, size);
}

static enum fed take_line(struct feed *feed, const char *line, size_t size)
{
	struct utterance said;

	if (!atomic_load_explicit(&feed->handler->core->limits.raw, memory_order_relaxed) &&
	    text_clean_prefix(line, size) != size) {
		size = text_clean(feed->handler->scratch, line, size);
		line = feed->handler->scratch;
	}
	said = protocol_parse(line, size);
	if (said.command)
		return feed_obey(feed, &said);
	return say(feed, said.text, said.size) < 0 ? FED_ROOM_FULL : FED_ALL;
}

/* No token is left: says so, once a minute, to those who use commands. */
static enum fed slow_down(struct feed *feed, int rate)
{
	struct client *client = feed->client;
	uint32_t now = (uint32_t)(feed->handler->now / 1000) + 1; /* 0 means never */
	char notice[64];
	int size;

	if (slot_has(client->slot, TRAIT_COMMANDER) &&
	    (!client->told_slow || now - client->told_slow >= SLOW_NOTICE_S)) {
		client->told_slow = now;
		size = snprintf(notice, sizeof(notice), "* slowed to %d lines/s\n", rate);
		(void)feed_answer(feed, notice, (size_t)size); /* if it is full, it knows */
	}
	return FED_NO_TOKENS;
}

/* Takes one line's token, if lines are counted at all. */
static bool take_token(struct feed *feed, int rate)
{
	struct tokens *tokens = &feed->client->tokens;

	if (!rate)
		return true;
	tokens_refill(tokens, (uint32_t)feed->handler->now, rate,
		      limit_get(&feed->handler->core->limits.rate_burst));
	if (tokens->level < TOKEN)
		return false;
	tokens->level -= TOKEN;
	return true;
}

/* The longest line that the room's ring can always take. */
static int max_line_of(const struct feed *feed)
{
	int max_line = limit_get(&feed->handler->core->limits.max_line);
	uint64_t fits = (room_line_max(feed->said.room) - 512) / TEXT_GROWTH;

	return (uint64_t)max_line < fits ? max_line : (int)fits;
}

/* Takes line after line, until something is in the way. */
static enum fed take_lines(struct feed *feed, const char *buffer, uint64_t received)
{
	const struct client *client = feed->client;
	int max_line = max_line_of(feed), rate = limit_get(&feed->handler->core->limits.rate_lines);
	enum fed fed = FED_ALL;

	while (fed == FED_ALL && !feed->quits) {
		const char *bytes = buffer + (feed->parsed - word_get(&client->slot->input_base));
		struct line line = line_cut(bytes, received - feed->parsed, client->ended,
					    (size_t)max_line, feed->discarded);

		if (line.kind != LINE_MORE && !take_token(feed, rate))
			return slow_down(feed, rate);
		if (line.kind == LINE_WHOLE)
			fed = take_line(feed, bytes, line.length);
		else if (line.kind == LINE_TOO_LONG)
			fed = refuse_long(feed, line.length, max_line);
		if (fed != FED_ALL && fed != FED_COMMITS && fed != FED_REPLAYS) {
			if (rate) /* it is taken again when the line is */
				feed->client->tokens.level += TOKEN;
			return fed;
		}
		feed->parsed += line.consumed;
		feed->discarded = line.discarded;
		if (line.kind == LINE_MORE)
			return FED_ALL;
	}
	return feed->quits ? FED_QUIT : fed;
}

/* Commits what there is, lets the room's lock go, and wakes whom a letter is for. */
static void commit(struct feed *feed)
{
	struct handler *handler = feed->handler;
	struct client *client = feed->client;
	struct room *room = feed->said.room;
	uint64_t lines = feed->said.lines - word_get(&room->record->lines);

	feed_commit(feed);
	handler_readers(handler, client)->said |= lines != 0;
	if (lines && client->round != handler->round) { /* for pace.h */
		if (client->round + 1 != handler->round)
			atomic_fetch_add_explicit(&room->fresh, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&room->spoken, 1, memory_order_relaxed);
		client->round = handler->round;
	}
	if (feed->answers.outbox)
		handler_list(&handler->answering, client, &client->answering);
	room_end(&feed->said);
	if (feed->letter.to) /* a system call, perhaps: under no lock */
		handler_post(feed->letter.handler, feed->letter.to, feed->letter.id);
}

static enum fed feed_room(struct handler *handler, struct client *client)
{
	struct slot *slot = client->slot;
	struct feed feed = {
		.handler = handler,
		.client = client,
		.parsed = word_get(&slot->parsed),
		.discarded = word_get(&slot->discarded),
	};
	enum fed fed;

	if (feed.discarded == DISCARD_ALL) /* the process before us obeyed */
		return FED_QUIT;
	if (!slot->input) /* no line is under way */
		return FED_ALL;
	hand_take(handler->hand, slot->cookie, feed.parsed);
	feed.said = room_begin(client->room, handler->time);
	fed = take_lines(&feed, pool_at(&handler->core->inputs, slot->input),
			 word_get(&slot->received));
	commit(&feed);
	hand_empty(handler->hand);
	crash_point(CRASH_COMMITTED);
	return fed;
}

static void wait_for_gate(struct handler *handler, struct client *client)
{
	waitlist_add(&handler_readers(handler, client)->waiting, client,
		     word_get(&client->slot->id));
	client->pauses |= PAUSE_GATE;
	if (gate_shut(client->room, handler->index, handler->now))
		log_event(LOG_DEBUG,
			  (&(struct log_fields){.message_id = MESSAGE_ROOM_WAITS,
						.room = client->room->record->name}),
			  "the log of %s is full of unread lines: those who talk wait",
			  client->room->record->name);
}

void intake_throttle(struct handler *handler, struct client *client)
{
	if (!handler->throttled.count || client->deadline < handler->throttled_due)
		handler->throttled_due = client->deadline;
	handler_list(&handler->throttled, client, &client->throttled);
	client->pauses |= PAUSE_RATE;
}

static void wait_for_token(struct handler *handler, struct client *client)
{
	int rate = limit_get(&handler->core->limits.rate_lines);

	client->deadline = handler->now + (rate ? tokens_wait(&client->tokens, rate) : 0);
	intake_throttle(handler, client);
}

/* Says what there is, and settles what follows from it. */
static bool settle(struct handler *handler, struct client *client)
{
	enum fed fed;

	do
		fed = feed_room(handler, client);
	while (fed == FED_COMMITS || fed == FED_AGAIN);
	switch (fed) {
	case FED_ROOM_FULL:
		wait_for_gate(handler, client);
		break;
	case FED_REPLAYS:
	case FED_OUTBOX_FULL:
		client->pauses |= PAUSE_OUTBOX;
		break;
	case FED_NO_TOKENS:
		wait_for_token(handler, client);
		break;
	case FED_QUIT:
		crash_point(CRASH_QUITS);
		word_set(&client->slot->parsed, word_get(&client->slot->received));
		client->ended = true;
		departure_begin(handler, client, "quit");
		break;
	case FED_COMMITS:
	case FED_AGAIN:
	case FED_ALL:
		if (client->ended && client->broken)
			return departure_end(handler, client, client->closed ? "closed" : "reset"),
			       false;
		if (client->ended)
			departure_begin(handler, client, "closed");
		break;
	}
	input_release(handler, client);
	handler_watch(handler, client);
	return true;
}

bool intake_read(struct handler *handler, struct client *client)
{
	ssize_t n;

	if (client->pauses || client->ended)
		return true;
	if (gate_is_shut(client->room)) { /* unread, it costs nothing */
		wait_for_gate(handler, client);
		handler_watch(handler, client);
		return true;
	}
	n = input_receive(handler, client);
	if (n < 0 && (errno == EAGAIN || errno == EINTR) && !client->broken) {
		input_release(handler, client);
		return true;
	}
	if (n < 0)
		departure_break(handler, client);
	/* A tail without LF is a line, however the end came. */
	client->ended = n <= 0;
	client->closed = n == 0;
	return settle(handler, client);
}

bool intake_resume(struct handler *handler, struct client *client, enum client_pause reason)
{
	client->pauses &= (uint8_t)~reason;
	if (client->pauses || client->state != CLIENT_TALKS)
		return true;
	return settle(handler, client);
}

void intake_tell(struct handler *handler, struct client *client, const char *text, size_t size)
{
	struct feed feed = {
		.handler = handler,
		.client = client,
		.parsed = word_get(&client->slot->parsed),
		.discarded = word_get(&client->slot->discarded),
	};

	feed.said = room_begin(client->room, handler->time);
	(void)feed_answer(&feed, text, size);
	commit(&feed);
}
