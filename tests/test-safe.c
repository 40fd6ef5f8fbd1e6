/* test-safe.c - what of a stranger's text reaches a terminal, and how wide it is there */
#include <stdbool.h>
#include <stdint.h>

#include "mtchat/safe.h"

#include "scarce.h"
#include "tap.h"

#define R      "\uFFFD"
#define ACUTE  "\u0301" /* a mark, Mn */
#define EIGHT  ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE
#define JOINER "\u200D"
#define VOWEL  "\u1161" /* of Hangul that is taken apart */

/* What safe_write() writes, to be freed. */
static char *written(const char *text, size_t size, size_t *ret_size)
{
	char *bytes = NULL;
	FILE *to = open_memstream(&bytes, ret_size);

	if (!to)
		abort();
	safe_write(to, text, size);
	fclose(to);
	return bytes;
}

static void bytes_become(const char *text, size_t size, const char *want, const char *what)
{
	char *copy = malloc(SAFE_SIZE_MAX * size + 1), *stream;
	size_t copied, wrote;

	if (!copy)
		abort();
	copied = safe_copy(copy, text, size);
	stream = written(text, size, &wrote);
	ok(copied == strlen(want) && strcmp(copy, want) == 0, "%s", what);
	ok(wrote == strlen(want) && memcmp(stream, want, wrote) == 0, "... on a stream, too");
	free(copy);
	free(stream);
}

static void becomes(const char *text, const char *want, const char *what)
{
	bytes_become(text, strlen(text), want, what);
}

static void test_clean(void)
{
	becomes("", "", "nothing");
	becomes("plain\ttext", "plain\ttext", "plain text with a TAB");
	becomes("\uC548\uB155 \u00E9 \U0001F600", "\uC548\uB155 \u00E9 \U0001F600",
		"other alphabets");
	becomes("\u1112\u1161\u11AB\u1100\u1173\u11AF", "\u1112\u1161\u11AB\u1100\u1173\u11AF",
		"Hangul that is taken apart");
	becomes("\U0001F469\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466",
		"\U0001F469\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466", "a family");
	becomes("\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
		"\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
		"England's flag");
}

static void test_attacks(void)
{
	becomes("\033[2J\033]52;c;eA==\007", R "[2J" R "]52;c;eA==" R, "escape sequences");
	becomes("a\nb\rc", "a" R "b" R "c", "no line of its own");
	becomes("\xC2\x9B"
		"31m",
		R "31m", "C1");
	becomes("\u202Eevil\u2066", R "evil" R, "bidi overrides");
	becomes("\xED\xA0\x80", R R R, "half a character");
	becomes("\xC0\xAF\xFF", R R R, "no UTF-8");
	bytes_become("a\0b", 3, "ab", "a NUL is dropped");
}

static void test_marks(void)
{
	becomes("e" EIGHT "x", "e" EIGHT "x", "as many marks as may be");
	becomes("e" EIGHT ACUTE "x", "e" EIGHT "x", "one more is left out");
	becomes("e" EIGHT ACUTE ACUTE "x" ACUTE, "e" EIGHT "x" ACUTE,
		"the next character has its own");
	becomes(EIGHT ACUTE, EIGHT, "at the begin, too");
	becomes("e" EIGHT JOINER ACUTE "\u0903\u20DD" VOWEL "\u11A8\u200B", "e" EIGHT,
		"marks of each kind, joiners, vowels, what is invisible");
	becomes("e" EIGHT "\033" EIGHT ACUTE, "e" EIGHT R EIGHT, "what is replaced is a character");
	bytes_become("e" EIGHT "\0" ACUTE, sizeof("e" EIGHT "\0" ACUTE) - 1, "e" EIGHT,
		     "what is dropped is none");
}

