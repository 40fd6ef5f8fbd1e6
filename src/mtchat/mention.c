/* mention.c - does a line call somebody by name? */
#include "mtchat/mention.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static bool is_ascii(const char *text)
{
	while (*text && !((unsigned char)*text & 0x80))
		text++;
	return !*text;
}

/* The text folded as names are; NULL: no memory, or no UTF-8.  ASCII is spared the tables. */
static char *fold(const char *text)
{
	char *folded;

	if (!is_ascii(text))
		return (char *)utf8proc_NFKC_Casefold((const utf8proc_uint8_t *)text);
	folded = strdup(text);
	for (char *at = folded; at && *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	return folded;
}

/* The character at `at`, 0 at the end, and where the next one begins. */
static utf8proc_int32_t character_at(const char *at, const char **ret_next)
{
	utf8proc_int32_t character = 0;
	utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &character);

	*ret_next = at + (size > 0 ? size : 1);
	return *at ? character : 0;
}

/* The character before `at`, 0 at the start, and where it begins. */
static utf8proc_int32_t character_before(const char *start, const char *at, const char **ret_at)
{
	const char *next;

	if (at == start)
		return 0;
	do
		at--;
	while (at > start && ((unsigned char)*at & 0xc0) == 0x80);
	*ret_at = at;
	return character_at(at, &next);
}

static bool goes_on(utf8proc_int32_t character)
{
	utf8proc_category_t category = utf8proc_category(character);

	return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME) ||
	       category == UTF8PROC_CATEGORY_ND || character == '_' || character == '-';
}

static bool is_begin(const char *start, const char *at)
{
	utf8proc_int32_t before = character_before(start, at, &at);

	if (before == '.')
		before = character_before(start, at, &at);
	return !goes_on(before);
}

static bool is_boundary(const char *at)
{
	utf8proc_int32_t after = character_at(at, &at);

	if (after == '.')
		after = character_at(at, &at);
	return !goes_on(after);
}

/* Korean writes what a word does in the sentence right behind it: the name ends before that. */
static bool is_end(const char *at)
{
	static const char *const particles[] = {"",   "아", "야",   "씨",   "님",  "은",
						"는", "이", "가",   "을",   "를",  "도",
						"의", "랑", "이랑", "한테", "에게"};

	for (size_t i = 0; i < sizeof(particles) / sizeof(*particles); i++) {
		size_t size = strlen(particles[i]);

		if (strncmp(at, particles[i], size) == 0 && is_boundary(at + size))
			return true;
	}
	return false;
}

/* An address tells where something is, and calls nobody: "https://example.org/alice/x". */
static bool is_in_url(const char *start, const char *at)
{
	static const char mark[] = "://";
	const char *word = at;

	while (word > start && word[-1] != ' ' && word[-1] != '\t')
		word--;
	return memmem(word, (size_t)(at - word), mark, strlen(mark)) != NULL;
}

static bool stands_in(const char *folded, const char *name)
{
	const char *at = folded;

	while ((at = strstr(at, name))) {
		if (is_begin(folded, at) && is_end(at + strlen(name)) && !is_in_url(folded, at))
			return true;
		at++;
	}
	return false;
}

bool mention_find(const char *text, const char *folded_name)
{
	char *folded = *folded_name ? fold(text) : NULL;
	bool found = folded && stands_in(folded, folded_name);

	free(folded);
	return found;
}
