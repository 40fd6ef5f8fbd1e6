/* test-waiting.c - what was said and has not come back yet */
#include <errno.h>
#include <string.h>

#include "lines.h"
#include "mtchat/waiting.h"
#include "tap.h"

static struct waiting waiting;
static struct buffer out;

static void begin(void)
{
	waiting_init(&waiting, 0x123456789abcdef);
	if (buffer_init(&out, LINK_OUT_SIZE) < 0)
		abort();
}

static void end(void)
{
	waiting_done(&waiting);
	buffer_done(&out);
}

static int add(const char *text)
{
	return waiting_add(&waiting, text, strlen(text));
}

static bool sends(bool named, const char *wanted)
{
	waiting_send(&waiting, &out, named);
	if (buffer_size(&out) != strlen(wanted) ||
	    memcmp(buffer_first(&out), wanted, strlen(wanted)) != 0) {
		printf("# sent %zu bytes: \"%.80s\"\n", buffer_size(&out), buffer_first(&out));
		return false;
	}
	buffer_taken(&out, buffer_size(&out));
	return true;
}

static bool heard(const char *own, const char *json)
{
	struct event event = lines_event(json);
	bool is_ours = waiting_heard(&waiting, &event, own);

	event_done(&event);
	return is_ours;
}

static bool heard_say(const char *own, const char *from, const char *text)
{
	char json[512];

	if (from)
		snprintf(json, sizeof(json), "{\"ev\":\"say\",\"from\":\"%s\",\"n\":\"%s\"}", from,
			 text);
	else
		snprintf(json, sizeof(json), "{\"ev\":\"say\",\"from\":null,\"text\":\"%s\"}",
			 text);
	return heard(own, json);
}

static bool heard_notice(const char *code)
{
	char json[512];

	snprintf(json, sizeof(json), "{\"ev\":\"notice\",\"code\":\"%s\",\"text\":\"x\"}", code);
	return heard("alice", json);
}

static void test_kinds(void)
{
	static const struct {
		const char *text;
		enum waiting_kind kind;
	} cases[] = {
		{"", WAITING_LINE},
		{"hello", WAITING_LINE},
		{"/", WAITING_LINE},
		{"//me x", WAITING_LINE},
		{"/etc/passwd", WAITING_LINE},
		{"/ME x", WAITING_LINE},
		{"/me2 x", WAITING_LINE},
		{" /me x", WAITING_LINE},
		{"/me", WAITING_ACT},
		{"/me waves", WAITING_ACT},
		{"/msg", WAITING_LETTER},
		{"/msg bob hi", WAITING_LETTER},
		{"/msgs bob hi", WAITING_COMMAND},
		{"/who", WAITING_COMMAND},
		{"/w", WAITING_COMMAND},
		{"@n=x hello", WAITING_LINE},
		{"@n=x", WAITING_LINE},
		{"@n= ", WAITING_LINE},
		{"@n=x /msg bob hi", WAITING_COMMAND},
		{"@n=?? /who", WAITING_COMMAND},
	};
	struct waiting_words words;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is(waiting_kind(cases[i].text, strlen(cases[i].text)), cases[i].kind, "\"%s\"",
		   cases[i].text);
	ok(waiting_words(&words, "@n=x /msg   bob  hi", 19) && waiting_is_command(&words, "msg") &&
		   words.argument_size == 3 && memcmp(words.argument, "bob", 3) == 0 && words.more,
	   "a command is taken apart");
	ok(waiting_words(&words, "/join  x  ", 10) && words.argument_size == 1 && !words.more,
	   "spaces behind are nothing");
	ok(!waiting_words(&words, "/who", 1), "no byte is looked at behind the end");
}

static void test_bounds(void)
{
	begin();
	for (int i = 0; i < WAITING_MAX; i++)
		if (add("x") < 0)
			break;
	is(waiting.count, WAITING_MAX, "so many wait");
	is(add("x"), -ENOSPC, "and no more");
	end();
	begin();
	is(add("a\nb"), -EINVAL, "two lines are no line");
	waiting.next = UINT64_MAX;
	is(add("x"), 0, "the counter may be anything");
	ok(strlen(waiting.lines[0].nonce) < WAITING_NONCE_SIZE && waiting.lines[0].nonce[9],
	   "its nonce fits");
	end();
}

static void test_prefixes(void)
{
	struct waiting other;

	begin();
	waiting_init(&other, 0x123456789abcdee);
	is(strlen(waiting.prefix), 9, "a prefix of 8 characters and a dash");
	is(strspn(waiting.prefix, "abcdefghijklmnopqrstuvwxyz234567"), 8, "base32");
	ok(strcmp(waiting.prefix, other.prefix) != 0, "another seed makes another prefix");
	end();
}

static void test_sending(void)
{
	begin();
	add("one");
	add("/me waves");
	add("/who");
	add("two");
	ok(!waiting_command(&waiting), "the command is not next");
	ok(sends(true, "@n=pptx2e6m-0 one\n@n=pptx2e6m-1 /me waves\n"), "up to a command");
	ok(waiting_command(&waiting) == &waiting.lines[2], "the command is next");
	ok(sends(true, ""), "nothing goes before it");
	waiting_drop(&waiting, waiting_command(&waiting));
	ok(!waiting_command(&waiting), "no other command is next");
	ok(sends(true, "@n=pptx2e6m-2 two\n"), "and then the rest");
	waiting_again(&waiting);
	ok(sends(false, "one\n/me waves\ntwo\n"), "all again; without a name there is no nonce");
	end();
}

