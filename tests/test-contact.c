/* test-contact.c - a contact and its server: hello or none, lines in pieces, the end */
#include <sysexits.h>

#include "stage.h"

enum { SLOW_MS = 60000, SHORT_MS = 100, LONG = 2 << 20, BIG = 3900 };

static void test_up(void)
{
	stage_begin("alice", SLOW_MS);
	stage.hurries = true;
	ok(stage_is(CONTACT_DIALS), "it dials");
	becomes(stage_is(CONTACT_ASKS), "it is connected");
	ok(contact_deadline(&stage.contact) <= clock_boot_ms() + CONTACT_ASK_MS,
	   "... and gives a time");
	stage.hurries = false;
	stage_welcome();
	ok(stage_is(CONTACT_UP), "the server has said hello");

	stage_say(SAY("e.2", "bob", "hi") "no JSON\n{\"x\":1}\n[1\n" SAY("e.3", "bob", "ho"));
	becomes(strcmp(stage.seen, "hi;ho;") == 0, "what is said is heard, what is no event not");
	ok(strcmp(stage.raw, "{\"ev\":\"say\",\"id\":\"e.3\",\"room\":\"lobby\",\"from\":\"bob\","
			     "\"text\":\"ho\"}") == 0,
	   "... and as it came: %s", stage.raw);
	stage_say("{\"ev\":\"pong\",\"token\":\"mtchat\"}\n" NOTICE("x"));
	becomes(strstr(stage.seen, "x;"), "a pong that nobody asked for does no harm");
	stage_end();
}

static void test_said(void)
{
	char nonce[64] = "", line[200];

	stage_begin("alice", SLOW_MS);
	stage_until(stage.fd >= 0);
	stage_welcome();
	is(contact_say(&stage.contact, "good day", 8), 0, "alice says a line");
	is(stage.contact.chat.waiting.count, 1, "... it waits");
	becomes(memchr(stage.got, '\n', stage.size), "... the server gets it");
	is(sscanf(stage.got, "@n=%63[^ ] good day\n", nonce), 1, "... with a nonce");
	snprintf(line, sizeof(line),
		 "{\"ev\":\"say\",\"id\":\"e.2\",\"room\":\"lobby\",\"from\":\"alice\","
		 "\"n\":\"%s\",\"text\":\"good day\"}\n",
		 nonce);
	stage_say(line);
	becomes(stage.contact.chat.waiting.count == 0, "... it comes back");
	ok(stage.flags & HEARD_OWN, "... as one's own");
	is(contact_say(&stage.contact, line, 5000), -EMSGSIZE,
	   "a line that is too long is refused");
	stage_end();
}

#define LIE                                                                                        \
	HELLO("somebody's", "t.1")                                                                 \
	"{\"ev\":\"pong\",\"token\":\"mtchat\"}\n" SAY("t.2", "eve", "x") NOTICE("name_taken")     \
		BYE("quit") BYE("stopping") "* 3 lines skipped (t.1-t.3)\n"

/* While the server has not read /json, somebody says what could be its answer. */
static void test_lies(void)
{
	stage_begin("alice", SLOW_MS);
	gets_line("/json\n", "a server is asked");
	stage_say(LIE);
	ok(stage_until(stage.size > 0) && !stage.heard, "a lie is not heard");
	ok(stage_is(CONTACT_UP), "... but somebody knows JSON Lines");
	stage_say(LIE);
	stage_say(HELLO("k1", "e.1") SAY("e.2", "bob", "early"));
	ok(stage_greet(), "... it is asked which hello is true");
	gets_line("/name alice\n", "... is asked for a name");
	is(stage.size, 0, "... and for nothing else");
	ok(strcmp(stage.contact.chat.key, "k1") == 0, "... it was the last one");
	ok(stage.heard == 1 && stage.flags == 0 && strstr(stage.raw, "\"key\":\"k1\""),
	   "... which alone is heard: %s", stage.raw);
	stage_say(NOTICE("name_ok") REPLAY LIVE("e.1"));
	becomes(chat_is_up(&stage.contact.chat), "... and all is live");
	stage_say("* 3 lines skipped (e.1-e.3)\n");
	becomes(stage_is(CONTACT_PAUSES), "then a notice in text is a lost link");
	stage_end();
}

/* Nobody has such a server; but one may stop at this very moment. */
static void test_no_pong(void)
{
	uint64_t began = clock_boot_ms();

	stage_begin("alice", SHORT_MS);
	gets_line("/json\n", "a server is asked");
	while (stage_is(CONTACT_ASKS) || stage_is(CONTACT_UP)) {
		stage_say(LIE);
		stage_turn();
		if (clock_boot_ms() - began > PATIENCE_MS)
			break;
	}
	ok(stage_is(CONTACT_PAUSES), "one that only lies, without an end, is a lost link");
	is(stage.heard, 0, "... and nothing of it was heard");
	stage_end();

	stage_begin("alice", SLOW_MS);
	gets_line("/json\n", "a server is asked");
	stage_say(HELLO("k1", "e.1"));
	becomes(stage_is(CONTACT_UP), "... says hello");
	contact_leave(&stage.contact);
	stage_hang_up();
	becomes(stage_is(CONTACT_OVER), "one may leave before it is known to be true");
	stage_end();
}

