/* ignored.c - whose lines are not shown */
#include "mtchat/ignored.h"

#include <errno.h>
#include <string.h>
#include <utf8proc.h>

#include "common/cleanup.h"

/* Copies as much as fits, and cuts no character. */
static void copy_cut(char ret[IGNORED_SIZE], const char *text)
{
	size_t size = strlen(text);

	if (size >= IGNORED_SIZE)
		for (size = IGNORED_SIZE - 1; size > 0 && (text[size] & 0xC0) == 0x80;)
			size--;
	memcpy(ret, text, size);
	ret[size] = '\0';
}

/*
 * Two steps, as the server does it: U+0345 stands behind all other marks, but folds to a letter
 * that does not.  Only when the marks are in their order, every spelling folds to the same.
 */
void name_fold(char ret[IGNORED_SIZE], const char *name)
{
	AUTO_FREE utf8proc_uint8_t *apart = NULL, *folded = NULL;

	utf8proc_map((const utf8proc_uint8_t *)name, 0, &apart,
		     UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
			     UTF8PROC_IGNORE);
	if (apart)
		folded = utf8proc_NFKC_Casefold(apart);
	/* No UTF-8, or no memory: then it is the same as itself. */
	copy_cut(ret, folded ? (const char *)folded : name);
}

static bool may_be_in_name(utf8proc_int32_t character)
{
	utf8proc_category_t category = utf8proc_category(character);

	return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME) ||
	       category == UTF8PROC_CATEGORY_ND || character == '_' || character == '-' ||
	       character == '.';
}

/* Can a server of ours give that name?  As far as it is worth telling: its length is not looked at.
 */
static bool is_name(const char *folded)
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)folded;

	if (!*at || *at == '-' || *at == '.')
		return false;
	while (*at) {
		utf8proc_int32_t character;
		utf8proc_ssize_t size = utf8proc_iterate(at, -1, &character);

		if (size <= 0 || !may_be_in_name(character))
			return false;
		at += size;
	}
	return true;
}

/* Where it stands, or ignored->count. */
static size_t find(const struct ignored *ignored, const char *folded)
{
	size_t i = 0;

	while (i < ignored->count && strcmp(ignored->names[i], folded) != 0)
		i++;
	return i;
}

int ignored_turn(struct ignored *ignored, const char *name)
{
	char folded[IGNORED_SIZE];
	size_t i;

	name_fold(folded, name);
	if (!is_name(folded))
		return -EINVAL;
	i = find(ignored, folded);
	if (i < ignored->count) { /* the others keep their order: it is shown */
		memmove(ignored->names[i], ignored->names[i + 1],
			(--ignored->count - i) * sizeof(*ignored->names));
		return 0;
	}
	if (ignored->count == IGNORED_MAX)
		return -ENOSPC;
	memcpy(ignored->names[ignored->count++], folded, sizeof(folded));
	return 1;
}

void ignored_rename(struct ignored *ignored, const char *from, const char *to)
{
	char folded[IGNORED_SIZE], other[IGNORED_SIZE];
	size_t i;

	if (ignored->count == 0)
		return;
	name_fold(folded, from);
	name_fold(other, to);
	i = find(ignored, folded);
	if (i == ignored->count || strcmp(folded, other) == 0)
		return;
	if (find(ignored, other) < ignored->count) /* that one is, too */
		ignored_turn(ignored, from);
	else
		memcpy(ignored->names[i], other, sizeof(other));
}

bool ignored_has(const struct ignored *ignored, const char *name)
{
	char folded[IGNORED_SIZE];

	if (ignored->count == 0)
		return false;
	name_fold(folded, name);
	return find(ignored, folded) < ignored->count;
}
