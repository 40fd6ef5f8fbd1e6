/* test-incoming.c - what comes is cut into lines, whatever pieces it comes in; and its bounds */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "mtchat/incoming.h"

#include "tap.h"

#define HELLO "{\"ev\":\"hello\",\"room\":\"lobby\"}"

enum { PIECE_MAX = 65536, LINES = 3000 };

struct pipe {
	struct incoming in;
	struct link link;
	int other;
	bool hello;
	ssize_t failed; /* the first failure of incoming_receive() */
};

static void begin(struct pipe *pipe)
{
	int ends[2];

	*pipe = (struct pipe){.other = -1};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) < 0 ||
	    incoming_init(&pipe->in) < 0)
		abort();
	pipe->link.fd = ends[0];
	pipe->other = ends[1];
}

static void end(struct pipe *pipe)
{
	close(pipe->link.fd);
	close(pipe->other);
	incoming_done(&pipe->in);
}

/* Sends it in pieces; after each, all that is there is received, and hello looked for. */
static void feed(struct pipe *pipe, const char *text, size_t size, size_t piece)
{
	ssize_t r;

	for (size_t at = 0; at < size; at += piece) {
		size_t some = size - at < piece ? size - at : piece;

		if (write(pipe->other, text + at, some) != (ssize_t)some)
			abort();
		do
			r = incoming_receive(&pipe->in, &pipe->link);
		while (r > 0);
		if (r != -EAGAIN && !pipe->failed)
			pipe->failed = r;
		if (!pipe->hello)
			pipe->hello = incoming_hello(&pipe->in);
	}
}

static void feed_text(struct pipe *pipe, const char *text, size_t piece)
{
	feed(pipe, text, strlen(text), piece);
}

/* The next event is of this kind, and came as `line`. */
static bool gives(struct pipe *pipe, enum event_kind kind, const char *line)
{
	struct event event;
	const char *raw;
	size_t size;
	bool good;

	if (incoming_event(&pipe->in, &event, &raw, &size) < 0)
		return false;
	good = event.kind == kind && size == strlen(line) && memcmp(raw, line, size) == 0;
	event_done(&event);
	return good;
}

static bool gives_nothing(struct pipe *pipe)
{
	struct event event;
	const char *raw;
	size_t size;

	return incoming_event(&pipe->in, &event, &raw, &size) == -EAGAIN;
}

static bool takes(struct pipe *pipe, const char *want)
{
	struct buffer heard;
	bool good;

	incoming_take(&pipe->in, &heard);
	good = buffer_size(&heard) == strlen(want) &&
	       memcmp(buffer_first(&heard), want, strlen(want)) == 0;
	buffer_done(&heard);
	return good;
}

/* The server has gone over to text. */
static bool gives_text(struct pipe *pipe)
{
	struct event event;
	const char *raw;
	size_t size;

	return incoming_event(&pipe->in, &event, &raw, &size) == -EPROTO;
}

static void test_hello(size_t piece)
{
	struct pipe pipe;

	begin(&pipe);
	feed_text(&pipe, "one\n/json\n{\"ev\":\"say\"}\nhello\n{\"ev\":\"hello\n", piece);
	ok(!pipe.hello, "pieces of %zu: lines before hello are none", piece);
	feed_text(&pipe, HELLO "\r\n\n{\n{\"ev\":\"live\"}\n[]\n{\"ev\":", piece);
	ok(pipe.hello, "... hello is found");
	ok(gives(&pipe, EVENT_HELLO, HELLO), "... and given, without its CR");
	ok(gives(&pipe, EVENT_LIVE, "{\"ev\":\"live\"}"), "... what is no event is passed over");
	ok(gives_nothing(&pipe), "... half a line is none");
	feed_text(&pipe, "\"bye\"}\n", piece);
	ok(gives(&pipe, EVENT_BYE, "{\"ev\":\"bye\"}"), "... the rest makes it one");
	ok(gives_nothing(&pipe), "... and that is all");
	feed_text(&pipe, "said\n* lines may be missing here\n{\"ev\":\"live\"}\n", piece);
	ok(gives_text(&pipe), "... but not over a notice in text");
	incoming_empty(&pipe.in);
	ok(!incoming_hello(&pipe.in) && takes(&pipe, ""), "... nothing is left for another link");
	end(&pipe);
}

static void test_held(size_t piece)
{
	struct pipe pipe;

	begin(&pipe);
	feed_text(&pipe, "one\r\n /json\n/json\ntwo\n/json\n/jsonx\n\nthr", piece);
	ok(!pipe.hello, "pieces of %zu: there is no hello", piece);
	ok(takes(&pipe, "one\r\n /json\ntwo\n/json\n/jsonx\n\nthr"),
	   "... all is held as it came, but for one /json");
	end(&pipe);
}

static void test_held_bound(void)
{
	static char line[64], last[80];
	struct buffer heard;
	struct pipe pipe;
	char *rest;

	begin(&pipe);
	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof(line), "line %04d of those that are held\n", i);
		feed_text(&pipe, line, PIECE_MAX);
	}
	ok(buffer_size(&pipe.in.bytes) <= INCOMING_HELD_MAX, "what is held has a bound");
	feed_text(&pipe, "half", PIECE_MAX);
	incoming_take(&pipe.in, &heard);
	is(buffer_size(&heard) / strlen(line), INCOMING_HELD_MAX / strlen(line),
	   "... as many lines are as fit");
	ok(memcmp(buffer_first(&heard), "line ", 5) == 0, "... whole ones");
	snprintf(last, sizeof(last), "%shalf", line);
	rest = heard.bytes + heard.end - strlen(last);
	ok(memcmp(rest, last, strlen(last)) == 0, "... the latest, and the half one behind them");
	buffer_done(&heard);
	end(&pipe);
}

