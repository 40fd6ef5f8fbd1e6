/*
 * chat.h - a conversation in JSON Lines that outlives its connections
 *
 * Pure: events and what the user says go in, lines for the server come out, and what is to be made
 * of each event.  One question to the server at a time, in this order:
 *
 *	OFF -- connected: /json --> ASKS -- hello: /ping, its pong --> JOINS -- hello -->
 *	NAMES -- name_ok --> LOOKS -- who --> CATCHES_UP -- live --> LIVE
 *
 * Before /json is obeyed what comes is text, and anybody may have said a line that looks like a
 * hello.  So the first one is answered with a /ping that has a secret token: the true hello is the
 * latest before its pong, and nothing else is believed until then.
 *
 * The room comes before the name.  So nobody sees a named one come and go in the lobby; and the
 * old connection, which the name is taken from, holds the room until then: a room without anybody
 * loses its log.
 *
 * What there is nothing to ask for is passed over: a name or a room that one has or does not want,
 * /who if nobody is to see it.  CATCHES_UP asks /since the last line that was shown; the first time
 * /last, or /since of the command line.  What is said while it does is in the replay: lines outside
 * of one are dropped until it is live, so all are shown once and in order.  Then what waits is
 * sent.
 *
 *	any but OVER -- the link is lost --> OFF	(nothing that waits is)
 *	behind ASKS -- bye of any other kind --> OFF	(nobody asked for it: it is as good as lost)
 *	NAMES -- no_memory --> OFF			(likewise)
 *	behind ASKS -- bye: quit, taken over --> OVER
 *	NAMES -- the name is refused --> OVER
 *
 * One's name changes by name_ok, by hello, or by the notice `renamed`, which only the displaced one
 * gets.  A rename in the room from one's own name is another's, too, where one has taken it over.
 *
 * A /join that the user types leads through JOINS as well, and what is typed behind it waits.
 * Behind a /name it waits, too, but the chat stays live.  Either is given again if the link was
 * lost before its answer came.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mtchat/buffer.h"
#include "mtchat/events.h"
#include "mtchat/waiting.h"

enum {
	CHAT_NAME_SIZE = 65, /* of names and rooms, with the NUL */
	CHAT_KEY_SIZE = 129,
	CHAT_KEYS_MAX = 16, /* of so many links lost in a row; an older one may keep the name */
	CHAT_TOKEN_SIZE = 17,
};

enum chat_state {
	CHAT_OFF,
	CHAT_ASKS,
	CHAT_JOINS,
	CHAT_NAMES,
	CHAT_LOOKS,
	CHAT_CATCHES_UP,
	CHAT_LIVE,
	CHAT_OVER,
};

/* What the user wants. */
struct chat_wish {
	char name[CHAT_NAME_SIZE]; /* "": none */
	char room[CHAT_NAME_SIZE]; /* "": where the server puts one */
	int last;                  /* lines of history, but for one's own coming; 0: none */
	struct event_id since;     /* begin there; no epoch: `last` holds */
	bool looks;                /* at who is here, and at the rooms, at the begin */
};

/* What is to be made of an event; the low bits are those of screen.h. */
enum {
	HEARD_OLD = 1,    /* history */
	HEARD_OWN = 2,    /* one's own line, come back, or the answer that refuses it */
	HEARD_GREETS = 4, /* WHO of the begin, or of a room that one has moved to */
	HEARD_SHOWS = 8,  /* the user is to see it */
	HEARD_BACK = 16,  /* with LIVE: a lost link is back, all is caught up: see chat->caught */
	HEARD_BEGUN = 32, /* with LIVE: of the begin, or of a room that one has moved to */
	HEARD_ANEW = 64,  /* with LIVE: the history has begun anew: lines may be missing */
};

/* What a hello says. */
struct chat_hello {
	char room[CHAT_NAME_SIZE];
	char name[CHAT_NAME_SIZE]; /* that one has; "": none */
	char key[CHAT_KEY_SIZE];   /* of this link */
	struct event_id head;
	uint64_t max_line; /* bytes a line may have; 0: not told */
};

struct chat {
	struct chat_wish wish; /* name, room: kept up to date by what the server says */
	enum chat_state state;
	struct waiting waiting;

