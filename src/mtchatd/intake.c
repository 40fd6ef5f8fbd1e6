/* intake.c - takes what clients send: reads, says it or obeys, and waits if it must */
#include <errno.h>

#include "common/deadline.h"
#include "mtchatd/crash.h"
#include "mtchatd/departure.h"
#include "mtchatd/feed.h"
#include "mtchatd/foreign.h"
#include "mtchatd/gate.h"
#include "mtchatd/input.h"
#include "mtchatd/intake.h"
#include "mtchatd/lines.h"
#include "mtchatd/move.h"
#include "mtchatd/naming.h"
#include "mtchatd/outbox.h"
#include "mtchatd/proxy.h"
#include "mtchatd/tally.h"

/*
 * What a proxy has told stands before the first bytes of a client: it is taken as if it had been
 * said.  The acceptor has seen it whole; false: not all of it was received yet.
 */
static bool pass_header(struct feed *feed, uint64_t until)
{
	const struct client *client = feed->client;
	struct peer told; /* as the slot has it */
	int size;

	if (feed->parsed || !slot_has(client->slot, TRAIT_PROXIED))
		return true;
	size = proxy_read(&told,
			  client_input(client,
				       pool_at(&feed->handler->core->inputs, client->slot->input),
				       0),
			  until);
	if (size > 0)
		feed->parsed = (uint64_t)size;
	return size != 0 || client->ended;
}

/*
 * The first bytes of a client: *ret_until, which is behind all that came, is where lines may be
 * taken up to.  As long as they may be of another protocol, these are empty ones.
 */
static enum fed judge(struct feed *feed, uint64_t *ret_until)
{
	struct core *core = feed->handler->core;
	const struct client *client = feed->client;
	struct slot *slot = client->slot;
	char answer[FOREIGN_ANSWER_MAX];
	enum foreign foreign;
	size_t empty;

	if (!slot->input) /* it has only come back */
		return FED_ALL;
	if (!pass_header(feed, *ret_until)) {
		*ret_until = feed->parsed;
		return FED_ALL;
	}
	foreign = foreign_judge(client_input(client, pool_at(&core->inputs, slot->input),
					     feed->parsed),
				*ret_until - feed->parsed, client->ended, &empty);
	if (foreign == FOREIGN_MAYBE) {
		*ret_until = feed->parsed + empty;
		return FED_ALL;
	}
	if (foreign == FOREIGN_NOT) { /* first: what would have to be said is, or comes again */
		slot_take_trait(slot, TRAIT_UNHEARD);
		return FED_ALL;
	}
	feed_turn_away(feed, answer, foreign_answer(answer, foreign));
	return FED_FOREIGN;
}

/* For some, before their lines: the first bytes are looked at, the room is told who it is. */
static enum fed prepare(struct feed *feed, uint64_t *ret_until)
{
	struct client *client = feed->client;

	if (slot_has(client->slot, TRAIT_UNHEARD))
		return judge(feed, ret_until);
	client->announces |= feed_is_renamed(feed);
	return client->announces && !feed_announce(feed) ? FED_ROOM_FULL : FED_ALL;
}

/* Tells the room who it is, if need be, and says all its lines. */
static enum fed feed_room(struct handler *handler, struct client *client, struct rendering **full)
{
	struct slot *slot = client->slot;
	uint64_t until;
	struct feed feed;
	enum fed fed = FED_ALL;

	if (slot_is_deaf(slot)) /* the process before us obeyed */
		return word_get(&slot->discarded) == DISCARD_FOREIGN ? FED_FOREIGN : FED_QUIT;
	if (!slot->input && !client->announces) /* no line is under way */
		return FED_ALL;
	hand_take(handler->hand, slot->cookie, word_get(&slot->parsed));
	feed = feed_begin(handler, client);
	until = word_get(&slot->received);
	if (slot_has(slot, TRAIT_NAMED | TRAIT_UNHEARD))
		fed = prepare(&feed, &until);
	if (fed == FED_ALL && slot->input)
		fed = lines_take(&feed, pool_at(&handler->core->inputs, slot->input), until);
	feed_commit(&feed);
	hand_empty(handler->hand);
	crash_point(CRASH_COMMITTED);
	*full = feed.said.full;
	return fed;
}