/* As feed(), after hello: somebody wants events all the time.  Whether there were none. */
static bool feed_in_vain(struct pipe *pipe, const char *text, size_t size)
{
	bool vain = true;

	for (size_t at = 0; at < size; at += PIECE_MAX) {
		feed(pipe, text + at, size - at < PIECE_MAX ? size - at : PIECE_MAX, PIECE_MAX);
		vain = vain && gives_nothing(pipe);
	}
	return vain;
}

/* Lines of x around a bound; what is to come of each. */
static void test_long(void)
{
	char *text = malloc(2 * EVENT_LINE_MAX);
	struct buffer heard;
	struct pipe pipe;

	memset(text, 'x', 2 * EVENT_LINE_MAX);
	begin(&pipe);
	feed(&pipe, text, 2 * EVENT_LINE_MAX, PIECE_MAX);
	ok(buffer_size(&pipe.in.bytes) <= EVENT_LINE_MAX + 1, "a long line is not kept");
	feed_text(&pipe, "\n" HELLO "\n", PIECE_MAX);
	ok(pipe.hello && gives(&pipe, EVENT_HELLO, HELLO), "... what comes behind it is");
	ok(feed_in_vain(&pipe, text, 2 * EVENT_LINE_MAX), "... nor is it after hello");
	ok(buffer_size(&pipe.in.bytes) <= EVENT_LINE_MAX + 1, "... nor kept");
	feed_text(&pipe, "\n{\"ev\":\"live\"}\n", PIECE_MAX);
	ok(gives(&pipe, EVENT_LIVE, "{\"ev\":\"live\"}"), "... nor what comes behind it lost");
	is(pipe.failed, 0, "... there was always room");

	memcpy(text, "{\"ev\":\"live\",\"x\":\"", 18);
	memcpy(text + EVENT_LINE_MAX - 2, "\"}\n", 4);
	feed(&pipe, text, EVENT_LINE_MAX + 1, PIECE_MAX);
	text[EVENT_LINE_MAX] = '\0';
	ok(gives(&pipe, EVENT_LIVE, text), "the longest line is an event");
	memcpy(text + EVENT_LINE_MAX - 2, "x\"}\n", 4);
	ok(feed_in_vain(&pipe, text, EVENT_LINE_MAX + 2), "a line longer by a byte is none");
	end(&pipe);

	begin(&pipe);
	feed(&pipe, text, 3 * INCOMING_HELD_MAX, PIECE_MAX);
	incoming_take(&pipe.in, &heard);
	is(buffer_size(&heard), INCOMING_HELD_MAX, "of a line alone the end is handed over");
	buffer_done(&heard);
	free(text);
	end(&pipe);
}

/* Whoever takes nothing out gets no more in, and is told. */
static void test_no_room(void)
{
	char *text = malloc(PIECE_MAX);
	struct pipe pipe;
	int pieces = 0;

	memset(text, '\n', PIECE_MAX);
	begin(&pipe);
	feed_text(&pipe, HELLO "\n", PIECE_MAX);
	while (incoming_has_room(&pipe.in) && pieces < 100) {
		feed(&pipe, text, PIECE_MAX, PIECE_MAX);
		pieces++;
	}
	ok(pieces < 100 && buffer_size(&pipe.in.bytes) > EVENT_LINE_MAX,
	   "there is an end to the room: %d pieces", pieces);
	is(pipe.failed, -ENOMEM, "... which is told");
	ok(gives(&pipe, EVENT_HELLO, HELLO) && gives_nothing(&pipe), "all is taken out");
	ok(incoming_has_room(&pipe.in), "... there is room again");
	free(text);
	end(&pipe);
}

static void full_house(const char *text, const char *want)
{
	struct pipe pipe;
	const char *words;
	size_t size = 0;

	begin(&pipe);
	feed_text(&pipe, text, PIECE_MAX);
	words = incoming_full_house(&pipe.in, &size);
	if (want)
		ok(words && size == strlen(want) && memcmp(words, want, size) == 0,
		   "a full house: %s", want);
	else
		ok(!words, "no full house: %.*s", (int)strcspn(text, "\r\n"), text);
	end(&pipe);
}

static void test_kept(void)
{
	const char *raw = NULL;
	struct event event;
	struct pipe pipe;
	size_t size = 0;

	begin(&pipe);
	is(incoming_keep(&pipe.in, "", 0), 0, "even nothing can be kept");
	is(incoming_keep(&pipe.in, "{\"ev\":\"live\"}", 13), 0, "another line takes its place");
	is(incoming_keep(&pipe.in, HELLO, strlen(HELLO)), 0, "and so does a longer one");
	incoming_empty(&pipe.in);
	is(incoming_kept(&pipe.in, &event, &raw, &size), 0, "what is kept is there");
	is(event.kind, EVENT_HELLO, "... it is that event");
	ok(size == strlen(HELLO) && memcmp(raw, HELLO, size) == 0, "... and that line");
	event_done(&event);
	end(&pipe);
}

int main(void)
{
	setbuf(stdout, NULL);
	test_hello(1);
	test_hello(7);
	test_hello(PIECE_MAX);
	test_held(1);
	test_held(PIECE_MAX);
	test_held_bound();
	test_long();
	test_no_room();
	test_kept();
	full_house("* server full (2 of 2), try again later\n",
		   "server full (2 of 2), try again later");
	full_house("* server full\r\n", "server full");
	full_house("* server full", NULL);
	full_house("* server ful\n", NULL);
	full_house("[bob] * server full\n", NULL);
	full_house("* server full (2 of 2)\nno\n", NULL);
	full_house("", NULL);
	return done();
}
