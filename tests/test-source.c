/* test-source.c - the source text of a configuration, statement by statement */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "mtchatd/config-source.h"

#include "tap.h"

/* The n-th statement of a text: 1, 0 or -EINVAL. */
static int nth(const char *text, int n, struct source_statement *ret)
{
	struct source source;
	int r;

	source_init(&source, text, strlen(text));
	do
		r = source_next(&source, ret);
	while (--n > 0 && r != 0);
	return r;
}

static void test_numbers(void)
{
	static const struct {
		const char *text;
		long long number;
	} cases[] = {
		{"9190", 9190},
		{"-1", -1},
		{"+5", 5},
		{"0", 0},
		{"-0", 0},
		{"0L", 0},
		{"0x23E6", 9190},
		{"0X23e6LL", 9190},
		{"9190L", 9190},
		{"9190LL", 9190},
		{"4294967296", 4294967296},
		{"8589943782", 8589943782},
		{"0x1000023E6", 0x1000023E6},
		{"9223372036854775807", LLONG_MAX},
		{"9223372036854775808", LLONG_MAX},
		{"-9223372036854775809", LLONG_MIN},
		{"99999999999999999999", LLONG_MAX},
		{"-99999999999999999999", LLONG_MIN},
		{"0xFFFFFFFFFFFFFFFFFFFF", LLONG_MAX},
	};
	struct source_statement s;
	char text[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "port=%s", cases[i].text);
		ok(nth(text, 1, &s) == 1 && s.kind == SOURCE_INTEGER, "%s is an integer", text);
		is(s.number, cases[i].number, "its value");
		ok(s.value_size == strlen(cases[i].text) &&
			   strncmp(s.value, cases[i].text, s.value_size) == 0,
		   "as it was written");
	}
}

static void test_kinds(void)
{
	static const struct {
		const char *value;
		enum source_kind kind;
	} cases[] = {
		{"\"\"", SOURCE_STRING},
		{"\"a\" /* one */ \"b\"", SOURCE_STRING},
		{"\"say \\\"hi\\\" # no comment\"", SOURCE_STRING},
		{"\"\\\\\"", SOURCE_STRING},
		{"\"\\n\\r\\t\\f\\x41\\XfF\"", SOURCE_STRING},
		{"()", SOURCE_STRINGS},
		{"[ ]", SOURCE_STRINGS},
		{"( \"a\" \"b\", \"c\" )", SOURCE_STRINGS},
		{"[\"::1\"\n,\n\"::\"]", SOURCE_STRINGS},
		{"9190.5", SOURCE_OTHER},
		{"1e3", SOURCE_OTHER},
		{"0b101", SOURCE_OTHER},
		{"0o17", SOURCE_OTHER},
		{"0q17", SOURCE_OTHER},
		{"-0x5", SOURCE_OTHER},
		{"0x", SOURCE_OTHER},
		{"0xL", SOURCE_OTHER},
		{"9190l", SOURCE_OTHER},
		{"9190LLL", SOURCE_OTHER},
		{"9190port", SOURCE_OTHER},
		{"-", SOURCE_OTHER},
		{"true", SOURCE_OTHER},
		{"broadcast", SOURCE_OTHER},
		{"'echo'", SOURCE_OTHER},
		{"( 1, \"a\" )", SOURCE_OTHER},
		{"( ( \"a\" ) )", SOURCE_OTHER},
		{"{ a = 1; b = ( 2, { } ); }", SOURCE_OTHER},
		{"{ }", SOURCE_OTHER},
	};
	struct source_statement s;
	char text[96];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "a-*_9 : %s # end", cases[i].value);
		ok(nth(text, 1, &s) == 1 && s.kind == cases[i].kind, "the kind of value %zu", i);
		ok(s.value_size == strlen(cases[i].value) &&
			   memcmp(s.value, cases[i].value, s.value_size) == 0,
		   "all of the value, and no more");
		ok(s.name_size == 5 && memcmp(s.name, "a-*_9", 5) == 0, "its name");
	}
}

static void test_separators(void)
{
	struct source_statement s;
	const char *text = "# one\na = 1; b = 2, c : 3\n// two\r\n/* a\nb */ d = 4 e = 5\f;";

	for (int i = 1; i <= 5; i++)
		ok(nth(text, i, &s) == 1 && s.number == i, "statement %d", i);
	is(s.line, 5, "lines are counted through comments");
	is(s.end, strlen(text), "a statement ends with its ;");
	is(nth(text, 6, &s), 0, "then comes the end");
	is(nth("a=1//x", 2, &s), 0, "a comment may follow a word at once");
	is(nth("a=3/*/ b=4 */", 2, &s), 0, "a slash does not both begin and end a comment");
	is(nth("", 1, &s), 0, "nothing");
	is(nth("# no line feed", 1, &s), 0, "a comment alone");
}

#define BAD_ESCAPE "in a string a \\ must be followed by \\, \", n, r, t, f or by x and two digits"

struct refusal {
	const char *text;
	int which, line; /* the which-th statement is refused, at this line */
	const char *error;
};

