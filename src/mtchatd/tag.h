/*
 * tag.h - the name of a client, in the arena
 *
 * Two copies, and a word that says which one holds: a new name is written where the word does
 * not point, and becomes true with the commit that answers it.
 *
 * Stored under the names' lock, mostly by the client's handler, and read under it; its handler
 * reads it also under its room's lock alone.  Others store a name only under that room's lock, too,
 * or once, with TAG_RENAMED, which its handler clears: so no copy changes that is being read.
 *
 * A name can be lost to somebody who proves that it is his: then the word says that the copy held,
 * so that the room can still be told who left, or what the new name was before.
 */
#pragma once

#include "mtchatd/name.h"
#include "mtchatd/word.h"

enum { TAG_LOST = 2 }; /* added to `which`: the name was taken over, its client is to go */

#define TAG_RENAMED (UINT64_C(1) << 32) /* in `told`: the name before was the other copy */

struct tag {
	word which; /* 0: no name; else 1 + the index of the text that holds; + TAG_LOST */
	word told;  /* 1 + the number of the room that was told that it joined; + TAG_RENAMED: and
		       was not told its new name yet; 0: none was */
	char text[2][NAME_MAX_BYTES + 1];
};

/* Ends with NUL; "" if there is none. */
static inline const char *tag_text(const struct tag *tag)
{
	uint64_t which = word_get(&tag->which);

	return which == 1 || which == 2 ? tag->text[which - 1] : "";
}

/* The same, also if it was lost. */
static inline const char *tag_last_text(const struct tag *tag)
{
	uint64_t which = word_get(&tag->which);

	return which ? tag->text[(which - 1) % 2] : "";
}

/* The name before the one that holds: only if `told` says so. */
static inline const char *tag_text_before(const struct tag *tag)
{
	return tag->text[word_get(&tag->which) % 2];
}

static inline bool tag_is_lost(const struct tag *tag)
{
	return word_get(&tag->which) > TAG_LOST;
}

/* Writes a name where it does not hold yet; returns the value of `which` that makes it hold. */
static inline uint64_t tag_write(struct tag *tag, const struct name *name)
{
	uint64_t which = word_get(&tag->which) == 1 ? 2 : 1;

	memcpy(tag->text[which - 1], name->text, name->size + 1);
	return which;
}

/* The name that holds, parsed; false: none, or (in an arena that was found) none that can be. */
static inline bool tag_name(const struct tag *tag, struct name *ret)
{
	uint64_t which = word_get(&tag->which);
	const char *text;

	if (which < 1 || which > 2)
		return false;
	text = tag->text[which - 1];
	return name_parse_held(ret, text, strnlen(text, NAME_MAX_BYTES + 1)) == NAME_GOOD;
}
