/*
 * name.h - names of people and of rooms: which there can be, and which are the same
 *
 * 1 to 24 characters, at most 64 bytes of UTF-8: letters, marks, digits, `_`, `-`, `.`; not
 * starting with `-`, `.` or a mark.  Two names are the same if they are equal after
 * NFKC, case folding and removal of what has no look of its own (utf8proc's tables: the ones of
 * Unicode); the result is the name's `folded` form.  `you`, `server` and `all` are nobody's.
 *
 * Pure, but for the memory that the library takes for a moment.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	NAME_CHARACTERS_MAX = 24,
	NAME_MAX_BYTES = 64,
	NAME_FOLDED_MAX = 256, /* bytes; one that folds to more is not taken */
};

struct name {
	size_t size, folded_size;            /* bytes, without the NUL */
	char text[NAME_MAX_BYTES + 1];       /* as it was written */
	char folded[NAME_FOLDED_MAX + 1];
};

enum name_fault {
	NAME_GOOD,
	NAME_EMPTY,
	NAME_TOO_LONG,  /* characters, bytes, or its folded form */
	NAME_BAD_BEGIN, /* -, . or a mark */
	NAME_BAD_CHARACTER,
	NAME_RESERVED,
	NAME_NO_MEMORY,
};

/* text: any bytes.  NAME_GOOD, and *ret is the name; else *ret is untouched. */
enum name_fault name_parse(struct name *ret, const char *text, size_t size);

/* What is wrong, in words that a person understands: "begins with - or . or a mark". */
const char *name_fault_text(enum name_fault fault);

static inline bool name_is_reserved(enum name_fault fault)
{
	return fault == NAME_RESERVED;
}
