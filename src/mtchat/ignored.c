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

/* Nobody can have a name with a space in it, or with nothing that is seen. */
static bool is_name(const char *folded)
{
	if (!folded[0])
		return false;
	for (; *folded; folded++)
		if ((unsigned char)*folded <= ' ')
			return false;
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

bool ignored_has(const struct ignored *ignored, const char *name)
{
	char folded[IGNORED_SIZE];

	if (ignored->count == 0)
		return false;
	name_fold(folded, name);
	return find(ignored, folded) < ignored->count;
}