void intake_throttle(struct handler *handler, struct client *client)
{
	uint64_t due = deadline_whole(client->deadline, handler->now);

	if (!handler->throttled.count || due < handler->throttled_due)
		handler->throttled_due = due;
	if (!client->throttled)
		waitlist_add(&handler->throttled, client, word_get(&client->slot->id));
	client->throttled = true;
	client->pauses |= PAUSE_RATE;
}

static void wait_for_token(struct handler *handler, struct client *client)
{
	int rate = limit_get(&handler->core->limits.rate_lines);
	uint32_t lines = rate ? tokens_wait(&client->tokens, rate) : 0;
	uint32_t commands = due_wait(client->commands_due, (uint32_t)handler->now,
				     handler->core->tune.commands_rate, COMMANDS_BURST);

	client->deadline = (uint32_t)handler->now + (lines > commands ? lines : commands);
	intake_throttle(handler, client);
}

/* Nothing is left to be taken, and nothing more will come. */
static bool settle_end(struct handler *handler, struct client *client)
{
	if (!client->ended)
		return true;
	if (client->broken) {
		departure_end(handler, client, client->closed ? REASON_CLOSED : REASON_RESET);
		return false;
	}
	departure_begin(handler, client, REASON_CLOSED);
	return true;
}

/* Says what there is. */
static enum fed feed_all(struct handler *handler, struct client *client, struct rendering **full)
{
	enum fed fed;

	naming_look_up(handler->core, client);
	do {
		fed = feed_room(handler, client, full);
		/* Nobody waits for what it is owed before. */
		if (fed == FED_TURNS && client->broken && move_at_once(handler, client))
			fed = FED_COMMITS;
	} while (fed == FED_COMMITS || fed == FED_AGAIN);
	return fed;
}

/* Says what there is, and settles what follows from it. */
static bool settle(struct handler *handler, struct client *client)
{
	struct rendering *full = NULL;

	switch (feed_all(handler, client, &full)) {
	case FED_ROOM_FULL:
		handler_wait(handler, client, full);
		break;
	case FED_TURNS:
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
		departure_begin(handler, client, REASON_QUIT);
		break;
	case FED_FOREIGN:
		crash_point(CRASH_TURNED_AWAY);
		word_set(&client->slot->parsed, word_get(&client->slot->received));
		client->ended = true;
		departure_begin(handler, client, REASON_FOREIGN);
		break;
	case FED_REPLACED: /* what it still sends is for nobody: it has no name to say it under */
		word_set(&client->slot->parsed, word_get(&client->slot->received));
		client->ended = true;
		departure_begin(handler, client, REASON_TAKEN_OVER);
		break;
	case FED_COMMITS:
	case FED_AGAIN:
	case FED_ALL:
		if (!settle_end(handler, client))
			return false;
		break;
	}
	input_release(handler, client);
	handler_watch(handler, client);
	return true;
}

/* The log of its room, in whatever rendering, that would overwrite unread lines. */
static struct rendering *shut_log(struct room *room)
{
	for (int kind = 0; kind < RENDERINGS; kind++) {
		if (gate_is_shut(&room->renderings[kind]))
			return &room->renderings[kind];
	}
	return NULL;
}

/* Was that told to the process before us?  After a FIN it may have been, too: nobody knows. */
static bool was_reset(const struct client *client)
{
	return client->arrival == ARRIVES_BACK &&
	       tally_is_dead(client_fd(client), client->slot->peer.family);
}

bool intake_read(struct handler *handler, struct client *client)
{
	struct rendering *shut = shut_log(client->rendering->room);
	ssize_t n;

	if (client->pauses || client->ended)
		return true;
	if (shut) { /* unread, it costs nothing */
		handler_wait(handler, client, shut);
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
	/* A tail without LF may be a line: lines.c. */
	client->ended = n <= 0;
	client->closed = n == 0 && !was_reset(client);
	return settle(handler, client);
}

bool intake_resume(struct handler *handler, struct client *client, enum client_pause reason)
{
	client->pauses &= (uint8_t)~reason;
	if (client->pauses || client->state != CLIENT_TALKS)
		return true;
	if (client->broken)
		(void)move_at_once(handler, client);
	return settle(handler, client);
}
