/*
 * speech.h - what was typed or piped in becomes what goes to the server
 *
 * Pure.  Two ways:
 *	without a name	every byte goes as it came
 *	with a name	the textbook's: "[NAME] " before each line; a line "q" or "Q" is not
 *			sent but leaves; the last line gets its LF if it has none
 *
 *	START -- q or Q --> ASIDE -- LF or end --> the speaker has left
 *	  ^ `-- other --.     | other
 *	  |             v     v
 *	  `---- LF ---- MIDDLE
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mtchat/buffer.h"

enum { SPEECH_NAME_MAX = 255 }; /* bytes */

enum speech_state { SPEECH_START, SPEECH_ASIDE, SPEECH_MIDDLE };

struct speech {
	char prefix[SPEECH_NAME_MAX + sizeof("[] ")];
	size_t prefix_size; /* 0: without a name */
	enum speech_state state;
	char aside;          /* the q or Q that is held back in SPEECH_ASIDE */
	bool left;           /* q or Q was said: nothing more is */
	bool quit;           /* without a name: "/quit" was said, so the server may close */
	size_t quit_matched; /* so many bytes of "/quit" begin the present line; more: no match */
};

/* name: at most SPEECH_NAME_MAX bytes, without control characters; or NULL. */
void speech_init(struct speech *ret, const char *name);

/*
 * Says bytes[0, size) as far as there is room in `to`.  Returns how many are done with; it
 * is all of them once the speaker has left.
 */
size_t speech_add(struct speech *speech, struct buffer *to, const char *bytes, size_t size);

/* There is no more.  false: it needs room in `to`, and another call. */
bool speech_end(struct speech *speech, struct buffer *to);
