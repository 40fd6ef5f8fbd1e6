/* test-slice.c - one row of a line that is too long for the terminal */
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "mtchat/safe.h"
#include "mtchat/slice.h"

#include "tap.h"

/* What is written, to be freed. */
static char *written(const struct slice *slice, bool to_cursor, size_t *ret_width)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		abort();
	*ret_width = slice_write(slice, to_cursor, to);
	fclose(to);
	return text;
}

static const struct {
	const char *prompt, *line;
	size_t point, columns;
	const char *want;
	size_t cursor; /* its column */
} cases[] = {
	{"> ", "short", 5, 80, "> short", 7},
	{"> ", "short", 0, 80, "> short", 2},
	{"\001\033[1m\002> \001\033[0m\002", "x", 1, 80, "> x", 3},
	{"", "", 0, 80, "", 0},
	{"> ", "abcdefghijklmnop", 0, 13, "> abcdefgh>", 2},
	{"> ", "abcdefghijklmnop", 7, 13, "> abcdefgh>", 9},
	{"> ", "abcdefghijklmnop", 8, 13, "<defghijklm>", 6},
	{"> ", "abcdefghijklmnop", 16, 13, "<ijklmnop", 9},
	{"> ", "a\nb\tc\033d\x7f", 8, 80, "> a^Jb c^[d^?", 13},
	{"> ", "한글한글한글", 0, 13, "> 한글한글>", 2},
	{"> ", "한글한글한글", 18, 13, "<한글한글", 9},
	{"> ", "한글한글한글", 16, 80, "> 한글한글한글", 14}, /* within a character */
	{"> ", "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", 27, 11,
	 "<e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", 8},
	{"> ", "\xff\xed\x95", 3, 80, "> \uFFFD\uFFFD\uFFFD", 5},
	{"> ", "\u202Eevil", 7, 80, "> \uFFFDevil", 7},
	{"> ", "abc", 3, 8, "> abc", 5},
	{"> ", "abcdef", 0, 8, "> abcde", 2}, /* no place for signs */
	{"> ", "abcdef", 6, 8, "bcdef", 5},
	{"> ", "abc", 3, 1, "", 0},
	{"> ", "한", 0, 1, "", 0},
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct slice slice = {cases[i].prompt, cases[i].line, strlen(cases[i].line),
				      cases[i].point, cases[i].columns};
		size_t width, cursor;
		char *row = written(&slice, false, &width);
		char *before = written(&slice, true, &cursor);

		ok(strcmp(row, cases[i].want) == 0, "case %zu: '%s'", i, row);
		is((long long)cursor, (long long)cases[i].cursor, "... the cursor");
		ok(strncmp(row, before, strlen(before)) == 0, "... stands within the row");
		free(row);
		free(before);
	}
}

/* Wherever the cursor is, however wide the terminal: it fits, it is whole, the cursor is in it. */
static void test_all(void)
{
	static const char line[] =
		"a한e\u0301\t글\xff\U0001F600\u0915\u093E\nWort\u00ADteil \u302E";
	size_t size = strlen(line), wide = 0, torn = 0, lost = 0;

	for (size_t columns = 1; columns < 40; columns++) {
		for (size_t point = 0; point <= size; point++) {
			struct slice slice = {"방> ", line, size, point, columns};
			size_t width, cursor;
			char *row = written(&slice, false, &width);
			char *before = written(&slice, true, &cursor);
			size_t length = strlen(row);

			wide += safe_width(row, length) != width ||
				width > (columns > 1 ? columns - 1 : 1);
			torn += text_clean_prefix(row, length) != length;
			lost += cursor > width || strncmp(row, before, strlen(before)) != 0;
			free(row);
			free(before);
		}
	}
	is((long long)wide, 0, "none is too wide");
	is((long long)torn, 0, "no character is torn");
	is((long long)lost, 0, "the cursor is in each");
}

int main(void)
{
	test_cases();
	test_all();
	return done();
}
