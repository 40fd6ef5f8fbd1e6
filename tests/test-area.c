/* test-area.c - how much room texts take on a terminal; the rows above the prompt */
#include <locale.h>
#include <string.h>

#include "mtchat/area.h"
#include "tap.h"

static const struct {
	const char *text;
	size_t columns, row, column;
} spots[] = {
	{"", 10, 0, 0},
	{"nine, 9..", 10, 0, 9},
	{"ten, 10...", 10, 0, 10},
	{"eleven, 11.", 10, 1, 1},
	{"a\nb", 10, 1, 1},
	{"\n\n", 10, 2, 0},
	{"ten, 10...\n", 10, 1, 0},
	{"\033[2mdim\033[0m", 10, 0, 3},
	{"\001\033]0;title\a\002x", 10, 0, 1},
	{"\001never ends", 10, 0, 0},
	{"\033[1;3", 10, 0, 0},
	{"\033x", 10, 0, 3}, /* "^[x" */
	{"\x03\x7f", 10, 0, 4},
	{"12345678\x03", 9, 1, 1},
	{"\tx", 80, 0, 9},
	{"123\tx", 80, 0, 9},
	{"\t", 6, 1, 2},
	{"한글", 10, 0, 4},
	{"123456789한", 10, 1, 2}, /* it does not fit into the last column */
	{"한한한한한한", 5, 2, 4},
	{"e\xcc\x81", 10, 0, 1}, /* a mark takes no room */
	{"\xed\x95", 10, 0, 2},  /* torn */
	{"\xff\xfe", 10, 0, 2},
	{"한", 1, 0, 2}, /* narrower than the character: it has to go somewhere */
};

static void test_spots(void)
{
	for (size_t i = 0; i < sizeof(spots) / sizeof(*spots); i++) {
		struct spot spot = {0};

		spot_move(&spot, spots[i].columns, spots[i].text, strlen(spots[i].text));
		ok(spot.row == spots[i].row && spot.column == spots[i].column,
		   "spot %zu: row %zu, column %zu", i, spot.row, spot.column);
	}
}

/* Whatever the locale: what safe.h has cut for a terminal takes one row of it. */
static void test_rows(void)
{
	static const struct {
		const char *text;
		size_t columns, rows;
	} cases[] = {
		{"", 10, 1},
		{"ten, 10...", 10, 1},
		{"eleven, 11.", 10, 2},
		{"\033[2m… 12345678\033[0m", 10, 1},
		{"\001\033]0;title\a\0021234567890", 10, 1},
		{"123456789한", 10, 2},
		{"한한한한한한", 5, 3},
		{"123456789e\u0301", 10, 1},
		{"\xff\xfe", 10, 1},
		{"Wort\u00ADteil", 8, 2},
		{"한", 1, 1},
		{"한글", 1, 2},
	};
	static const char *const locales[] = {"C.UTF-8", "C"};

	for (size_t k = 0; k < 2; k++) {
		setlocale(LC_CTYPE, locales[k]);
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
			is((long long)area_text_rows(cases[i].text, cases[i].columns),
			   (long long)cases[i].rows, "%s: rows of case %zu", locales[k], i);
	}
}

static void test_area(void)
{
	static const char *const rows[] = {"one", "two", "three", "four", "five", "six"};
	static const char *const others[] = {"one", "2"};
	struct area area = {0};

	ok(!area_is(&area, "", NULL, 0), "nothing is no empty prompt");
	is(area_set(&area, "> ", NULL, 0), 0, "a prompt alone");
	ok(area_is(&area, "> ", NULL, 0), "is what was set");
	is(area_set(&area, "> ", rows, 2), 0, "with rows");
	ok(area_is(&area, "> ", rows, 2), "they are there");
	ok(!area_is(&area, "> ", rows, 1), "one row less is another area");
	ok(!area_is(&area, ">", rows, 2), "so is another prompt");
	ok(!area_is(&area, "> ", others, 2), "so is another row");
	is(area_set(&area, "> ", rows, 6), 0, "too many rows");
	is((long long)area.rows_count, AREA_ROWS_MAX, "are left out");
	ok(area_is(&area, "> ", rows, 6), "and do not count");
	area_done(&area);
}

static void test_sure(void)
{
	static const char *const sure[] = {"",          "abc\t\x03",  "한글 日本",
					   "e\xcc\x81", "\U0001F44D", "\xff\xed"};
	static const char *const unsure[] = {
		"a\u200db",   "\u2764\ufe0f", "\u231a\ufe0e", "\U0001F44D\U0001F3FD",
		"\U0001F1F0", "\U0003FFFD",   "한글 a\u00AD",
	};

	for (size_t i = 0; i < sizeof(sure) / sizeof(*sure); i++)
		ok(area_is_sure(sure[i], strlen(sure[i])), "is as wide anywhere: \"%s\"", sure[i]);
	for (size_t i = 0; i < sizeof(unsure) / sizeof(*unsure); i++)
		ok(!area_is_sure(unsure[i], strlen(unsure[i])), "is not: \"%s\"", unsure[i]);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	test_spots();
	test_rows();
	test_area();
	setlocale(LC_CTYPE, "C.UTF-8");
	test_sure();
	return done();
}
