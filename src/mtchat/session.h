/*
 * session.h - one conversation with a server: what both ways to run it have in common
 *
 *	typed bytes -> speech -> link.out -> server -> [plain ->] show -> stdout
 *
 * Each part is bounded; what has no room waits where it comes from.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mtchat/buffer.h"
#include "mtchat/echo.h"
#include "mtchat/link.h"
#include "mtchat/plain.h"
#include "mtchat/speech.h"

struct session {
	struct link link;
	struct speech speech;
	struct echo echo;
	bool clean;         /* a terminal shows it: made safe first */
	struct plain plain; /* if clean */
	struct buffer show; /* for stdout */
	uint64_t active_ms; /* when a byte last went over the link, either way */
	uint64_t pause_ms;  /* when the start of a line is shown as it is; or DEADLINE_NEVER */
	bool over;          /* the server closed, or the link broke: nothing more comes */
	int error;          /* why, a negative errno; 0: closed */
};

/*
 * Takes over the link.  name: as for speech_init(); clean: the output is a terminal.
 * 0; or -ENOMEM, and the link is closed.  The session stays where it is.
 */
int session_init(struct session *ret, struct link *link, const char *name, bool clean);
void session_done(struct session *session);

/*
 * Says bytes[0, size) as far as there is room, and sends what can be sent.  Returns how many
 * are done with; if not all, link.out is not empty and its going on is worth waiting for.
 */
size_t session_say(struct session *session, const char *bytes, size_t size);

/* Nothing more will be said: half-closes the link as soon as everything is sent. */
void session_say_end(struct session *session);

/* Sends what can be sent. */
void session_flush(struct session *session);

/* Has what comes a place to go to? */
bool session_has_room(struct session *session);

/* What has come on the link before it was ours: at most PLAIN_HOLD_SIZE bytes, before all else. */
void session_heard(struct session *session, const char *bytes, size_t size);

/* The link has something: takes it in, or finds that it is over. */
void session_hear(struct session *session);

/* Fills `show`.  Returns whether there is more for it. */
bool session_show(struct session *session);

/* The exit status that the end of the link means; tells on stderr if that is not 0.  Logs. */
int session_verdict(const struct session *session);
