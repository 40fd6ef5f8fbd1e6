/*
 * screen.h - events become bytes for a terminal, or for a log
 *
 * Pure: the time comes from the caller, the bytes go to a stream.  Every text of the server goes
 * through safe.h; on a terminal, what is wider than its row through rows.h, too.  Colour is never
 *the only sign of anything.
 *
 *	10:31 carol: morning!			said; by nobody named: "10:31 | morning!"
 *	10:31 >> carol: morning! alice, ...	it has one's name in it
 *	10:31 ** carol waves			done
 *	10:31 carol -> you: hello		private; one's own: "you -> carol: hello"
 *	10:31 * carol came			or went; a notice; what the client tells
 *	-- last 3 of 50 lines ---- Thu 09:12 --	a rule, as wide as the terminal (at most 80 columns)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "mtchat/events.h"
#include "mtchat/ignored.h"

enum bell { BELL_OFF, BELL_MENTION, BELL_ALL };
enum notify { NOTIFY_BELL, NOTIFY_OSC9, NOTIFY_OSC777 };

/* What the terminal is that of: a notification has to get through it. */
enum within { WITHIN_NOTHING, WITHIN_TMUX, WITHIN_SCREEN };

/* What the user has chosen. */
struct screen_style {
	bool colour;
	bool dates;   /* "2026-11-21 10:31:07+09:00" in place of "10:31": for logs; and no rules */
	bool comings; /* shows who comes, goes, or is renamed */
	enum bell bell;
	enum notify notify;
	enum within within;
};

enum {
	SCREEN_NAME_MAX = 64,  /* bytes of a name, or of a room's; longer ones are cut */
	SCREEN_BELL_MS = 100,  /* no bell so soon after another: at most one a redraw */
	SCREEN_CALL_MAX = 240, /* bytes of text that a notification shows */
	SCREEN_NO_ROWS = -1,   /* columns of what is no terminal: lines are not broken there */
};

struct screen {
	struct screen_style style;
	int columns;                   /* of a row; 0: not known; SCREEN_NO_ROWS */
	int breaks_at;                 /* where the terminal breaks a line; 0: after those */
	char own[SCREEN_NAME_MAX + 1]; /* one's own name; "": none */
	char own_folded[IGNORED_SIZE]; /* the same by name_fold() */
	int day;                       /* of the last line: year * 366 + day of it; 0: none yet */
	int64_t now_ms;                /* what the caller told last; 0: nothing yet */
	int64_t rung_ms;               /* when the last bell rang; 0: never */
};

/* How an event is to be shown. */
enum {
	SCREEN_OLD = 1,    /* it is history: it rings no bell, and is no news */
	SCREEN_OWN = 2,    /* it is one's own line, come back */
	SCREEN_GREETS = 4, /* WHO: the first line of a chat: "* HOST, room ROOM, 7 here: ..." */
};

void screen_init(struct screen *ret, const struct screen_style *style, int columns);
void screen_set_own(struct screen *screen, const char *name); /* NULL: none */

/*
 * Writes an event's lines, none if there is nothing to show.  now_ms: since 1970, for what has no
 * time of its own.  host: what SCREEN_GREETS calls the server.  A line of another day than the one
 * before has a rule with the date before it (not with style.dates: there each line has it).  What
 * there is no memory for is left out.
 *
 * A line of 80 bytes costs 0.3 us; 0.6 us if one has a name of one's own, to look for it; 1.0 us in
 * colour, Korean 1.8 us.  Private lines cost 1.7 us, all else 0.3 to 0.6 us; lists 0.1 us a name.
 */
void screen_event(struct screen *screen, const struct event *event, int flags, const char *host,
		  int64_t now_ms, FILE *to);

/* "-- last 3 of 50 lines --- Thu 09:12 --": REPLAY, with the first of its lines.  Or "-- live ---".
 */
void screen_replay(struct screen *screen, uint64_t shown, uint64_t all, int64_t first_ms, FILE *to);
void screen_live(struct screen *screen, FILE *to);

/* "10:36 * TEXT": something that the client itself has to tell. */
void screen_tell(struct screen *screen, int64_t now_ms, FILE *to, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A line of one's own that has not come back: dim, cut to one row of the terminal, with no LF. */
void screen_waiting(const struct screen *screen, const char *text, size_t size, FILE *to);

/* "lobby alice> ", and what is wrong in brackets: "lobby alice [offline, 2 waiting]> ". */
void screen_prompt(const struct screen *screen, const char *room, bool offline, size_t waiting,
		   FILE *to);
