/*
 * feed.h - what is being said and answered for one client, and is not committed yet
 *
 * Opened by intake.c under the room's lock.  All of it becomes true by one commit.
 *
 * Locks, in this order: the room's; the mail's, from the first answer to the commit, since a
 * private line goes into an outbox of another handler's client; the names', from a look at them to
 * the commit, so that who was found is still there.
 */
#pragma once

#include "mtchatd/handler.h"
#include "mtchatd/outbox.h"
#include "mtchatd/protocol.h"

/* Why feeding ended. */
enum fed {
	FED_ALL,         /* no whole line is left */
	FED_COMMITS,     /* what was done is to be true before the next line */
	FED_AGAIN,       /* what was said before is to be true before this line */
	FED_REPLAYS,     /* the client is to get old lines before the next one */
	FED_QUIT,        /* the client wants to leave */
	FED_ROOM_FULL,   /* the log would overwrite unread lines */
	FED_OUTBOX_FULL, /* the client does not take its answers */
	FED_NO_TOKENS,   /* the client is too fast */
};

/* A private line in somebody's outbox. */
struct letter {
	struct client *to;       /* NULL: none; whoever that is by now */
	uint64_t id;             /* CLIENT_ID of the one it is for */
	struct handler *handler; /* of that one */
	struct outbox_draft draft;
};

struct feed {
	struct handler *handler;
	struct client *client;
	struct room_draft said;
	struct outbox_draft answers; /* outbox: NULL until there is one */
	struct letter letter;
	uint64_t tag; /* `which` of the client's tag: the new value, or 0 */
	uint64_t parsed, discarded;
	bool mails, names; /* holds that lock */
	bool quits;
};

static inline struct tag *feed_tag(const struct feed *feed)
{
	struct core *core = feed->handler->core;

	return &core->tags[feed->client->slot - core->slots];
}

/* "" if it has none.  The tag of one that never had one can hold anything. */
static inline const char *feed_name(const struct feed *feed)
{
	return slot_has(feed->client->slot, TRAIT_NAMED) ? tag_text(feed_tag(feed)) : "";
}

void feed_lock_mail(struct feed *feed);
void feed_lock_names(struct feed *feed);

/* Lets both go, after the commit. */
void feed_unlock(struct feed *feed);

/* Answers the client, after all that was said so far.  0, or -ENOSPC: its outbox is full. */
int feed_answer(struct feed *feed, const char *text, size_t size);

/*
 * Does what a command asks for.  FED_ALL, FED_COMMITS; or what was in the way: then nothing was
 * done, and it is to be obeyed again.
 */
enum fed feed_obey(struct feed *feed, const struct utterance *said);

/* What was said, answered and taken becomes true; the locks but the room's are let go. */
void feed_commit(struct feed *feed);