/* 10,000 of them, and what stands on both sides. */
static void test_heap(void)
{
	static char text[2 + 3 * 10000], copy[SAFE_SIZE_MAX * sizeof(text) + 1];
	static const char *const heaps[] = {ACUTE, JOINER, VOWEL, "\u0488"};

	for (size_t i = 0; i < sizeof(heaps) / sizeof(*heaps); i++) {
		size_t n = strlen(heaps[i]), size = 1;

		text[0] = 'a';
		for (; size + n < sizeof(text); size += n)
			memcpy(text + size, heaps[i], n);
		text[size++] = 'b';
		is(safe_copy(copy, text, size), 2 + SAFE_MARKS_MAX * n, "a heap of kind %zu", i);
		ok(copy[0] == 'a' && copy[1 + SAFE_MARKS_MAX * n] == 'b', "... and its neighbours");
	}
}

/* The promise to the caller: whatever comes, it fits. */
static void test_size(void)
{
	static char text[1000], copy[SAFE_SIZE_MAX * sizeof(text) + 1];
	int wrong = 0;

	for (int byte = 0; byte < 256; byte++) {
		memset(text, byte, sizeof(text));
		memset(copy, 'x', sizeof(copy));
		wrong += safe_copy(copy, text, sizeof(text)) != strlen(copy);
	}
	is(wrong, 0, "lines of one byte, each of the 256");
}

static void width_is(const char *text, size_t want, const char *what)
{
	is(safe_width(text, strlen(text)), want, "width: %s", what);
}

static void test_width(void)
{
	width_is("", 0, "nothing");
	width_is("abc\t", 4, "a TAB is one");
	width_is("\uC548\uB155", 4, "Hangul");
	width_is("\u1112\u1161", 3, "Hangul that is taken apart, where it is not put together");
	width_is("e" ACUTE, 1, "a mark is none");
	width_is("a" JOINER "b", 2, "a joiner is none");
	width_is("\U0001F600", 2, "an emoji");
	width_is("\u2764\uFE0F", 2, "what becomes one");
	width_is("\u0915\u093E", 2, "a mark that takes a column");
	width_is(R, 1, "what was replaced");
	width_is("\U0001FAF9", 2, "what is too new may be wide");
	width_is("\u4DC0\u3248", 4, "what is wide for the C library only");
	width_is("\u0600", 1, "a sign before a number");
	width_is("Wort\u00ADteil", 9, "a soft hyphen");
	width_is("\uAC00\u302E", 4, "a mark of a tone");
	width_is("\u302F", 2, "the other one");
}

static void fits(const char *text, size_t columns, size_t want, const char *what)
{
	is(safe_fit(text, strlen(text), columns), want, "fits %zu: %s", columns, what);
}

static void test_fit(void)
{
	fits("", 0, 0, "nothing");
	fits("abc", 0, 0, "no column");
	fits("abc", 2, 2, "two letters");
	fits("abc", 3, 3, "all");
	fits("abc", 100, 3, "more than all");
	fits("\uC548\uB155", 3, 3, "no half of a wide one");
	fits("e" ACUTE "x", 1, 3, "a letter and its mark");
	fits("xe" ACUTE, 1, 1, "neither the letter nor its mark");
	fits("x\u0915\u093E", 2, 1, "no letter without its mark");
	fits(ACUTE, 0, 2, "a mark that stands alone");
}

/* What fits is never wider than it may be, and what is one character longer is. */
static void test_fit_all(void)
{
	static const char text[] = "a\uC548e" ACUTE ACUTE "\t\u0915\u093E\U0001F600" JOINER "z";
	size_t size = strlen(text), before = 0;
	int wrong = 0;

	for (size_t columns = 0; columns <= safe_width(text, size); columns++) {
		size_t fit = safe_fit(text, size, columns);

		wrong += fit < before || safe_width(text, fit) > columns;
		before = fit;
	}
	is(before, size, "all fits at last");
	is(wrong, 0, "and never too much");
}

static void test_memory(void)
{
	char *bytes = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&bytes, &size);

	if (!to)
		abort();
	scarce_left = 0;
	safe_write(to, "clean", 5);
	safe_write(to, "\033[2J", 4);
	scarce_left = SCARCE_NOT;
	fclose(to);
	ok(strcmp(bytes, "clean" R) == 0, "without memory what is not clean is one U+FFFD");
	free(bytes);
}

int main(void)
{
	test_clean();
	test_attacks();
	test_marks();
	test_heap();
	test_size();
	test_width();
	test_fit();
	test_fit_all();
	test_memory();
	return done();
}
