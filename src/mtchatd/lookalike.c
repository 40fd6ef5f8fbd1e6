/* lookalike.c - words that are nobody's, however they are spelt */
#include <stdint.h>
#include <string.h>
#include <uchar.h>
#include <utf8proc.h>

#include "mtchatd/lookalike.h"

/* The private lines' `[you -> bob]`, and what people would take for the house. */
static const char *const reserved[] = {"you", "server", "all"};

enum { LONGEST = 6 };

/* What looks like a letter of these words, small or capital; what lower case leads to is left out.
 */
static const struct {
	char letter;
	const char32_t *looks;
} table[] = {
	{'a', U"\u0251\u03b1\u0430\u13aa\u15c5\u1d00\ua4ee"},
	{'e', U"\u025b\u0395\u03b5\u0435\u0454\u04bd\u13ac\u1d07\u2d39\ua4f0\uab32"},
	{'l', U"1\u01c0\u029f\u0399\u0406\u04cf\u05d5\u05df\u0627\u0661\u06f1\u07ca"
	      U"\u13de\u14aa\u16c1\u2cd1\u2d4f\ua4e1\ua4f2"},
	{'o', U"0\u00f8\u03bf\u03c3\u043e\u04e9\u0585\u05e1\u0647\u0665\u06be\u06c1"
	      U"\u06d5\u06f5\u07c0\u0966\u09e6\u0a66\u0ae6\u0b20\u0b66\u0be6\u0c66\u0ce6"
	      U"\u0d20\u0d66\u0de6\u0e50\u0ed0\u0f20\u101d\u1040\u10ff\u110b\u11bc\u17e0"
	      U"\u1810\u1d0f\u1d11\u2c9f\u2d54\ua4f3\uab3d"},
	{'r', U"\u0280\u0433\u13a1\u13d2\u1587\u1d26\u2c85\ua4e3\uab47\uab48"},
	{'s', U"\u01bd\u0282\u0455\u054f\u13d5\u13da\ua4e2\ua731"},
	{'u', U"\u028b\u03c5\u057d\u1200\u144c\u1d1c\ua4f4\ua79f\uab4e\uab52"},
	{'v', U"\u03bd\u0475\u05d8\u0667\u06f7\u13d9\u142f\u1d20\u2d38\ua4e6\ua6df"},
	{'y', U"\u0263\u028f\u03a5\u03b3\u0443\u04af\u10e7\u13a9\u13bd\u1d8c\u1eff\u2ca8"
	      U"\ua4ec\uab5a"},
};

bool lookalike_is_word(const char *folded)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (strcmp(folded, reserved[i]) == 0)
			return true;
	}
	return false;
}

static char find(int32_t character)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (const char32_t *look = table[i].looks; *look; look++) {
			if (*look == (char32_t)character)
				return table[i].letter;
		}
	}
	return '\0';
}

/* The small letter that it is or looks like; 0: none of theirs. */
static char letter_of(int32_t character)
{
	char letter;

	if ((character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z'))
		return (char)(character | 0x20);
	letter = find(character);
	if (!letter)
		letter = find(utf8proc_tolower(character));
	if (!letter) /* of Cherokee */
		letter = find(utf8proc_toupper(character));
	return letter;
}

static bool is_mark(int32_t character)
{
	utf8proc_category_t category = utf8proc_category(character);

	return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

bool lookalike_is_reserved(const char *text, size_t size)
{
	bool has_capital_l = memchr(text, 'L', size) != NULL;
	char letters[LONGEST + 1] = "";
	size_t count = 0;

	for (size_t at = 0; at < size;) {
		utf8proc_int32_t character;
		utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
						      (utf8proc_ssize_t)(size - at), &character);

		if (n <= 0)
			return false;
		at += (size_t)n;
		if (is_mark(character))
			continue;
		if (count == LONGEST)
			return false;
		if (character == 'I' && !has_capital_l) /* "aII"; but ALI is one's name */
			letters[count++] = 'l';
		else if ((letters[count] = letter_of(character)))
			count++;
		else
			return false;
	}
	letters[count] = '\0';
	return lookalike_is_word(letters);
}