static void test_room_in_the_buffer(void)
{
	static char text[LINK_OUT_SIZE - WAITING_SPARE];

	begin();
	memset(text, 'x', sizeof(text) - 1);
	add(text);
	add("y");
	waiting_send(&waiting, &out, false);
	is(buffer_size(&out), sizeof(text), "a line that leaves the spare free goes");
	ok(waiting.lines[0].sent && !waiting.lines[1].sent, "and the next does not fit");
	buffer_taken(&out, buffer_size(&out));
	waiting_again(&waiting);
	buffer_add(&out, "12", 2);
	ok(sends(false, "12"), "a line goes whole or not at all, and none passes it by");
	end();
}

static void test_by_nonce(void)
{
	begin();
	add("one");
	add("two");
	add("three");
	ok(!heard_say("alice", "alice", "pptx2e6m-0"), "what was never sent does not come back");
	waiting_send(&waiting, &out, true);
	ok(!heard_say("alice", "mallory", "pptx2e6m-0"), "nor does another one's with our nonce");
	ok(!heard_say("alice", "alice", "pptx2e6m-9"), "nor an unknown nonce");
	ok(!heard("alice", "{\"ev\":\"say\",\"from\":\"alice\",\"text\":\"one\"}"),
	   "nor one without");
	is(waiting.count, 3, "all wait");
	ok(heard_say("alice", "alice", "pptx2e6m-1"), "the second has come back");
	is(waiting.count, 1, "so the first was refused, and goes");
	ok(!heard_say("alice", "alice", "pptx2e6m-1"), "once");
	waiting_again(&waiting);
	ok(heard_say("alice", "alice", "pptx2e6m-2"), "also over a loss");
	is(waiting.count, 0, "none waits");
	end();
}

static void test_by_text(void)
{
	static const struct {
		const char *said, *comes;
		bool back;
	} cases[] = {
		{"hi", "hi", true},
		{"hi", "hi!", false},
		{"", "", true},
		{"", "~", false},
		{"* x", "~* x", true},
		{"** x", "~** x", true},
		{"* x", "* x", true},
		{"[bob] x", "[~bob] x", true},
		{"[bob] x", "[bob] x", true},
		{"[bob] x", "~[bob] x", false},
		{"hi", "~hi", false},
		{"//x", "/x", true},
		{"/etc", "/etc", false},
		{"a\001b", "a\357\277\275b", true},
		{"hi\r", "hi", true},
		{"@n=x hi", "@n=x hi", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin();
		add(cases[i].said);
		ok(!heard_say(NULL, NULL, cases[i].comes), "\"%s\" was not sent", cases[i].comes);
		waiting_send(&waiting, &out, false);
		ok(heard_say(NULL, NULL, cases[i].comes) == cases[i].back, "is it \"%s\"?",
		   cases[i].comes);
		end();
	}
	begin();
	add("a");
	add("b");
	add("a");
	waiting_send(&waiting, &out, false);
	ok(!heard_say(NULL, "bob", "a"), "not one that somebody named has said");
	ok(heard_say(NULL, NULL, "a"), "one of two");
	is(waiting.count, 2, "the older one");
	waiting_again(&waiting);
	ok(heard_say(NULL, NULL, "a"), "the other one, after a loss");
	is(waiting.count, 0, "with what was before it");
	end();
}

static void test_refusals(void)
{
	begin();
	add("line");
	add("/me waves");
	add("/msg bob hi");
	add("/msg bob");
	ok(!heard_notice("too_long"), "nothing was sent, nothing is refused");
	waiting_send(&waiting, &out, true);
	ok(!heard_notice("throttled"), "not every notice refuses");
	ok(heard_notice("usage"), "usage refuses what lacks an argument");
	is(waiting.count, 3, "one");
	ok(!heard_notice("usage"), "and no other one");
	ok(heard_notice("no_such_name"), "no_such_name refuses a letter");
	ok(!heard_notice("no_such_name") && !heard_notice("busy"), "and only that");
	ok(heard_notice("no_name"), "no_name refuses an act");
	ok(!heard_notice("no_name"), "and no line");
	ok(heard_notice("too_long"), "too_long refuses a line");
	is(waiting.count, 0, "none waits");
	end();
	begin();
	add("/msg bob 1");
	add("/msg bob 2");
	waiting_send(&waiting, &out, true);
	ok(heard_notice("busy"), "busy refuses a letter");
	ok(strcmp(waiting.lines[0].text, "/msg bob 2") == 0, "the oldest");
	waiting_again(&waiting);
	ok(!heard_notice("busy"), "on a new link nothing was sent yet");
	ok(heard("alice", "{\"ev\":\"priv\",\"from\":\"alice\",\"n\":\"pptx2e6m-1\"}"),
	   "a letter comes back");
	end();
}

static void test_duplicates(void)
{
	begin();
	add("one");
	add("two");
	waiting_send(&waiting, &out, true);
	ok(heard("alice", "{\"ev\":\"notice\",\"code\":\"duplicate\",\"n\":\"pptx2e6m-0\"}"),
	   "was said already");
	is(waiting.count, 1, "it is done with");
	ok(!heard("alice", "{\"ev\":\"notice\",\"code\":\"duplicate\",\"n\":\"pptx2e6m-0\"}") &&
		   !heard("alice", "{\"ev\":\"notice\",\"code\":\"duplicate\"}"),
	   "another is not ours");
	ok(!heard("alice", "{\"ev\":\"notice\"}") && !heard("alice", "{\"ev\":\"join\"}"),
	   "nor is what has no code");
	end();
}

int main(void)
{
	test_kinds();
	test_bounds();
	test_prefixes();
	test_sending();
	test_room_in_the_buffer();
	test_by_nonce();
	test_by_text();
	test_refusals();
	test_duplicates();
	return done();
}
