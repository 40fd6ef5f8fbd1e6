/* naming.c - a name changes hands */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "mtchatd/account.h"
#include "mtchatd/command.h"
#include "mtchatd/feed.h"
#include "mtchatd/key.h"
#include "mtchatd/naming.h"
#include "mtchatd/siphash.h"

enum { RENAME_TRIES = 1000 }; /* alice-2 ... alice-1000 */

static const char accounts[] = "/etc/passwd";

static struct tag *tag_of(const struct core *core, const struct client *client)
{
	return &core->tags[core_number(core, client->slot)];
}

/*
 * -- accounts --
 *
 * Of an account the hash of its folded name is kept, keyed with a secret.  All 64 bits: of 32, one
 * name in 2^32 would count as one's own by chance, and who tries names for a year finds it.  That
 * is too much for the client itself, and nearly none needs it: it lies apart, and takes memory
 * only for those of the Unix socket that have spoken.
 */

static uint64_t hash_of(const struct core *core, const struct name *name)
{
	return siphash(core->legacy->secret, name->folded, name->folded_size) | 1; /* 0: none */
}

/* Once it is looked up. */
static uint64_t *account_of(const struct core *core, const struct client *client)
{
	return &core->accounts[core_number(core, client->slot)];
}

void naming_look_up(const struct core *core, struct client *client)
{
	const struct peer *peer = &client->slot->peer;
	char account[ACCOUNT_MAX];
	struct name name;

	if (client->looked_up || peer->family != AF_UNIX)
		return;
	client->looked_up = true;
	*account_of(core, client) = 0;
	if (account_name(account, peer->address.s6_addr32[0], accounts) == 0 &&
	    name_parse(&name, account, strlen(account)) == NAME_GOOD)
		*account_of(core, client) = hash_of(core, &name);
}

static bool is_own_account(const struct core *core, const struct client *client,
			   const struct name *name)
{
	return client->looked_up && *account_of(core, client) == hash_of(core, name);
}

void naming_vouch(const struct core *core, struct client *client)
{
	struct name name;

	naming_look_up(core, client);
	client->vouched = slot_has(client->slot, TRAIT_NAMED) &&
			  tag_name(tag_of(core, client), &name) &&
			  is_own_account(core, client, &name);
}

/* Who has the name has it by the same right: it is the name of the taker's account. */
static bool is_same_account(const struct client *taker, const struct client *holder)
{
	return holder->slot->peer.family == AF_UNIX &&
	       holder->slot->peer.address.s6_addr32[0] == taker->slot->peer.address.s6_addr32[0];
}

/* -- taking -- */

/* Another name for who had it: the same with -2, or the first number that is free. */
static bool choose_other(struct names *names, const char *text, uint32_t holder, struct name *ret)
{
	for (int i = 2; i < RENAME_TRIES; i++) {
		size_t size = strlen(text);
		char other[NAME_MAX_BYTES + 16];
		uint32_t slot;

		/* Shorter until it can be one: no character is cut, those would be no names. */
		do
			snprintf(other, sizeof(other), "%.*s-%d", (int)size, text, i);
		while (name_parse(ret, other, strlen(other)) != NAME_GOOD && --size > 0);
		if (size && !names_find(names, ret, &slot))
			return names_add(names, ret, holder) == 0;
	}
	return false;
}

/* He is called otherwise from now on, and is told. */
static bool rename_holder(struct order *order, uint32_t holder)
{
	struct core *core = order->feed->handler->core;
	struct taking *taking = &order->taking;
	struct client *loser = &core->clients[holder];
	struct tag *tag = tag_of(core, loser);
	struct answer notice;

	if (word_get(&tag->told) & TAG_RENAMED || /* his handler has not seen the last time yet */
	    !choose_other(&core->names, tag_text(tag), holder, &taking->loser_name)) {
		taking->loser_name.size = 0;
		return false;
	}
	answer_init(&notice, feed_kind_of(order->feed, loser));
	answer_notice(&notice, "renamed", "%s is the name of an account here: you are %s now",
		      tag_text(tag), taking->loser_name.text);
	taking->loser = loser;
	taking->loser_which = tag_write(tag, &taking->loser_name);
	if (feed_tell(order->feed, loser, notice.text, notice.size) < 0)
		(void)feed_tell(order->feed, loser, NULL, 0); /* full: he sees it in the room */
	return true;
}

