/*
 * contact.h - stays in contact with a server: dials, speaks JSON Lines, and dials again when the
 * link is lost
 *
 *	       .---- dialled ----> ASKS -- hello --> UP
 *	DIALS <                     |                 |
 *	  ^    `- failed -. <-------'---- lost -------'
 *	  '--- time ---- PAUSES      ASKS -- no hello within CONTACT_ASK_MS --> PLAIN
 *
 * UP says only that somebody there knows JSON Lines.  While the chat ASKS in it, what comes may be
 * text of strangers; if the chat does not find the true hello within the timeout, the link is lost.
 *
 * PLAIN is the first time only: a server that has spoken JSON Lines once is dialled again.  The
 * first failure to dial ends it (FAILED); later ones do not, unless the server refuses the name.
 * All in one thread, and nothing is waited for: the caller polls.  (But an ssh that does not end
 * with its link costs a moment when that is lost: dial_hang_up.)
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "mtchat/backoff.h"
#include "mtchat/buffer.h"
#include "mtchat/chat.h"
#include "mtchat/dial.h"
#include "mtchat/link.h"
#include "mtchat/silence.h"
#include "mtchat/wire.h"

enum {
	CONTACT_ASK_MS = 1000,   /* for hello; the first time through ssh: from the first byte on */
	CONTACT_SSH_MS = 30000,  /* for hello through ssh, when it is dialled again */
	CONTACT_LEAVE_MS = 2000, /* for the server's answer to /quit */
	CONTACT_HELD_MAX = INCOMING_HELD_MAX,
};

enum contact_state {
	CONTACT_DIALS,
	CONTACT_ASKS,
	CONTACT_UP,     /* hello came; chat->state tells how far it is */
	CONTACT_PAUSES, /* until the next try */
	CONTACT_PLAIN,  /* the server speaks no JSON Lines: contact_take_plain() */
	CONTACT_FAILED, /* status, why */
	CONTACT_OVER,   /* the conversation has ended: chat->state is CHAT_OVER, or it was closed */
};

struct contact {
	const struct target *target; /* the caller's */
	struct chat chat;
	enum contact_state state;
	struct dial dial;
	struct wire wire;
	struct backoff backoff;
	uint64_t timeout_ms; /* silence that is too long: see silence.h */
	struct silence silence;
	uint64_t deadline_ms; /* of ASKS, PAUSES, of UP while the chat asks, and of leaving */
	uint64_t
		lost_ms; /* when it was last heard, if it is lost; else 0.  The caller's to reset */
	bool hears;      /* something has come on this link */
	bool was_up;     /* once: it is dialled again then */
	bool leaves;     /* /quit was sent: an end is no loss */
	int status;      /* FAILED: an exit status */
	char why[DIAL_WHY_SIZE];
};

/* Begins to dial.  0, or -errno.  The contact stays where it is. */
int contact_init(struct contact *ret, const struct target *target, const struct chat_wish *wish,
		 uint64_t timeout_ms);

/* Closes what is open.  Does no harm after a contact_init() that failed, or to all zeros. */
void contact_done(struct contact *contact);

/* What to poll for; a deadline by clock_boot_ms(), or DEADLINE_NEVER. */
struct pollfd contact_poll(const struct contact *contact);
uint64_t contact_deadline(const struct contact *contact);

/* Does what is due: revents of the above.  Changes contact->state. */
void contact_work(struct contact *contact, short revents);

/*
 * The next event that has come, and HEARD_ flags; false: none.  The caller frees it (event_done).
 * Call it until it is false after each contact_work().  ret_raw and ret_size, if not NULL: the line
 * as it came, without its end, good until the next call of any function.
 * Not given: what is no event; what comes before the true hello, which is given when it is known to
 * be that; the pongs for our own pings.  A BYE that means a lost link comes with no flags.
 */
bool contact_hear(struct contact *contact, struct event *ret, int *ret_flags, const char **ret_raw,
		  size_t *ret_size);

/* The user says something: chat_say(), whose errors come back; and it is sent if possible. */
int contact_say(struct contact *contact, const char *text, size_t size);

/* Leaves: /quit if the server is there to hear it; OVER when it has answered, or did not in time.
 */
void contact_leave(struct contact *contact);

/* The user wants another link at once: gives this one up, or dials without a pause.  Not before it
 * was UP once. */
void contact_redial(struct contact *contact);

/*
 * PLAIN: hands the link over, and what has come on it so far without the echo of /json: at most
 * CONTACT_HELD_MAX bytes, the latest.  Both are the caller's.  ssh ends with the link or with this
 * process.  The contact is not used any more but for contact_done().
 */
void contact_take_plain(struct contact *contact, struct link *ret, struct buffer *ret_heard);
