/*
 * name.h - names of people and of rooms: which there can be, and which are the same
 *
 * 1 to 24 characters, at most 64 bytes of UTF-8: letters, marks, digits, `_`, `-`, `.`; not
 * starting with `-`, `.` or a mark.  Characters are code points of the text as it is written, so
 * that decomposed Hangul takes two or three for a syllable.
 *
 * Two names are the same if they are equal after NFKC, case folding and removal of what has no
 * look of its own (utf8proc's tables: the ones of Unicode); the result is the name's `folded`
 * form.  What holds for a name holds for its folded form, too: so there is no name of nothing but
 * fillers, and none with a space that only NFKC would show.  `you`, `server` and `all` are
 * nobody's, in any spelling and in letters that look like theirs (lookalike.h).
 *
 * U+200C and U+200D are in a name where they change how it is written (joining.h).  Not more than
 * NAME_MARKS_MAX marks stand on one letter, which is what UTS 39 advises: more of them are painted
 * over the lines above and below.  Marks that take a place of their own (Mc) are not counted.
 *
 * Only characters that the library knows are taken, and Unicode promises that what is known is
 * never folded otherwise later: a name that lasts stays the name it is.  Letters of different
 * scripts that look alike (Latin a, Cyrillic a) are different, but for those of reserved words.
 *
 * Pure.  0.3 us for most names, 2 us for the worst; 3 KiB of stack.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
	NAME_CHARACTERS_MAX = 24,
	NAME_MARKS_MAX = 4, /* Mn and Me in a row */
	NAME_MAX_BYTES = 64,
	NAME_FOLDED_MAX = 256, /* bytes; one that folds to more is not taken */
	NAME_READ_MAX = 256,   /* bytes of a text that is read as one */
};

struct name {
	size_t size, folded_size;      /* bytes, without the NUL */
	char text[NAME_MAX_BYTES + 1]; /* as it was written */
	char folded[NAME_FOLDED_MAX + 1];
};

enum name_fault {
	NAME_GOOD,
	NAME_EMPTY,
	NAME_TOO_LONG,      /* characters, bytes, or its folded form */
	NAME_BAD_BEGIN,     /* -, . or a mark; also in its folded form */
	NAME_BAD_CHARACTER, /* also in its folded form, or that is empty; or no UTF-8 */
	NAME_MANY_MARKS,    /* also in its folded form */
	NAME_RESERVED,
};

/* text: any bytes.  NAME_GOOD, and *ret is the name; else *ret is untouched. */
enum name_fault name_parse(struct name *ret, const char *text, size_t size);

/*
 * A name that somebody may have since before this process, whose rules may be stricter: it stays,
 * and is found.  As name_parse(), without NAME_MANY_MARKS and the look-alikes.
 */
enum name_fault name_parse_held(struct name *ret, const char *text, size_t size);

/*
 * Which name people would read in the text, with all that they would not see in it: it need not be
 * one that can be taken.  As name_parse(), but ret->text is "".
 */
enum name_fault name_read(struct name *ret, const char *text, size_t size);

/* What is wrong, in words that a person understands: "begins with -, . or a mark". */
const char *name_fault_text(enum name_fault fault);

static inline bool name_is_reserved(enum name_fault fault)
{
	return fault == NAME_RESERVED;
}

/* Whether two spellings are one name. */
static inline bool name_is_same(const struct name *one, const struct name *other)
{
	return one->folded_size == other->folded_size &&
	       memcmp(one->folded, other->folded, one->folded_size) == 0;
}