static bool replace_holder(struct order *order, uint32_t holder)
{
	struct core *core = order->feed->handler->core;
	struct taking *taking = &order->taking;

	taking->loser = &core->clients[holder];
	taking->loser_which = word_get(&core->tags[holder].which) + TAG_LOST;
	(void)feed_tell(order->feed, taking->loser, NULL, 0);
	return true;
}

/* Somebody has the name.  False: he keeps it. */
static bool take_from(struct order *order, uint32_t holder, const char *key, size_t key_size)
{
	const struct feed *feed = order->feed;
	struct core *core = feed->handler->core;
	const struct client *other = &core->clients[holder];

	if (key_fits(core->legacy->secret, word_get(&core->slots[holder].id), key, key_size))
		return replace_holder(order, holder);
	if (is_own_account(core, feed->client, &order->taking.name) &&
	    !is_same_account(feed->client, other))
		return rename_holder(order, holder);
	return false;
}

void naming_take(struct order *order, const struct name *name, const char *key, size_t key_size)
{
	struct feed *feed = order->feed;
	struct core *core = feed->handler->core;
	struct taking *taking = &order->taking;
	uint32_t self = core_number(core, feed->client->slot), holder = self;

	taking->name = *name;
	taking->loser_told = TOLD_SAME;
	feed_lock_names(feed);
	if (feed_is_replaced(feed) || feed_is_renamed(feed)) { /* that is to be told first */
		order->waits = true;
		return;
	}
	if (!names_find(&core->names, name, &holder) && names_add(&core->names, name, self) < 0) {
		answer_notice(&order->answer, "no_memory", "no memory for names, try again later");
		return;
	}
	if (holder != self && !take_from(order, holder, key, key_size)) {
		answer_notice(&order->answer, "name_taken", "the name %s is taken", name->text);
		return;
	}
	if (!slot_has(feed->client->slot, TRAIT_NAMED)) { /* whatever is there is not its own */
		word_set(&feed_tag(feed)->told, 0);
		word_set(&feed_tag(feed)->which, 0);
	}
	taking->which = tag_write(feed_tag(feed), name);
	taking->vouched = is_own_account(core, feed->client, name);
	answer_notice(&order->answer, "name_ok", "you are %s now", name->text);
}

void naming_give_up(struct feed *feed, const struct taking *taking)
{
	struct core *core = feed->handler->core;
	struct name had;

	if (taking->loser_name.size)
		names_remove(&core->names, &taking->loser_name);
	if (!taking->loser &&
	    !(tag_name(feed_tag(feed), &had) && name_is_same(&had, &taking->name)))
		names_give_back(&core->names, &taking->name, core_number(core, feed->client->slot));
}

/* -- what the room sees -- */

static int say(struct feed *feed, enum said_kind kind, const char *name, const char *text,
	       bool vouched)
{
	const struct said said = said_of_name(kind, name, text, vouched);

	return room_say(&feed->said, &said);
}

/* Of him who had the name and is known in this room. */
static int tell_of_loser(struct feed *feed, struct taking *taking, bool known)
{
	const char *his = tag_text(tag_of(feed->handler->core, taking->loser));
	uint64_t here = feed->said.room->number + 1;

	if (taking->loser_name.size)
		return say(feed, SAID_RENAME, his, taking->loser_name.text, false);
	taking->loser_told = 0;
	if (known)
		return say(feed, SAID_LEAVE, his, reason_text(REASON_TAKEN_OVER), false);
	feed->told = here; /* nobody notices, but for another spelling */
	if (strcmp(his, taking->name.text) == 0)
		return 0;
	return say(feed, SAID_RENAME, his, taking->name.text, feed->client->vouched);
}

int naming_tell(struct feed *feed, struct taking *taking)
{
	const struct core *core = feed->handler->core;
	const struct tag *tag = feed_tag(feed);
	uint64_t here = feed->said.room->number + 1;
	uint64_t told = feed->told == TOLD_SAME ? word_get(&tag->told) : feed->told;

	if (taking->loser) {
		uint64_t his = word_get(&tag_of(core, taking->loser)->told);

		if (his == here && tell_of_loser(feed, taking, told == here) < 0)
			return -ENOSPC;
		if (his == here && taking->loser_told == 0 && told != here)
			return 0; /* he was known here, and now the taker is */
		if (his && his != here && taking->loser_name.size)
			taking->loser_told = his | TAG_RENAMED;
	}
	feed->told = here;
	if (told != here)
		return say(feed, SAID_JOIN, taking->name.text, "", taking->vouched);
	if (strcmp(tag_text(tag), taking->name.text) == 0)
		return 0;
	return say(feed, SAID_RENAME, tag_text(tag), taking->name.text, taking->vouched);
}
