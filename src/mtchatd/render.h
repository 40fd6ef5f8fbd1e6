/*
 * render.h - how what is said looks in a room's log, in each of its two renderings
 *
 * Pure.  In text, what a named client says has its name before it; what an unnamed one says is
 * relayed as it is, but must not pass for a notice of the server or for somebody's line: then it is
 * marked with ~, in both renderings, not refused and not believed.
 *
 *	* stop now	->	~* stop now		likewise "** "
 *	[server] hi	->	[~server] hi		likewise "[server -> ", or a name taken
 *
 * Who comes, goes or is called otherwise shows in JSON Lines only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"
#include "mtchatd/name.h"

enum said_kind { SAID_LINE, SAID_ACT, SAID_JOIN, SAID_LEAVE, SAID_RENAME };

/* No ~ goes anywhere. */
#define UNMARKED SIZE_MAX

enum {
	NONCE_MAX = 32, /* bytes */
	/* A rendered line is at most so many bytes longer than TEXT_GROWTH times its text. */
	RENDER_OVERHEAD = 512,
};

/* Something that is said in a room, or happens there. */
struct said {
	enum said_kind kind;
	const char *from;  /* its name, ends with NUL; NULL: it has none (LINE) */
	const char *text;  /* LINE, ACT: what; LEAVE: why; RENAME: the new name; JOIN: not used */
	size_t size;       /* of the text, bytes */
	size_t mark;       /* LINE: ~ goes before that byte of the text; or UNMARKED */
	const char *nonce; /* of @n=; nonce_size 0: none */
	size_t nonce_size;
	bool vouched; /* the kernel vouches for whose name it is */
};

/* What the one with that name does, or what becomes of the name.  Both strings end with NUL. */
struct said said_of_name(enum said_kind kind, const char *name, const char *text, bool vouched);

/* What JSON Lines tell with it. */
struct stamp {
	const char *room, *epoch; /* end with NUL */
	uint64_t number;          /* of the line */
	const char *time;         /* as render_time() writes it; ends with NUL */
};

/*
 * Each writes a line with its LF to `to`, which has room for TEXT_GROWTH * size + RENDER_OVERHEAD
 * bytes and does not overlap the text, and returns its size.
 * In text: 0, and nothing written, for what does not show there.  In JSON: 0 if all that stands
 * around the text does not fit into RENDER_OVERHEAD, which no name, room or epoch is long enough
 * for.
 *
 * Text goes out as it is, JSON is cleaned (common/text.h): whatever bytes the text has, it is one
 * line of valid JSON in valid UTF-8.  80 bytes cost 6 ns in text; in JSON 90 ns of ASCII (85 of
 * nothing), 165 of Korean, 160 with ten quotes.
 */
size_t render_text(char *to, const struct said *said);
size_t render_json(char *to, const struct said *said, const struct stamp *stamp);

/*
 * The next LINE by the same one (the same string `from`) in the same room at the same time has all
 * before its text but the number from the one before: a third of the cost.  Begins as all zeros.
 */
struct render_model {
	const char *line;    /* as render_json_model() wrote it, and untouched since; NULL: none */
	const char *from;    /* of its said */
	size_t number, time; /* where these begin in it, bytes; the time with its key */
	size_t text;         /* where its text begins */
};

/* As render_json(); what is written becomes the model if it is a LINE. */
size_t render_json_model(char *to, const struct said *said, const struct stamp *stamp,
			 struct render_model *model);

/* Whether the model is one for that. */
static inline bool render_is_model(const struct render_model *model, const struct said *said)
{
	return model->line && said->kind == SAID_LINE && model->from == said->from;
}

/* The same bytes as render_json() with the model's stamp, but for the number. */
size_t render_json_like(char *to, const struct said *said, uint64_t number,
			const struct render_model *model);

/*
 * A private line, as above.  It has no number, is the same JSON for both, and is never marked: it
 * has a name.  `to_name`: whom it is for.
 */
size_t render_letter_text(char *to, const char *from_name, const char *to_name, const char *text,
			  size_t size); /* "[FROM -> TO] TEXT\n" */
size_t render_letter_json(char *to, const struct said *said, const char *to_name, const char *time);

/* Does it look like a notice? */
bool render_is_notice(const char *text, size_t size);

/* How long the X is if the line begins with "[X] " or "[X -> "; 0: not so, or > NAME_READ_MAX. */
size_t render_claim(const char *text, size_t size);

/* Times in RFC 3339, UTC, with milliseconds: "2026-11-21T10:31:07.412Z". */
enum { RENDER_TIME_SIZE = 25 }; /* with its NUL */

/*
 * us: since 1970, up to the end of the year 9999; what is later is told as that.  What `ret` holds
 * from the call before is used: within the same second only the milliseconds are written anew (3
 * ns, not 60).  It begins as all zeros.
 */
struct render_time {
	uint64_t second;
	char text[RENDER_TIME_SIZE];
};
void render_time(struct render_time *ret, uint64_t us);
