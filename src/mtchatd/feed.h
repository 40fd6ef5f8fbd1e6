/*
 * feed.h - what is being said and answered for one client, and is not committed yet
 *
 * Opened under the room's lock, mostly by intake.c.  All of it becomes true by one commit.
 *
 * Locks, in this order: the room's; the mail's, from the first answer to the commit, since a
 * private line goes into an outbox of another handler's client; the names', from a look at them to
 * the commit, so that who was found is still there.
 */
#pragma once

#include "mtchatd/answer.h"
#include "mtchatd/handler.h"
#include "mtchatd/outbox.h"
#include "mtchatd/protocol.h"
#include "mtchatd/taking.h"

/* Why feeding ended. */
enum fed {
	FED_ALL,         /* no whole line is left */
	FED_COMMITS,     /* what was done is to be true before the next line */
	FED_AGAIN,       /* what was done before is to be true before this line */
	FED_TURNS,       /* the client is to get old lines, or to move, before the next one */
	FED_QUIT,        /* the client wants to leave */
	FED_FOREIGN,     /* it is of another protocol, and was told so */
	FED_REPLACED,    /* its name is another connection's now: it is to go */
	FED_ROOM_FULL,   /* the log would overwrite unread lines: said.full */
	FED_OUTBOX_FULL, /* the client does not take its answers */
	FED_NO_TOKENS,   /* the client is too fast */
};

/* Something in somebody else's outbox, or about his name: he is to be looked at. */
struct letter {
	struct client *to;         /* NULL: none; whoever that is by now */
	uint64_t id;               /* CLIENT_ID of the one it is for */
	struct handler *handler;   /* of that one; NULL: on its way to one, who will look anyway */
	struct outbox_draft draft; /* outbox: NULL if nothing was written */
};

struct feed {
	struct handler *handler;
	struct client *client;
	struct room_draft said;
	struct outbox_draft answers; /* outbox: NULL until there is one */
	struct letter letter;
	struct taking *taking; /* in the handler; NULL: no name is taken */
	struct recall_draft nonces;
	struct rendering *fills; /* that the client is to read from here on, or NULL */
	uint64_t told;           /* of the client's tag: the new value; TOLD_SAME: as it is */
	uint64_t parsed, discarded;
	bool mails, names; /* holds that lock */
	bool quits;
	bool parts;       /* nothing that is said now is its own: it need not see it */
	bool nameless;    /* its name is nobody's any more */
	bool told_people; /* the last command: was /me or /msg, and was not refused */
};

#define TOLD_SAME UINT64_MAX

/* A feed of what the client gave so far; the room's lock is taken. */
struct feed feed_begin(struct handler *handler, struct client *client);

static inline struct tag *feed_tag(const struct feed *feed)
{
	struct core *core = feed->handler->core;

	return &core->tags[core_number(core, feed->client->slot)];
}

/*
 * "" if it has none.  The tag of one that never had one can hold anything.  A name that is lost
 * while a line is under way is still the one that its room knows.
 */
static inline const char *feed_name(const struct feed *feed)
{
	return slot_has(feed->client->slot, TRAIT_NAMED) ? tag_last_text(feed_tag(feed)) : "";
}

/* Has it lost its name to another connection? */
static inline bool feed_is_replaced(const struct feed *feed)
{
	return slot_has(feed->client->slot, TRAIT_NAMED) && tag_is_lost(feed_tag(feed));
}

/* Was it given another name by somebody else, of which its room was not told yet? */
static inline bool feed_is_renamed(const struct feed *feed)
{
	return slot_has(feed->client->slot, TRAIT_NAMED) &&
	       word_get(&feed_tag(feed)->told) & TAG_RENAMED;
}

/* Where the client's own log ends, with what is being said. */
static inline uint64_t feed_head(const struct feed *feed)
{
	return feed->said.head[feed->client->rendering->kind];
}

/* Takes the mail's before it. */
void feed_lock_names(struct feed *feed);

/* Lets both go, if there is to be no commit. */
void feed_unlock(struct feed *feed);

/* Answers the client, after all that was said so far.  0, or -ENOSPC: its outbox is full. */
int feed_answer(struct feed *feed, const struct answer *answer);

/* The same with a text of any size; 0: there is nothing. */
int feed_add(struct feed *feed, const char *text, size_t size);

/* Where the client's answers go; takes the mail's lock. */
struct outbox_draft *feed_answers(struct feed *feed);

/* In which rendering another one will read what he is told now.  The mail is locked. */
enum rendering_kind feed_kind_of(const struct feed *feed, const struct client *to);

/* Tells another one, after all that its room has said so far; the names are locked.  As above. */
int feed_tell(struct feed *feed, struct client *to, const char *text, size_t size);

/* It is of another protocol: this is all that it is told.  Nothing else was said or answered. */
void feed_turn_away(struct feed *feed, const char *text, size_t size);

/* Its room was not told yet that it came, or of its new name: tells.  False: the log is full. */
bool feed_announce(struct feed *feed);

/* Its room is told that it goes, if it was told that it came.  0; -ENOSPC: the log is full. */
int feed_leave(struct feed *feed, const char *reason);

/*
 * It goes for good, and its name is free; its room is told, if it was told that it came.  0;
 * -ENOSPC: the log is full.
 */
int feed_part(struct feed *feed, const char *reason);

/*
 * What was said, answered and taken becomes true; all locks are let go, the room's too, and the
 * handler of whoever a letter is for is woken.
 */
void feed_commit(struct feed *feed);

/* -- with a commit of its own: no feed is open, and the room's lock is not taken -- */

/* Tells one client something, due now.  Lost if its outbox is full. */
void feed_answer_now(struct handler *handler, struct client *client, const struct answer *answer);

/*
 * The client leaves: it is told last of all, if it is one to be told; its room is told; what it
 * still sends counts for nothing.  All that by one commit.
 */
void feed_part_now(struct handler *handler, struct client *client, enum reason reason);