static const struct refusal refusals[] = {
	{"port 9190;", 1, 1, "port must be followed by =, not by 9190"},
	{"\n\nport\n", 1, 3, "port must be followed by =, not by the end of the file"},
	{"port = ;", 1, 1, "port = must be followed by a value, not by ;"},
	{"port =\n\nmode = 1;", 1, 1, "port = must be followed by a value, not by mode"},
	{"a = 1;; b = 2", 2, 1, "the name of a setting is expected, not ;"},
	{"9190", 1, 1, "the name of a setting is expected, not 9190"},
	{"\"port\" = 1", 1, 1, "the name of a setting is expected, not \"port\""},
	{"a = 1 2", 2, 1, "the name of a setting is expected, not 2"},
	{"a = 9,190;", 2, 1, "the name of a setting is expected, not 190"},
	{"l = ( \"a\"\nport = 1;", 1, 1,
	 "l = ( \"a\" must be followed by a comma or ), not by port"},
	{"l = [ \"a\", ];", 1, 1, "l = [ \"a\", must be followed by a value, not by ]"},
	{"l = ( \"a\" ];", 1, 1, "l = ( \"a\" must be followed by a comma or ), not by ]"},
	{"\n{ }", 1, 2, "the name of a setting is expected, not {"},
	{"g = { a = 1;", 1, 1,
	 "g = { a = 1; must be followed by a closing bracket, not by the end of the file"},
	{"@include \"x\"", 1, 1, "@include is not supported: FILE.d/*.conf are read after FILE"},
	{"a = \"b\n;", 1, 1, "a string begins here and is not closed on its line"},
	{"\na = \"b\r\n;", 1, 2, "a string begins here and is not closed on its line"},
	{"a = \"b\\", 1, 1, "a string begins here and is not closed on its line"},
	{"a = \"b\\\"", 1, 1, "a string begins here and is not closed on its line"},
	{"a = 1;\n/* b", 2, 2, "a comment begins here and is not closed by */"},
	{"l = ( \"a\", /* b", 1, 1, "a comment begins here and is not closed by */"},
	{"g = { /* b", 1, 1, "a comment begins here and is not closed by */"},
	{"/*/", 1, 1, "a comment begins here and is not closed by */"},
	{"a = 010;", 1, 1, "a must be written without a zero before it: 10, not 010"},
	{"\na = 08", 1, 2, "a must be written without a zero before it: 8, not 08"},
	{"a = -007L;", 1, 1, "a must be written without a zero before it: -7L, not -007L"},
	{"a = +00", 1, 1, "a must be written without a zero before it: +0, not +00"},
	{"a = \"\\a\"", 1, 1, BAD_ESCAPE},
	{"a = \"b\\q\";", 1, 1, BAD_ESCAPE},
	{"a = \"\\x4\"", 1, 1, BAD_ESCAPE},
	{"a = [ \"b\", \"\\v\" ];", 1, 1, BAD_ESCAPE},
	{"a = \"b\\x00c\"", 1, 1, "a string must not hold \\x00"},
	{"a = \"b\\X00\"", 1, 1, "a string must not hold \\x00"},
	{"\xEF\xBB\xBFport = 1", 1, 1,
	 "the file begins with a byte order mark; save it as UTF-8 without one"},
	{"a = 1;\nb = \x1F\x8B\x08", 2, 2,
	 "this is not text but NUL, a control character or invalid UTF-8 (a binary file?)"},
	{"a = \"\xFF\";", 1, 1,
	 "this is not text but NUL, a control character or invalid UTF-8 (a binary file?)"},
};

static void test_refusals(void)
{
	struct source_statement s;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];

		is(nth(r->text, r->which, &s), -EINVAL, "refused: %s", r->error);
		is(s.line, r->line, "its line");
		if (strcmp(s.error, r->error) != 0)
			printf("# got: %s\n", s.error);
		ok(strcmp(s.error, r->error) == 0, "its words");
	}
}

/* Behind each error the next statement is found. */
static void test_recovery(void)
{
	static const char *texts[] = {
		"a = \"\\x00\"; next = 7;", "a = \"\\q\"; next = 7;",
		"a = 010; next = 7;",       "a = [\"\\q\", \"b\"]; next = 7;",
		"port 1; next = 7;",        "port = = 1 + \"x;y\" /* ; */ 2; next = 7;",
		"port\nnext = 7;",          "port 1 2 3\nnext = 7;",
		"port =\nnext = 7;",        "mode = \"echo;\nnext = 7;",
		"l = ( \"a\"\nnext = 7;",   "@include \"x\"\nnext = 7;",
		"\xEF\xBB\xBFnext = 7;",    "; next = 7",
		") next = 7; next = 7",
	};
	struct source_statement s;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		is(nth(texts[i], 1, &s), -EINVAL, "refused: statement 1 of %zu", i);
		ok(nth(texts[i], 2, &s) == 1 && s.number == 7, "the one behind it is found");
		is(nth(texts[i], 3, &s), 0, "and is the last");
	}
}

static void test_binary(void)
{
	static const char text[] = "a = 1;\nb = 2;\0c = 3;";
	struct source_statement s;
	struct source source;

	source_init(&source, text, sizeof(text) - 1);
	is(source_next(&source, &s), -EINVAL, "NUL is refused");
	is(s.line, 2, "with its line");
	is(source_next(&source, &s), 0, "and nothing else is said of such a file");
}

static void test_quote(void)
{
	char quote[SOURCE_QUOTE_MAX];
	char text[100];

	source_quote(quote, "a\n\tb", 4);
	ok(strcmp(quote, "a  b") == 0, "one line");
	memset(text, 'x', sizeof(text));
	source_quote(quote, text, SOURCE_QUOTE_MAX - 1);
	is(strlen(quote), SOURCE_QUOTE_MAX - 1, "what fits is not cut");
	source_quote(quote, text, sizeof(text));
	ok(strlen(quote) == SOURCE_QUOTE_MAX - 1 && strcmp(quote + 60, "...") == 0, "cut to fit");
	memcpy(text + 58, "\xE2\x82\xAC", 3);
	source_quote(quote, text, sizeof(text));
	ok(strlen(quote) == 61 && strcmp(quote + 58, "...") == 0, "not within a character");
}

int main(void)
{
	test_numbers();
	test_kinds();
	test_separators();
	test_refusals();
	test_recovery();
	test_binary();
	test_quote();
	return done();
}