	/* Of this link; while there is none, of the last. */
	char name[CHAT_NAME_SIZE]; /* that one has; "": none */
	char room[CHAT_NAME_SIZE]; /* where one is; "": nowhere yet */
	uint64_t max_line;         /* bytes a line may have; 0: not known */

	/* What somebody of one's name is called now.  It may be oneself, or whom one has the name
	 * from: that only the notice tells, or a line of one's own under it.  "": nobody was. */
	char renamed_to[CHAT_NAME_SIZE];

	char key[CHAT_KEY_SIZE]; /* of this link */

	char token[CHAT_TOKEN_SIZE]; /* of the /ping in ASKS: only we and the server know it */
	struct chat_hello hello;     /* the latest; in ASKS perhaps somebody's who only says so */
	bool greeted;                /* in ASKS: a hello came, and the /ping was asked */

	/*
	 * Of lost links that asked for a name and may still hold it, oldest first: what they asked
	 * may arrive late, and a name only moves to a later link.  So it is asked for by each of
	 * them in this order, all at once.
	 */
	char old_keys[CHAT_KEYS_MAX][CHAT_KEY_SIZE];
	size_t old_key_count;
	char asked_name[CHAT_NAME_SIZE]; /* "": none is asked for */
	size_t names_asked;              /* so many answers are to come */
	bool may_be_named;               /* this link has asked for a name */

	struct event_id head;  /* of the last hello */
	struct event_id shown; /* the last line that was shown; no epoch: none yet */
	char shown_room[CHAT_NAME_SIZE];
	char live_room[CHAT_NAME_SIZE]; /* where it was LIVE last; "": it never was */

	bool live;       /* lines are shown as they come */
	bool was_live;   /* it was LIVE once */
	bool away;       /* the link was lost since */
	bool anew;       /* HEARD_ANEW comes with the next LIVE */
	bool looked;     /* WHO of this room was shown */
	bool quiet;      /* nobody is to see the marks around the replay */
	bool in_replay;  /* between replay and live */
	bool no_room;    /* the wished room was refused, at the begin or when back */
	bool refused;    /* OVER, since the name was */
	uint64_t caught; /* others' lines (said or done) caught up since the link was lost, */
	uint64_t missed; /* and lines that the server held no more */
	unsigned int quiet_rooms; /* so many answers are not for the user */
	unsigned int pings;       /* so many of the user's are not answered */
};

/*
 * Both are chance, 64 bits each.  seed: of the nonces, which everybody gets to see; secret: of the
 * token, which nobody must be able to tell from them.
 */
void chat_init(struct chat *ret, const struct chat_wish *wish, uint64_t seed, uint64_t secret);
void chat_done(struct chat *chat);

/* A link stands: asks for JSON Lines.  Every `out` has room for at least 4 KiB at that time. */
void chat_connected(struct chat *chat, struct buffer *out);

/* It is lost. */
void chat_lost(struct chat *chat);

/*
 * An event of the server; adds to `out` what is to be asked next.  Returns HEARD_ flags.  If the
 * state is OFF or OVER afterwards, the link is to be closed.  The notice `duplicate` is HEARD_OWN
 * and nothing else: its line was said.  PONG shows if the user has typed a /ping; the caller's own
 * are nobody's business.
 */
int chat_hear(struct chat *chat, const struct event *event, struct buffer *out);

/*
 * The user says a line or gives a command.  0; -ENOSPC, -ENOMEM, -EINVAL: see waiting.h; -EMSGSIZE:
 * longer than chat_line_max().
 */
int chat_say(struct chat *chat, const char *text, size_t size);

/* How many bytes a line may have, with room for what goes before it. */
size_t chat_line_max(const struct chat *chat);

/*
 * Sends what waits, if it is live.  To be called whenever `out` has room, and after chat_hear().
 * Leaves WAITING_SPARE bytes free; `out` has a capacity of LINK_OUT_SIZE, or long lines never go.
 */
void chat_send(struct chat *chat, struct buffer *out);

static inline bool chat_is_up(const struct chat *chat)
{
	return chat->state == CHAT_LIVE;
}