static void test_pieces(void)
{
	static const char *const parts[] = {
		HELLO("k1", "e.1"),
		NOTICE("name_ok"),
		REPLAY LIVE("e.1") "{\"ev\":\"say\",\"id\":\"e.2\",\"room\":\"lobby\","
				   "\"from\":\"bob\",\"text\":\"crlf\"}\r\n" SAY("e.3", "bob", "x"),
	};
	static const char *const asked[] = {"/json\n", "/name alice\n", "/since e.1\n"};

	stage_begin("alice", SLOW_MS);
	for (int i = 0; i < 3; i++) {
		gets_line(asked[i], "the server is asked %d", i);
		for (const char *c = parts[i]; *c; c++) {
			stage_send(c, 1);
			stage_turn();
		}
		if (i == 0)
			ok(stage_greet(), "... and for its pong");
	}
	becomes(strcmp(stage.seen, "crlf;x;") == 0, "byte by byte all is heard: %s", stage.seen);
	stage_end();
}

static void test_long(void)
{
	char *line = malloc(LONG);

	memset(line, 'x', LONG);
	line[LONG - 1] = '\n';
	stage_begin("alice", SLOW_MS);
	stage_until(stage.fd >= 0);
	stage_send(line, LONG);
	stage_say("before\n");
	stage_welcome();
	is(stage.contact.chat.was_live, true, "a line of 2 MiB before hello is passed over");
	stage_send(line, LONG);
	stage_say(SAY("e.2", "bob", "after"));
	becomes(strcmp(stage.seen, "after;") == 0, "... and one behind it");
	ok(stage.contact.wire.in.bytes.capacity < 2 * EVENT_LINE_MAX, "... none is kept");
	free(line);
	stage_end();
}

/* Takes what came, and says whether it is `want`. */
static void plain_is(const char *want)
{
	struct buffer heard;
	struct link link;

	contact_take_plain(&stage.contact, &link, &heard);
	ok(buffer_size(&heard) == strlen(want) && !memcmp(buffer_first(&heard), want, strlen(want)),
	   "... what came is handed over");
	if (stage.fd >= 0) {
		buffer_add(&link.out, "hi\n", 3);
		link_flush(&link);
		gets_line("hi\n", "... the link stands");
	} else {
		is(link_receive(&link, &heard), 0, "... the link has ended");
	}
	link_close(&link);
	buffer_done(&heard);
}

static void test_plain(void)
{
	uint64_t began = clock_boot_ms();

	stage_begin("alice", SLOW_MS);
	stage.hurries = true;
	gets_line("/json\n", "a server is asked, which speaks no JSON Lines");
	stage_say("[bob] hi\r\n{\"ev\":\"say\"}\n/json\n/json\npart");
	becomes(stage_is(CONTACT_PLAIN), "... it is a plain one");
	ok(clock_boot_ms() - began >= CONTACT_ASK_MS, "... after it had its time");
	plain_is("[bob] hi\r\n{\"ev\":\"say\"}\n/json\npart");
	stage_end();

	stage_begin("alice", SLOW_MS);
	stage.hurries = true;
	gets_line("/json\n", "an echo server is asked");
	stage_say("/json\n");
	becomes(stage_is(CONTACT_PLAIN), "... it is a plain one");
	plain_is("");
	stage_end();

	stage_begin("alice", SLOW_MS);
	gets_line("/json\n", "a server is asked, which goes");
	stage_say("Your terminal is not welcome.\n");
	stage_hang_up();
	becomes(stage_is(CONTACT_PLAIN), "... it is a plain one");
	plain_is("Your terminal is not welcome.\n");
	stage_end();

	stage_begin("alice", SLOW_MS);
	gets_line("/json\n", "a server is asked, which goes without a word");
	stage_hang_up();
	becomes(stage_is(CONTACT_PLAIN), "... it is a plain one");
	plain_is("");
	stage_end();
}

