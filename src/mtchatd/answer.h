/*
 * answer.h - what a client is told, in the rendering that it reads
 *
 * Whole lines: notices "* ..." in text, events in JSON Lines.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mtchatd/rendering.h"

enum {
	ANSWER_MAX = 12 << 10, /* bytes; the largest is a page of rooms: 100 names and counts */
	ANSWER_PAGE = 100,     /* names on a page */
};

struct answer {
	enum rendering_kind kind;
	size_t size;
	char text[ANSWER_MAX];
};

/* An empty one; its text is not cleared, which would cost more than most answers. */
void answer_init(struct answer *answer, enum rendering_kind kind);

/*
 * "* TEXT", or {"ev":"notice","code":CODE,"text":TEXT}.  The text is cut to ANSWER_TEXT_MAX bytes;
 * it may hold any bytes of a client's.
 */
enum { ANSWER_TEXT_MAX = 1024 };
void answer_notice(struct answer *answer, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A line was said before, with the same nonce: notice `duplicate`, with its "n". */
void answer_duplicate(struct answer *answer, const char *nonce, size_t size);

/* size 0: no token. */
void answer_pong(struct answer *answer, const char *token, size_t size);

/* Lines first ... first + lines - 1 were not given to it. */
void answer_skip(struct answer *answer, const char *epoch, uint64_t first, uint64_t lines);

/* The marks around old lines.  since: the id that was asked for, or NULL: the last `last` ones. */
void answer_replay(struct answer *answer, const char *since, size_t since_size, uint64_t last,
		   uint64_t lines);
void answer_live(struct answer *answer, const char *epoch, uint64_t number);

struct hello {
	const char *room, *epoch;
	uint64_t number;   /* of the last line before */
	unsigned clients;  /* in the room, this one too */
	const char *you;   /* "": no name */
	const char *key;   /* key.h */
	unsigned max_line; /* bytes */
};
/* hello; in text: "* you are in ROOM now, N here". */
void answer_hello(struct answer *answer, const struct hello *hello);

/* One page.  names[] end with NUL and are sorted. */
struct who {
	const char *room;
	bool elsewhere; /* it was asked for by name */
	const char *names[ANSWER_PAGE];
	unsigned count;   /* of names[] */
	unsigned here;    /* in the room, all in all */
	unsigned unnamed; /* of them */
	unsigned more;    /* with a name, behind the last one on the page */
	bool first;       /* it is the first page */
};
void answer_who(struct answer *answer, const struct who *who);

struct room_list {
	struct {
		const char *name;
		unsigned clients;
	} room[ANSWER_PAGE];
	unsigned count, all, more;
	bool first;
};
void answer_rooms(struct answer *answer, const struct room_list *list);

/* JSON Lines only; in text: nothing. */
void answer_restarted(struct answer *answer, bool known, uint64_t gap_ms);
void answer_bye(struct answer *answer, const char *reason);
