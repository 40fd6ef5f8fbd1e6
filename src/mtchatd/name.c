/* name.c - names of people and of rooms: which there can be, and which are the same */
#include <errno.h>
#include <stdint.h>
#include <utf8proc.h>

#include "mtchatd/joining.h"
#include "mtchatd/lookalike.h"
#include "mtchatd/name.h"

enum { ZWNJ = 0x200C, ZWJ = 0x200D };

/* Characters first, then their bytes in the same place: as the library does it. */
union mapped {
	utf8proc_int32_t characters[NAME_FOLDED_MAX + 1];
	utf8proc_uint8_t bytes[(NAME_FOLDED_MAX + 1) * sizeof(utf8proc_int32_t)];
};

/*
 * Two steps, since one is not enough: U+0345 is a mark that stands behind all others, but folds to
 * a letter that does not.  Only after all marks are in their order it is the same letter for
 * every spelling.  What is invisible goes first, for it would keep marks from getting there.
 */
static const utf8proc_option_t take_apart = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
					    UTF8PROC_IGNORE;
static const utf8proc_option_t fold_together = UTF8PROC_STABLE | UTF8PROC_COMPOSE |
					       UTF8PROC_COMPAT | UTF8PROC_IGNORE |
					       UTF8PROC_CASEFOLD;

static bool is_mark(utf8proc_int32_t character)
{
	utf8proc_category_t category = utf8proc_category(character);

	return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

/* One that is painted over what stands before it. */
static bool is_laid_over(utf8proc_int32_t character)
{
	return is_mark(character) && utf8proc_category(character) != UTF8PROC_CATEGORY_MC;
}

static bool may_begin(utf8proc_int32_t character)
{
	return character != '-' && character != '.' && !is_mark(character);
}

static bool is_allowed(utf8proc_int32_t character)
{
	utf8proc_category_t category = utf8proc_category(character);

	return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
	       is_mark(character) || category == UTF8PROC_CATEGORY_ND || character == '_' ||
	       character == '-' || character == '.' || character == ZWNJ || character == ZWJ;
}

/* NAME_GOOD, or what keeps the text from being a name. */
static enum name_fault find_fault(const utf8proc_uint8_t *text, size_t size, size_t characters_max)
{
	struct joining joining = {0};
	utf8proc_int32_t character;
	bool many_marks = false;
	size_t at = 0, marks = 0;

	for (size_t i = 0; at < size; i++) {
		utf8proc_ssize_t n = utf8proc_iterate(text + at, (utf8proc_ssize_t)(size - at),
						      &character);

		if (n <= 0)
			return NAME_BAD_CHARACTER;
		if (i == characters_max)
			return NAME_TOO_LONG;
		if (i == 0 && !may_begin(character))
			return NAME_BAD_BEGIN;
		if (!is_allowed(character) || !joining_take(&joining, character))
			return NAME_BAD_CHARACTER;
		if (is_laid_over(character))
			many_marks |= ++marks > NAME_MARKS_MAX;
		else if (character != ZWNJ && character != ZWJ)
			marks = 0;
		at += (size_t)n;
	}
	if (!joining_may_end(&joining))
		return NAME_BAD_CHARACTER;
	return many_marks ? NAME_MANY_MARKS : NAME_GOOD;
}

/* The number of bytes; -EMSGSIZE: more characters than there is room for.  text: UTF-8. */
static utf8proc_ssize_t map(union mapped *to, const utf8proc_uint8_t *text, size_t size,
			    utf8proc_option_t options)
{
	utf8proc_ssize_t characters = utf8proc_decompose(text, (utf8proc_ssize_t)size,
							 to->characters, NAME_FOLDED_MAX, options);

	if (characters < 0 || characters > NAME_FOLDED_MAX)
		return -EMSGSIZE;
	return utf8proc_reencode(to->characters, characters, options);
}

/* Also NAME_RESERVED, and NAME_MANY_MARKS: then the name is folded all the same. */
static enum name_fault fold(struct name *name, const utf8proc_uint8_t *text)
{
	union mapped apart, folded;
	bool reserved = false;
	utf8proc_ssize_t size = map(&apart, text, name->size, take_apart);
	enum name_fault fault;

	if (size >= 0) {
		reserved = lookalike_is_reserved((char *)apart.bytes, (size_t)size);
		size = map(&folded, apart.bytes, (size_t)size, fold_together);
	}
	if (size < 0 || size > NAME_FOLDED_MAX)
		return NAME_TOO_LONG;
	if (size == 0)
		return NAME_BAD_CHARACTER;
	fault = find_fault(folded.bytes, (size_t)size, NAME_FOLDED_MAX);
	if (fault != NAME_GOOD && fault != NAME_MANY_MARKS)
		return fault;
	name->folded_size = (size_t)size;
	memcpy(name->folded, folded.bytes, name->folded_size);
	return reserved ? NAME_RESERVED : fault;
}

/* *ret is the name also for NAME_MANY_MARKS and NAME_RESERVED; else it may be anything. */
static enum name_fault parse(struct name *ret, const char *text, size_t size)
{
	const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;
	struct name name = {.size = size};
	enum name_fault fault, again;

	if (size == 0)
		return NAME_EMPTY;
	if (size > NAME_MAX_BYTES)
		return NAME_TOO_LONG;
	fault = find_fault(bytes, size, NAME_CHARACTERS_MAX);
	if (fault != NAME_GOOD && fault != NAME_MANY_MARKS)
		return fault;
	again = fold(&name, bytes);
	memcpy(name.text, text, size);
	*ret = name;
	return again == NAME_GOOD ? fault : again;
}

enum name_fault name_parse(struct name *ret, const char *text, size_t size)
{
	struct name name;
	enum name_fault fault = parse(&name, text, size);

	if (fault == NAME_GOOD)
		*ret = name;
	return fault;
}

enum name_fault name_parse_held(struct name *ret, const char *text, size_t size)
{
	struct name name;
	enum name_fault fault = parse(&name, text, size);

	if (fault == NAME_MANY_MARKS || (fault == NAME_RESERVED && !lookalike_is_word(name.folded)))
		fault = NAME_GOOD;
	if (fault == NAME_GOOD)
		*ret = name;
	return fault;
}

enum name_fault name_read(struct name *ret, const char *text, size_t size)
{
	struct name name = {.size = size};
	enum name_fault fault;

	if (size == 0)
		return NAME_EMPTY;
	if (size > NAME_READ_MAX)
		return NAME_TOO_LONG;
	fault = fold(&name, (const utf8proc_uint8_t *)text);
	if (fault == NAME_MANY_MARKS) /* somebody may have it still: name_parse_held() */
		fault = NAME_GOOD;
	if (fault == NAME_GOOD)
		*ret = name;
	return fault;
}

const char *name_fault_text(enum name_fault fault)
{
	switch (fault) {
	case NAME_GOOD:
		return "is good";
	case NAME_EMPTY:
		return "is empty";
	case NAME_TOO_LONG:
		return "is longer than 24 characters or 64 bytes";
	case NAME_BAD_BEGIN:
		return "begins with -, . or a mark";
	case NAME_BAD_CHARACTER:
		return "has something in it that is no letter, mark, digit, _, - or .";
	case NAME_MANY_MARKS:
		return "has more than 4 marks on one letter";
	case NAME_RESERVED:
		return "is reserved";
	}
	return "is no name";
}
