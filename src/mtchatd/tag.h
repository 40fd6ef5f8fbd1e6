/*
 * tag.h - the name of a client, in the arena
 *
 * Two copies, and a word that says which one holds: a new name is written where the word does
 * not point, and becomes true with the commit that answers it.  Stored by the client's
 * handler, under the names' lock; read by it without, by others under the lock.
 */
#pragma once

#include "mtchatd/name.h"
#include "mtchatd/word.h"

struct tag {
	word which; /* 0: no name; else 1 + the index of the text that holds */
	char text[2][NAME_MAX_BYTES + 1];
};

/* Ends with NUL; "" if there is none. */
static inline const char *tag_text(const struct tag *tag)
{
	uint64_t which = word_get(&tag->which);

	return which ? tag->text[which - 1] : "";
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
	return name_parse(ret, text, strnlen(text, NAME_MAX_BYTES + 1)) == NAME_GOOD;
}
