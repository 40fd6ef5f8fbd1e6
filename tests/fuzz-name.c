/* fuzz-name.c - what is taken as a name is safe to show, and is the same name in other spellings */
#include <stdint.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "mtchatd/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SPELLING_MAX = NAME_MAX_BYTES + 8 };

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool is_plain(unsigned char byte)
{
	return byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '.';
}

/* Ends where it says, valid UTF-8, nothing in it that has a meaning in a line or in JSON. */
static void check_text(const char *text, size_t size)
{
	require(size > 0 && strlen(text) == size);
	require(text_clean_prefix(text, size) == size);
	require(text[0] != '-' && text[0] != '.');
	for (size_t i = 0; i < size; i++)
		require(is_plain((unsigned char)text[i]));
}

/* A spelling that is no name is none of ours: too long, mostly. */
static void check_spelling(const struct name *name, const char *text, size_t size)
{
	struct name other;

	if (name_parse(&other, text, size) == NAME_GOOD)
		require(name_is_same(name, &other));
}

static void check_other_case(const struct name *name)
{
	char text[NAME_MAX_BYTES];

	for (size_t i = 0; i < name->size; i++) {
		bool is_letter = ((name->text[i] | 0x20) >= 'a' && (name->text[i] | 0x20) <= 'z');

		text[i] = (char)(name->text[i] ^ (is_letter ? 0x20 : 0));
	}
	check_spelling(name, text, name->size);
}

static void check_normalized(const struct name *name)
{
	const utf8proc_uint8_t *text = (const utf8proc_uint8_t *)name->text;
	AUTO_FREE char *apart = (char *)utf8proc_NFD(text);
	AUTO_FREE char *together = (char *)utf8proc_NFC(text);
	AUTO_FREE char *compatible = (char *)utf8proc_NFKC(text);

	require(apart && together && compatible);
	check_spelling(name, apart, strlen(apart));
	check_spelling(name, together, strlen(together));
	check_spelling(name, compatible, strlen(compatible));
}

/* Something invisible, put in wherever one character ends; it makes a name too long at worst. */
static void check_invisible(const struct name *name, const char *invisible)
{
	size_t more = strlen(invisible);

	for (size_t at = 1; at <= name->size; at++) {
		char text[SPELLING_MAX];

		if (((unsigned char)name->text[at] & 0xc0) == 0x80)
			continue;
		memcpy(text, name->text, at);
		memcpy(text + at, invisible, more);
		memcpy(text + at + more, name->text + at, name->size - at);
		check_spelling(name, text, name->size + more);
	}
}

static void check_folded_again(const struct name *name)
{
	struct name again;
	enum name_fault fault = name_parse(&again, name->folded, name->folded_size);

	require(fault == NAME_GOOD || fault == NAME_TOO_LONG || fault == NAME_RESERVED);
	if (fault == NAME_GOOD)
		require(name_is_same(name, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct name name, before;
	enum name_fault fault;

	memset(&name, 0xa5, sizeof(name));
	before = name;
	fault = name_parse(&name, (const char *)data, size);
	if (fault != NAME_GOOD) {
		require(memcmp(&name, &before, sizeof(name)) == 0);
		return 0;
	}
	require(name.size == size && memcmp(name.text, data, size) == 0);
	require(name.size <= NAME_MAX_BYTES && name.folded_size <= NAME_FOLDED_MAX);
	check_text(name.text, name.size);
	check_text(name.folded, name.folded_size);
	check_folded_again(&name);
	check_other_case(&name);
	check_normalized(&name);
	check_invisible(&name, "\u034f");
	check_invisible(&name, "\ufe0f");
	check_invisible(&name, "\u200c");
	check_invisible(&name, "\u200d");
	return 0;
}
