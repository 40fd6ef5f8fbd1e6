/*
 * events.h - a line of JSON from the server becomes an event
 *
 * Pure.  What is not known is ignored, as the protocol asks: unknown events are EVENT_OTHER,
 * unknown keys are not looked at, a key of the wrong type is as if it was not there; so is a number
 * that is negative, no integer, or has more than 18 digits, and a time before 1970.  Texts are as
 * the server gave them: valid UTF-8 without NUL, but not yet safe for a terminal (safe.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	EVENT_LINE_MAX = 1 << 20, /* bytes; no server of ours sends as much in a line */
	EPOCH_MAX = 32,           /* bytes */
};

enum event_kind {
	EVENT_OTHER,
	EVENT_HELLO,
	EVENT_SAY,
	EVENT_ME,
	EVENT_PRIV,
	EVENT_JOIN,
	EVENT_LEAVE,
	EVENT_RENAME,
	EVENT_NOTICE,
	EVENT_WHO,
	EVENT_ROOMS,
	EVENT_REPLAY,
	EVENT_LIVE,
	EVENT_SKIP,
	EVENT_RESTARTED,
	EVENT_PONG,
	EVENT_BYE,
};

/* "EPOCH.NUMBER": a line's place in its room's log. */
struct event_id {
	char epoch[EPOCH_MAX + 1]; /* "": there is none */
	uint64_t number;
};

/* Texts are NULL if the event does not have them; they are the event's, until event_done(). */
struct event {
	enum event_kind kind;
	void *json;              /* holds the texts */
	struct event_id id;      /* SAY to RENAME; HELLO, LIVE: head; SKIP: to */
	struct event_id from_id; /* SKIP: from */
	int64_t time_ms;         /* since 1970, UTC; -1: none */
	const char *room;
	const char *from;       /* who: "from", or "name" of JOIN, LEAVE, RENAME; NULL: unnamed */
	const char *to;         /* PRIV: whom; RENAME: the new name */
	const char *text;       /* "text", or "reason" */
	const char *nonce;      /* "n" */
	const char *code;       /* NOTICE */
	const char *token;      /* PONG */
	const char *you, *key;  /* HELLO */
	uint64_t lines;         /* REPLAY, SKIP */
	uint64_t gap_ms;        /* RESTARTED; 0: not told */
	uint64_t max_line;      /* HELLO; 0: not told */
	uint64_t unnamed, more; /* WHO; ROOMS: more */
	size_t count;           /* WHO: names; ROOMS: rooms */
	bool vouched;           /* "auth" is "uid" */
};

/*
 * One line, without its LF.  0; -EBADMSG: it is no JSON object with a text "ev", or longer than
 * EVENT_LINE_MAX; -ENOMEM.  *ret is untouched then.
 */
int event_read(struct event *ret, const char *line, size_t size);
void event_done(struct event *event);

/* WHO: the i-th name, i < count; ROOMS: the i-th room's, and how many are in it.  "" if it is bad.
 */
const char *event_name(const struct event *event, size_t i);
uint64_t event_clients(const struct event *event, size_t i);

/* Is it a line of the room, with an id: said, done, or somebody came, went or was renamed? */
static inline bool event_is_line(const struct event *event)
{
	return (event->kind == EVENT_SAY || event->kind == EVENT_ME ||
		(event->kind >= EVENT_JOIN && event->kind <= EVENT_RENAME)) &&
	       event->id.epoch[0];
}

/*
 * "EPOCH.NUMBER" into an id.  An epoch is letters, digits, _ and - of ASCII: it may stand in a
 * command.  0, or -EINVAL.
 */
int event_id_parse(struct event_id *ret, const char *text);
