/* test-guard.c - what is asked before much is said at once, and what the answers make of it */
#include <string.h>

#include "mtchat/guard.h"
#include "mtchat/slash.h"
#include "tap.h"

static const struct {
	const char *text;
	size_t max_line;
	bool asks;
	size_t lines, size, too_long;
	bool may_send, may_join;
} cases[] = {
	{"", 10, false, 0, 0, 0, true, true},
	{"one", 0, false, 1, 3, 0, true, true},
	{"one\ntwo\nthree", 0, false, 3, 13, 0, true, true},
	{"one\ntwo\nthree\n", 0, false, 3, 14, 0, true, true},
	{"1\n2\n3\n4", 0, true, 4, 7, 0, true, true},
	{"1\n2\n3\n4\n", 7, true, 4, 8, 0, true, true}, /* "1 2 3 4" just fits */
	{"1\n2\n3\n4\n", 6, true, 4, 8, 0, true, false},
	{"\n\n\n\n", 1, true, 4, 4, 0, true, true},
	{"\n\nfour", 4, false, 3, 6, 0, true, true},
	{"exact", 5, false, 1, 5, 0, true, true},
	{"more", 3, true, 1, 4, 1, false, false},
	{"1\nlonger\n3", 5, true, 3, 10, 1, false, false},
	{"1\n2\n3\n4\nlonger still", 5, true, 5, 20, 7, false, false},
	{"\xed\x95\x9c", 2, true, 1, 3, 1, false, false}, /* bytes, not characters */
};

static void test_asks(void)
{
	struct guard guard;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool asks = guard_asks(&guard, cases[i].text, cases[i].max_line);

		ok(asks == cases[i].asks && guard.lines == cases[i].lines &&
			   guard.size == cases[i].size && guard.too_long == cases[i].too_long &&
			   guard.may_send == cases[i].may_send &&
			   guard.may_join == cases[i].may_join,
		   "case %zu: asks %d, %zu lines, %zu bytes, %zu too long, send %d, join %d", i,
		   asks, guard.lines, guard.size, guard.too_long, guard.may_send, guard.may_join);
	}
}

static const struct {
	struct guard guard;
	const char *question;
} questions[] = {
	{{.lines = 27, .size = 1912, .may_send = true, .may_join = true},
	 "send 27 lines (1.9 KB)? y = send, j = one line, any other key = edit "},
	{{.lines = 4, .size = 999, .may_send = true},
	 "send 4 lines (999 bytes)? y = send, any other key = edit "},
	{{.lines = 4, .size = 1000, .may_send = true},
	 "send 4 lines (1.0 KB)? y = send, any other key = edit "},
	{{.lines = 90000, .size = 2345678, .may_send = true},
	 "send 90000 lines (2.3 MB)? y = send, any other key = edit "},
	{{.lines = 1, .size = 9, .too_long = 1}, "too long by 1 byte; any key = edit "},
	{{.lines = 9, .size = 90, .too_long = 12}, "too long by 12 bytes; any key = edit "},
};

static void test_questions(void)
{
	char text[GUARD_QUESTION_SIZE];

	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		guard_question(&questions[i].guard, text);
		ok(strcmp(text, questions[i].question) == 0, "\"%s\"", text);
	}
}

static void test_join(void)
{
	static const char *const texts[][2] = {
		{"", ""},
		{"one", "one"},
		{"one\ntwo", "one two"},
		{"\n\none\n", "one"},
		{"a\n\n\nb\n\n", "a b"},
		{"a \n b", "a   b"},
		{"\n", ""},
		{"\n\n\n", ""},
	};
	struct guard guard;
	char text[32];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		snprintf(text, sizeof(text), "%s", texts[i][0]);
		guard_join(text);
		ok(strcmp(text, texts[i][1]) == 0, "joined: \"%s\"", text);
		/* The size that is compared with the limit is that of what comes out. */
		guard_asks(&guard, texts[i][0], strlen(text) ?: 1);
		ok(guard.may_join, "which fits");
		if (strlen(text) > 1) {
			guard_asks(&guard, texts[i][0], strlen(text) - 1);
			ok(!guard.may_join, "and is no shorter");
		}
	}
}

/* What the server says of the second is the first, but where that cannot be. */
static void test_slashes(void)
{
	static const char *const texts[][3] = {
		{"a\nb", "a\nb", "a b"},
		{"to leave:\n/quit\nout", "to leave:\n//quit\nout", "to leave: /quit out"},
		{"/quit\n/MSG bob x", "//quit\n//MSG bob x", "//quit /MSG bob x"},
		{"\n/quit\n", "\n//quit\n", "//quit"},
		{"// a\n/\n/1", "/// a\n//\n//1", "/// a / /1"},
		{"a\n/usr/bin\n  /usr/bin", "a\n//usr/bin\n  /usr/bin", "a /usr/bin   /usr/bin"},
		{"a\n \t/msg bob x", "a\n//msg bob x", "a /msg bob x"},
		{"a\n/\xe3\x85\xa1\xe3\x84\xb4 b", "a\n//\xe3\x85\xa1\xe3\x84\xb4 b",
		 "a /\xe3\x85\xa1\xe3\x84\xb4 b"},
		{"a\n\xef\xbc\x8fmsg bob", "a\n//msg bob", "a /msg bob"},
		{"a\n\xe3\x80\x80/\xc2\xa0msg", "a\n//msg", "a /msg"}, /* U+3000, U+00A0 */
		{"a\n /1\n /*\n /", "a\n /1\n /*\n /", "a  /1  /*  /"},
		{"a\n /?", "a\n//?", "a /?"},
		{"a\n /\xe2\x80\x8bm\xe2\x80\x8bsg b", "a\n//m\xe2\x80\x8bsg b",
		 "a /m\xe2\x80\x8bsg b"}, /* U+200B: as the server reads it */
		{"a\n \xef\xbc\x8f"
		 "usr\xef\xbc\x8f"
		 "bin",
		 "a\n \xef\xbc\x8f"
		 "usr\xef\xbc\x8f"
		 "bin",
		 "a  \xef\xbc\x8f"
		 "usr\xef\xbc\x8f"
		 "bin"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char *text = slash_add(texts[i][0], true);

		ok(strcmp(text, texts[i][1]) == 0, "a paste is text: \"%s\"", text);
		slash_remove(text);
		guard_join(text);
		ok(strcmp(text, texts[i][2]) == 0, "joined: \"%s\"", text);
		free(text);
	}
}

static void test_slashes_behind_what_is_typed(void)
{
	char *text = slash_add("/a\n/b", false);

	ok(strcmp(text, "/a\n//b") == 0, "the first line goes on: %s", text);
	free(text);
}

int main(void)
{
	test_slashes();
	test_slashes_behind_what_is_typed();
	test_asks();
	test_questions();
	test_join();
	return done();
}
