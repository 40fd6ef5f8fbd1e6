/* test-plain.c - what a terminal gets to see of what a server sends */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "pieces.h"
#include "tap.h"

#define R "\xEF\xBF\xBD"

enum { SHOWN_MAX = 16 * PLAIN_HOLD_SIZE };

static char shown[SHOWN_MAX], bytes[4 * PLAIN_HOLD_SIZE];

static void becomes(const char *text, const char *want)
{
	static const size_t pieces[] = {1, 2, 3, 4096};
	int wrong = 0;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		size_t size = show_pieces(shown, text, strlen(text), pieces[i]);

		wrong += size != strlen(want) || memcmp(shown, want, size) != 0;
	}
	is(wrong, 0, "%zu bytes become %zu", strlen(text), strlen(want));
}

static void test_lines(void)
{
	becomes("", "");
	becomes("a\nb\n", "a\nb\n");
	becomes("a\r\n\r\n\n", "a\n\n\n");
	becomes("no end", "no end\n");
	becomes("tab\there\n", "tab\there\n");
	becomes("\xEC\x95\x88\n", "\xEC\x95\x88\n");
	becomes("\x1b[2J\x07\n", R "[2J" R "\n");
	becomes("torn \xEC\x95\nline\n", "torn " R R "\nline\n");
	becomes("torn at the end \xEC\x95", "torn at the end " R R "\n");
}

/* What a pause shows of what is held. */
static void pauses(const char *text, const char *want, const char *rest, const char *want_rest)
{
	struct plain plain;
	struct buffer show;
	bool first;

	if (plain_init(&plain) < 0 || buffer_init(&show, PLAIN_SHOW_SIZE) < 0)
		abort();
	buffer_add(&plain.held, text, strlen(text));
	plain_lines(&plain, &show, PLAIN_LINES);
	is(buffer_size(&show), 0, "nothing is shown before the pause");
	plain_lines(&plain, &show, PLAIN_PAUSE);
	first = buffer_size(&show) == strlen(want) &&
		memcmp(buffer_first(&show), want, strlen(want)) == 0;
	ok(first, "a start of %zu bytes shows %zu", strlen(text), strlen(want));
	buffer_taken(&show, buffer_size(&show));
	buffer_add(&plain.held, rest, strlen(rest));
	plain_lines(&plain, &show, PLAIN_LINES);
	ok(buffer_size(&show) == strlen(want_rest) &&
		   memcmp(buffer_first(&show), want_rest, strlen(want_rest)) == 0,
	   "the rest of %zu bytes shows %zu", strlen(rest), strlen(want_rest));
	plain_done(&plain);
	buffer_done(&show);
}

static void test_pause(void)
{
	pauses("start", "start\n", " and end\n", " and end\n");
	pauses("start", "start\n", "\nnext\n", "next\n");
	pauses("start", "start\n", "\r\n\n", "\n");
	pauses("start\r", "start\n", "\nnext\n", "next\n");
	pauses("\xEC\x95", "", "\x88\n", "\xEC\x95\x88\n");
	pauses("a\xEC\x95", "a\n", "\x88\n", "\xEC\x95\x88\n");
	pauses("\xF0\x9F\x98", "", "\x80\n", "\xF0\x9F\x98\x80\n");
	pauses("a\xEC\x95\x88", "a\xEC\x95\x88\n", "\n", "");
	pauses("\x80\x80\x80\x80", R R R R "\n", "\n", "");
}

/* A line of `size` bytes, each of `byte`, is shown whole but for the LFs in between. */
static void shows_long(size_t size, char byte, size_t expansion, size_t piece)
{
	size_t length, text = 0, ends = 0;

	memset(bytes, byte, size);
	bytes[size] = '\n';
	length = show_pieces(shown, bytes, size + 1, piece);
	for (size_t i = 0; i < length; i++) {
		ends += shown[i] == '\n';
		text += shown[i] != '\n';
	}
	is(text, expansion * size, "a line of %zu bytes is shown whole", size);
	is(ends, (size + PLAIN_HOLD_SIZE - 1) / PLAIN_HOLD_SIZE, "... in pieces");
	is(shown[length - 1], '\n', "... and ends");
}

static void test_long(void)
{
	shows_long(PLAIN_HOLD_SIZE - 1, 'x', 1, 1000);
	shows_long(PLAIN_HOLD_SIZE, 'x', 1, 1000);
	shows_long(PLAIN_HOLD_SIZE + 1, 'x', 1, 1000);
	shows_long(3 * PLAIN_HOLD_SIZE, 'x', 1, 4096);
	shows_long(3 * PLAIN_HOLD_SIZE, '\x1b', 3, PLAIN_HOLD_SIZE);
}

/* A `show` that is nearly full gets nothing; one line at a time goes a long way. */
static void test_little_room(void)
{
	struct plain plain;
	struct buffer show;

	if (plain_init(&plain) < 0 || buffer_init(&show, SAFE_SIZE_MAX * 2 + 1) < 0)
		abort();
	buffer_add(&plain.held, "ab\ncd\n", 6);
	ok(plain_lines(&plain, &show, PLAIN_LINES), "two lines, room for one: more to come");
	ok(buffer_size(&show) == 3 && memcmp(buffer_first(&show), "ab\n", 3) == 0, "the first");
	ok(plain_lines(&plain, &show, PLAIN_LINES), "no room: still more to come");
	is(buffer_size(&show), 3, "nothing was added");
	buffer_taken(&show, 3);
	ok(!plain_lines(&plain, &show, PLAIN_LINES), "room again: that was all");
	ok(buffer_size(&show) == 3 && memcmp(buffer_first(&show), "cd\n", 3) == 0, "the second");
	plain_done(&plain);
	buffer_done(&show);
}

int main(void)
{
	test_lines();
	test_pause();
	test_long();
	test_little_room();
	return done();
}