static void test_full(void)
{
	stage_begin("alice", SLOW_MS);
	gets_line("/json\n", "a full house is asked");
	stage_say("* server full (1 of \033[31m1), try again later\n");
	stage_hang_up();
	becomes(stage_is(CONTACT_FAILED), "... that is a failure");
	is(stage.contact.status, EX_UNAVAILABLE, "... of the server");
	ok(strcmp(stage.contact.why,
		  "the server says: server full (1 of \xef\xbf\xbd[31m1), try again later") == 0,
	   "... told in its words, but no escape sequence: %s", stage.contact.why);
	is(contact_poll(&stage.contact).fd, -1, "... and nothing is left to poll");
	stage_end();

	stage_begin("alice", SLOW_MS);
	stage.hurries = true;
	gets_line("/json\n", "a full house that does not hang up is asked");
	stage_say("* server full (1 of 1), try again later\r\n");
	becomes(stage_is(CONTACT_FAILED), "... that is a failure, too");
	stage_end();
}

static void test_nobody(void)
{
	char text[32];

	stage_begin("alice", SLOW_MS);
	stage_end();
	snprintf(text, sizeof(text), "127.0.0.1:%d", stage.port);
	stage_target(text);
	is(contact_init(&stage.contact, &stage.target, &(struct chat_wish){.last = 0}, SLOW_MS), 0,
	   "a port is dialled where nobody is");
	becomes(stage_is(CONTACT_FAILED), "... that is a failure");
	is(stage.contact.status, EX_UNAVAILABLE, "... to connect");
	ok(strncmp(stage.contact.why, "cannot connect to 127.0.0.1 port ", 33) == 0, "... told: %s",
	   stage.contact.why);
	stage_end();
	memset(&stage.contact, 0, sizeof(stage.contact));
	contact_done(&stage.contact);
	ok(fcntl(STDIN_FILENO, F_GETFD) >= 0, "a contact of zeros closes nothing");
}

/* The server reads nothing, but speaks: it is heard, and then gets all that was said. */
static void test_stuck(void)
{
	char line[BIG], text[128];
	int ends = 0, heard;

	stage_begin("alice", SLOW_MS);
	stage_until(stage.fd >= 0);
	stage_welcome();
	stage.reads = false;
	setsockopt(stage.fd, SOL_SOCKET, SO_RCVBUF, &(int){32768}, sizeof(int));
	setsockopt(stage.contact.wire.link.fd, SOL_SOCKET, SO_SNDBUF, &(int){32768}, sizeof(int));
	memset(line, 'y', sizeof(line));
	for (int i = 0; i < WAITING_MAX; i++)
		if (contact_say(&stage.contact, line, sizeof(line)) < 0)
			abort();
	heard = stage.heard;
	for (int i = 2; i < 2002; i++) {
		snprintf(text, sizeof(text), SAY("e.%d", "bob", "text"), i);
		stage_say(text);
	}
	becomes(stage.heard - heard == 2000, "a server that reads nothing is heard");
	ok(buffer_size(&stage.contact.wire.link.out) > 0, "... what cannot be sent is kept");
	stage.reads = true;
	stage_until(stage.size >= (size_t)WAITING_MAX * BIG && stage.got[stage.size - 1] == '\n');
	for (size_t i = 0; i < stage.size; i++)
		ends += stage.got[i] == '\n';
	is(ends, WAITING_MAX, "... it gets all that was said when it reads again");
	stage_end();
}

static void test_leave(void)
{
	uint64_t began;

	stage_begin("alice", SLOW_MS);
	contact_leave(&stage.contact);
	ok(stage_is(CONTACT_OVER), "one that dials is left at once");
	is(waitpid(-1, NULL, WNOHANG), -1, "... no child is left");
	stage_end();
	contact_done(&stage.contact);
	ok(!stage.contact.target, "what is done with may be done with again");

	stage_begin("alice", SLOW_MS);
	becomes(stage_is(CONTACT_ASKS), "one asks");
	contact_leave(&stage.contact);
	ok(stage_is(CONTACT_OVER), "... is left at once");
	stage_end();

	stage_begin("alice", SLOW_MS);
	stage_until(stage.fd >= 0);
	stage_welcome();
	contact_leave(&stage.contact);
	contact_leave(&stage.contact);
	gets_line("/quit\n", "the server is told that one leaves");
	is(stage.size, 0, "... once");
	stage_say(BYE("quit"));
	becomes(stage_is(CONTACT_OVER), "... says bye, and it is over");
	stage_end();

	stage_begin("alice", SLOW_MS);
	stage_until(stage.fd >= 0);
	stage_welcome();
	began = clock_boot_ms();
	contact_leave(&stage.contact);
	becomes(stage_is(CONTACT_OVER), "a server that does not say bye is left, too");
	ok(clock_boot_ms() - began >= CONTACT_LEAVE_MS, "... after it had its time");
	stage_end();
}

int main(void)
{
	setbuf(stdout, NULL);
	test_up();
	test_said();
	test_lies();
	test_no_pong();
	test_pieces();
	test_long();
	test_plain();
	test_full();
	test_nobody();
	test_stuck();
	test_leave();
	return done();
}
