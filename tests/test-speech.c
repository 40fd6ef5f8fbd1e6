/* test-speech.c - what goes to the server, whatever pieces it comes in and whatever room there is
 */
#include <stdbool.h>
#include <string.h>

#include "mtchat/echo.h"
#include "mtchat/speech.h"

#include "tap.h"

enum { SAID_MAX = 4096, PIECES = 5 };

struct said {
	char bytes[SAID_MAX];
	size_t size;
	bool left, quit;
};

/* Says text in pieces of `piece` bytes, with `room` bytes of room at a time. */
static struct said say(const char *name, const char *text, size_t piece, size_t room)
{
	size_t size = strlen(text), at = 0;
	struct speech speech;
	struct buffer to;
	struct said said = {0};
	bool ended = false;

	if (buffer_init(&to, room) < 0)
		abort();
	speech_init(&speech, name);
	while (!ended) {
		size_t some = size - at < piece ? size - at : piece;

		if (at < size)
			at += speech_add(&speech, &to, text + at, some);
		else
			ended = speech_end(&speech, &to);
		memcpy(said.bytes + said.size, buffer_first(&to), buffer_size(&to));
		said.size += buffer_size(&to);
		buffer_taken(&to, buffer_size(&to));
	}
	said.left = speech.left;
	said.quit = speech.quit;
	buffer_done(&to);
	return said;
}

/* For the name of a test, which is one line. */
static const char *one_line(const char *text)
{
	static char line[24];
	size_t size = strnlen(text, sizeof(line) - 1);

	for (size_t i = 0; i < size; i++)
		line[i] = (char)(text[i] < ' ' ? '|' : text[i]);
	line[size] = '\0';
	return line;
}

static void becomes(const char *name, const char *text, const char *want, bool left)
{
	static const size_t pieces[PIECES] = {1, 2, 3, 7, SAID_MAX};
	size_t least = name ? strlen(name) + sizeof("[] ") - 1 + 2 : 1;
	int wrong = 0;

	for (int i = 0; i < PIECES; i++) {
		for (size_t room = least; room < least + 9; room++) {
			struct said said = say(name, text, pieces[i], room);

			wrong += said.size != strlen(want) ||
				 memcmp(said.bytes, want, said.size) != 0 || said.left != left;
		}
	}
	is(wrong, 0, "\"%s\" by %.20s", one_line(text), name ? name : "nobody");
}

static void test_textbook(void)
{
	char name[SPEECH_NAME_MAX + 1], want[SPEECH_NAME_MAX + 10];

	becomes("bob", "", "", false);
	becomes("bob", "hi\n", "[bob] hi\n", false);
	becomes("bob", "hi", "[bob] hi\n", false);
	becomes("bob", "\n\n", "[bob] \n[bob] \n", false);
	becomes("bob", "q\n", "", true);
	becomes("bob", "Q\n", "", true);
	becomes("bob", "q", "", true);
	becomes("bob", "one\nQ\ntwo\n", "[bob] one\n", true);
	becomes("bob", "one\nq", "[bob] one\n", true);
	becomes("bob", "qq\nq \nquit\n", "[bob] qq\n[bob] q \n[bob] quit\n", false);
	becomes("bob", "iq\n", "[bob] iq\n", false);
	becomes("b", "/quit\n", "[b] /quit\n", false);

	memset(name, 'n', SPEECH_NAME_MAX);
	name[SPEECH_NAME_MAX] = '\0';
	snprintf(want, sizeof(want), "[%s] x\n", name);
	becomes(name, "x", want, false);
}

static void test_plain(void)
{
	becomes(NULL, "", "", false);
	becomes(NULL, "q\nQ\r\nno end", "q\nQ\r\nno end", false);
}

static void asks(const char *text, bool quit)
{
	bool got = say(NULL, text, SAID_MAX, SAID_MAX).quit, slowly = say(NULL, text, 1, 1).quit;

	ok(got == quit && slowly == quit, "%s %s to quit", one_line(text),
	   quit ? "asks" : "does not ask");
}

static void test_quit(void)
{
	asks("/quit\n", true);
	asks("/quit\r\n", true);
	asks("/quit bye\n", true);
	asks("hi\n/quit\nmore\n", true);
	asks("/quit", false);
	asks("/quitter\n", false);
	asks("/qui\n", false);
	asks("//quit\n", false);
	asks("say /quit\n", false);
	is(say("bob", "/quit\n", SAID_MAX, SAID_MAX).quit, false, "the textbook's way has no quit");
}

static bool complete(const char *sent, const char *heard)
{
	struct echo echo;

	echo_init(&echo, "[bob] ", 6);
	echo_sent(&echo, sent, strlen(sent));
	for (const char *byte = heard; *byte; byte++)
		echo_heard(&echo, byte, 1);
	return echo_complete(&echo);
}

static void test_echo(void)
{
	struct echo none;

	ok(complete("", ""), "nothing sent: nothing to wait for");
	ok(!complete("[bob] a\n", ""), "nothing heard yet");
	ok(!complete("[bob] a\n", "[bob] a"), "the line's end is not there");
	ok(complete("[bob] a\n", "[bob] a\n"), "the line is back");
	ok(!complete("[bob] a\n", "[bob] b\n"), "another line");
	ok(!complete("[bob] a\n", "[bo] a\n"), "another one's line");
	ok(!complete("[bob] a\n[bob] a\n", "[bob] a\n"), "the first of two that are the same");
	ok(complete("[bob] a\n[bob] a\n", "[bob] a\n[eve] x\n[bob] a\n"), "both, with one between");
	ok(complete("[bob] a\n", "[bob] x\n[bob] a\n"), "somebody else has our name");
	ok(complete("[bob] a\n", "[bob] a\n[eve] x\n[bob"), "more after it");
	ok(complete("[bob] \n", "[bob] \n"), "an empty line");

	echo_init(&none, "", 0);
	echo_sent(&none, "a\n", 2);
	echo_heard(&none, "a\n", 2);
	ok(!echo_complete(&none), "without a name nobody can know");
}

int main(void)
{
	test_textbook();
	test_plain();
	test_quit();
	test_echo();
	return done();
}
