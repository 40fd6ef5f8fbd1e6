/* test-events.c - which events are read in lines of JSON, and what is not believed in them */
#include <errno.h>
#include <jansson.h>

#include "mtchat/events.h"

#include "heard.h"
#include "scarce.h"
#include "tap.h"

static bool same(const char *got, const char *want)
{
	return !got || !want ? got == want : strcmp(got, want) == 0;
}

#define text_is(got, want, ...)                                                                    \
	do {                                                                                       \
		const char *text_ = (got);                                                         \
		ok(same(text_, want), __VA_ARGS__);                                                \
		if (!same(text_, want))                                                            \
			printf("# got %s\n", text_ ? text_ : "(null)");                            \
	} while (0)

static void id_is(const struct event_id *id, const char *epoch, uint64_t number)
{
	ok(same(id->epoch, epoch) && id->number == number, "id %s.%llu", epoch,
	   (unsigned long long)number);
}

static void test_hello(void)
{
	struct event e = heard(
		"{\"ev\":\"hello\",\"proto\":1,\"server\":\"mtchatd 1.0\",\"room\":\"lobby\","
		"\"head\":\"k3f9.18230\",\"you\":null,\"key\":\"00ff\",\"limits\":{\"max_line\":4096}}");

	is(e.kind, EVENT_HELLO, "hello");
	text_is(e.room, "lobby", "its room");
	id_is(&e.id, "k3f9", 18230);
	ok(!e.you, "no name yet");
	text_is(e.key, "00ff", "the key");
	is(e.max_line, 4096, "max_line");
	is(e.time_ms, -1, "no time");
	ok(!event_is_line(&e), "it has an id, but is no line");
	event_done(&e);
	e = heard("{\"ev\":\"hello\",\"you\":\"alice\",\"limits\":[5]}");
	text_is(e.you, "alice", "a name");
	is(e.max_line, 0, "limits that are no object tell none");
	event_done(&e);
}

static void test_said(void)
{
	struct event e = heard(
		"{\"ev\":\"say\",\"id\":\"k3f9.18231\",\"t\":\"2026-11-21T10:31:07.412Z\","
		"\"room\":\"lobby\",\"from\":\"carol\",\"text\":\"morning \\u001b[m\","
		"\"auth\":\"uid\",\"n\":\"x-1\",\"new\":{\"key\":[1]}}");

	is(e.kind, EVENT_SAY, "say");
	ok(event_is_line(&e), "it is a line");
	id_is(&e.id, "k3f9", 18231);
	is(e.time_ms, 1795257067412, "its time");
	text_is(e.from, "carol", "who");
	text_is(e.text, "morning \033[m", "the text, as it came");
	text_is(e.nonce, "x-1", "the nonce");
	ok(e.vouched, "the kernel vouches");
	event_done(&e);
	ok(!e.json && !e.text, "nothing is left of it");
	e = heard("{\"ev\":\"me\",\"id\":\"a.1\",\"from\":null,\"text\":\"\",\"auth\":\"word\"}");
	is(e.kind, EVENT_ME, "me");
	ok(!e.from && !e.vouched && !e.nonce && !e.room, "what it does not have is not there");
	text_is(e.text, "", "an empty text is one");
	event_done(&e);
	e = heard("{\"ev\":\"priv\",\"t\":\"1970-01-01T00:00:00.000Z\",\"from\":\"a\",\"to\":\"b\","
		  "\"text\":\"x\",\"id\":\"a.1\",\"n\":\"1\"}");
	is(e.kind, EVENT_PRIV, "priv");
	text_is(e.to, "b", "to whom");
	is(e.time_ms, 0, "the first moment is a time");
	ok(!e.id.epoch[0] && !event_is_line(&e), "private lines have no id, whatever stands there");
	event_done(&e);
}

static void test_moved(void)
{
	struct event e = heard("{\"ev\":\"join\",\"id\":\"a.2\",\"name\":\"bob\",\"from\":\"x\"}");

	is(e.kind, EVENT_JOIN, "join");
	text_is(e.from, "bob", "who came");
	ok(event_is_line(&e), "it is a line");
	event_done(&e);
	e = heard("{\"ev\":\"leave\",\"id\":\"a.3\",\"name\":\"bob\",\"reason\":\"quit\"}");
	is(e.kind, EVENT_LEAVE, "leave");
	text_is(e.text, "quit", "why");
	event_done(&e);
	e = heard("{\"ev\":\"rename\",\"id\":\"nothing\",\"name\":\"bob\",\"to\":\"rob\"}");
	is(e.kind, EVENT_RENAME, "rename");
	text_is(e.to, "rob", "the new name");
	ok(!event_is_line(&e), "without a good id it is no line");
	event_done(&e);
}

static void test_answers(void)
{
	struct event e = heard("{\"ev\":\"notice\",\"code\":\"busy\",\"text\":\"no\",\"n\":\"7\"}");

	ok(e.kind == EVENT_NOTICE && same(e.code, "busy") && same(e.text, "no") &&
		   same(e.nonce, "7"),
	   "notice");
	event_done(&e);
	e = heard("{\"ev\":\"replay\",\"last\":5,\"lines\":3}");
	ok(e.kind == EVENT_REPLAY && e.lines == 3, "replay");
	event_done(&e);
	e = heard("{\"ev\":\"live\",\"head\":\"a.18446744073709551615\"}");
	is(e.kind, EVENT_LIVE, "live");
	id_is(&e.id, "a", UINT64_MAX);
	event_done(&e);
	e = heard("{\"ev\":\"skip\",\"from\":\"a.5\",\"to\":\"a.9\",\"lines\":5}");
	ok(e.kind == EVENT_SKIP && e.lines == 5 && !e.from && !e.to, "skip");
	id_is(&e.from_id, "a", 5);
	id_is(&e.id, "a", 9);
	event_done(&e);
	e = heard("{\"ev\":\"restarted\",\"gap_ms\":41}");
	ok(e.kind == EVENT_RESTARTED && e.gap_ms == 41, "restarted");
	event_done(&e);
	e = heard("{\"ev\":\"restarted\",\"gap_ms\":null}");
	is(e.gap_ms, 0, "nobody knows how long it was away");
	event_done(&e);
	e = heard("{\"ev\":\"pong\",\"token\":\"t\"}");
	ok(e.kind == EVENT_PONG && same(e.token, "t"), "pong");
	event_done(&e);
	e = heard("{\"ev\":\"bye\",\"reason\":\"stopping\"}");
	ok(e.kind == EVENT_BYE && same(e.text, "stopping"), "bye");
	event_done(&e);
	e = heard("{\"ev\":\"dance\",\"text\":\"x\",\"room\":\"r\",\"names\":[1]}");
	ok(e.kind == EVENT_OTHER && !e.text && !e.room && !e.count, "an unknown event");
	event_done(&e);
}

static void test_lists(void)
{
	struct event e = heard(
		"{\"ev\":\"who\",\"room\":\"r\",\"names\":[\"a\",5,\"b\"],\"unnamed\":2,"
		"\"more\":7}");

	ok(e.kind == EVENT_WHO && e.unnamed == 2 && e.more == 7 && same(e.room, "r"), "who");
	is(e.count, 3, "three are on the list");
	ok(same(event_name(&e, 0), "a") && same(event_name(&e, 2), "b"), "by name");
	text_is(event_name(&e, 1), "", "one that is no text has none");
	text_is(event_name(&e, 3), "", "and there is no fourth");
	is(event_clients(&e, 0), 0, "they are not counted");
	event_done(&e);
	e = heard(
		"{\"ev\":\"rooms\",\"rooms\":[{\"name\":\"lobby\",\"clients\":4},{\"clients\":-1},"
		"\"x\"],\"more\":1}");
	ok(e.kind == EVENT_ROOMS && e.count == 3 && e.more == 1, "rooms");
	ok(same(event_name(&e, 0), "lobby") && event_clients(&e, 0) == 4,
	   "the first, and who is in it");
	ok(same(event_name(&e, 1), "") && event_clients(&e, 1) == 0, "a bad one");
	ok(same(event_name(&e, 2), "") && event_clients(&e, 2) == 0, "a worse one");
	event_done(&e);
	e = heard("{\"ev\":\"who\",\"names\":{\"a\":1}}");
	is(e.count, 0, "what is no list has nobody on it");
	event_done(&e);
}

/* A number of `lines`, and whether the text behind it is still read. */
static void lines_are(const char *number, uint64_t want)
{
	char line[1024];
	struct event e;

	snprintf(line, sizeof(line), "{\"ev\":\"skip\",\"lines\":%s,\"from\":\"a.1\"}", number);
	e = heard(line);
	ok(e.lines == want && e.from_id.number == 1, "lines %.40s", number);
	event_done(&e);
}

static void test_numbers(void)
{
	static char digits[401];

	memset(digits, '9', sizeof(digits) - 1);
	lines_are("0", 0);
	lines_are("999999999999999999", 999999999999999999);
	lines_are("1000000000000000000", 0);
	lines_are("9223372036854775807", 0);
	lines_are("9223372036854775808", 0);
	lines_are("-9223372036854775809", 0);
	lines_are("-1", 0);
	lines_are("5.0", 0);
	lines_are("1e999", 0);
	lines_are("-1.5E+999", 0);
	lines_are("\"5\"", 0);
	lines_are("true", 0);
	lines_are(digits, 0);
	/* Others stay what they are when one is huge; nothing in texts is a number. */
	lines_are("5,\"new\":[18446744073709551615,1e400,\"\\\"99999999999999999999\"]", 5);
}

static void id_becomes(const char *text, int want)
{
	struct event_id id = {"unchanged", 77}, before = id;
	int r = event_id_parse(&id, text);

	ok(r == want && (r == 0 || memcmp(&id, &before, sizeof(id)) == 0), "%s: %d", text, want);
}

static void test_ids(void)
{
	id_becomes("k3f9.0", 0);
	id_becomes("k3f9.18446744073709551615", 0);
	id_becomes("k3f9.18446744073709551616", -EINVAL);
	id_becomes("A_-z09.1", 0);
	id_becomes("0123456789abcdef0123456789abcdef.1", 0);
	id_becomes("0123456789abcdef0123456789abcdef0.1", -EINVAL);
	id_becomes("", -EINVAL);
	id_becomes("k3f9", -EINVAL);
	id_becomes(".1", -EINVAL);
	id_becomes("k3f9.", -EINVAL);
	id_becomes("k3f9.01", -EINVAL);
	id_becomes("k3f9.+1", -EINVAL);
	id_becomes("k3f9.-1", -EINVAL);
	id_becomes("k3f9.1 ", -EINVAL);
	id_becomes("k3f9.1.2", -EINVAL);
	id_becomes("k 3.1", -EINVAL);
	id_becomes("k\n/quit.1", -EINVAL);
	id_becomes("\xEB\xAF\xBC.1", -EINVAL);
}

static void time_is(const char *text, int64_t want)
{
	char line[128];
	struct event e;

	snprintf(line, sizeof(line), "{\"ev\":\"say\",\"t\":\"%s\"}", text);
	e = heard(line);
	is(e.time_ms, want, "time %s", text);
	event_done(&e);
}

static void test_times(void)
{
	time_is("2000-02-29T23:59:59.999Z", 951868799999);
	time_is("9999-12-31T23:59:59.999Z", 253402300799999);
	time_is("1969-12-31T23:59:59.999Z", -1);
	time_is("1914-07-28T11:10:00.000Z", -1);
	time_is("2026-02-29T00:00:00.000Z", -1);
	time_is("2026-13-01T00:00:00.000Z", -1);
	time_is("2026-00-01T00:00:00.000Z", -1);
	time_is("2026-01-00T00:00:00.000Z", -1);
	time_is("2026-01-01T24:00:00.000Z", -1);
	time_is("2026-01-01T00:60:00.000Z", -1);
	time_is("2026-01-01T00:00:60.000Z", -1);
	time_is("2026-01-01T00:00:00Z", -1);
	time_is("2026-01-01T00:00:00.000", -1);
	time_is("2026-01-01T00:00:00.000+00:00", -1);
	time_is("2026-01-01T00:00:00.000Zx", -1);
	time_is("2026-01-01 00:00:00.000Z", -1);
	time_is("+026-01-01T00:00:00.000Z", -1);
	time_is("", -1);
}

static void refused(const char *line, size_t size, const char *why)
{
	struct event e = {.lines = 77};

	ok(event_read(&e, line, size) == -EBADMSG && e.lines == 77 && !e.json, "refused: %s", why);
}

#define REFUSED(line, why) refused(line, strlen(line), why)

static void test_refused(void)
{
	static char deep[200000];

	memset(deep, '[', sizeof(deep));
	refused(NULL, 0, "nothing");
	refused(deep, sizeof(deep), "too deep");
	refused("{\"ev\":\"say\"\0}", 13, "a NUL in it");
	REFUSED("[\"ev\"]", "no object");
	REFUSED("\"ev\"", "a text");
	REFUSED("{\"ev\":1}", "ev is no text");
	REFUSED("{}", "no ev");
	REFUSED("{\"ev\":\"say\"", "cut off");
	REFUSED("{\"ev\":\"say\"} x", "more behind it");
	REFUSED("{\"ev\":\"say\",\"text\":\"a\\u0000b\"}", "a NUL in a text");
	REFUSED("{\"ev\":\"say\",\"text\":\"\\ud800\"}", "half a character");
	REFUSED("{\"ev\":\"say\",\"text\":\"\xFF\"}", "no UTF-8");
	REFUSED("{\"ev\":\"say\",\"text\":\"\033\"}", "a control character");
	REFUSED("{\"ev\":\"say\",\"n\":1e999,\"x\":01}", "what is no number, beside a huge one");
	REFUSED("{\"ev\":\"say\",\"n\":1e999,\"x\":1.}",
		"a point without digits, beside a huge one");
	REFUSED("{\"ev\":\"say\",\"n\":1e999", "cut off behind a huge one");
}

static void test_longest(void)
{
	static char line[EVENT_LINE_MAX + 1];
	static const char start[] = "{\"ev\":\"say\",\"text\":\"", end[] = "\"} ";
	struct event e;

	memset(line, 'x', sizeof(line));
	memcpy(line, start, strlen(start));
	memcpy(line + sizeof(line) - strlen(end), end, strlen(end));
	is(event_read(&e, line, EVENT_LINE_MAX), 0, "the longest line is read");
	is(strlen(e.text), sizeof(line) - strlen(start) - strlen(end), "all of its text");
	event_done(&e);
	refused(line, sizeof(line), "the same with a space behind it");
}

/* Texts beside a huge number stay what they are, whatever looks like a number or an end in them. */
static void test_texts_beside_huge(void)
{
	struct event e = heard("{\"ev\":\"notice\",\"new\":1e999,"
			       "\"text\":\"99999999999999999999 \\\" 99999999999999999999 \\\\\","
			       "\"code\":\"1.5\"}");

	text_is(e.text, "99999999999999999999 \" 99999999999999999999 \\", "a text of digits");
	text_is(e.code, "1.5", "and one behind it");
	event_done(&e);
}

static void test_duplicate_keys(void)
{
	struct event e = heard("{\"ev\":\"say\",\"ev\":\"me\",\"text\":\"a\",\"text\":\"b\"}");

	ok(e.kind == EVENT_ME && same(e.text, "b"), "of a key that comes twice the last counts");
	event_done(&e);
}

static void *scarce_malloc(size_t size)
{
	return malloc(size);
}

/* Whichever allocation fails, the library's or ours: -ENOMEM, and nothing leaks. */
static void test_memory(void)
{
	static const char line[] =
		"{\"ev\":\"who\",\"room\":\"lobby\",\"names\":[\"a\",\"b\"],\"new\":1e999}";
	int r = -ENOMEM, tries = 0, others = 0;

	json_set_alloc_funcs(scarce_malloc, free);
	for (; r < 0 && tries < 1000; tries++) {
		struct event e;

		scarce_left = tries;
		r = event_read(&e, line, strlen(line));
		scarce_left = SCARCE_NOT;
		others += r < 0 && r != -ENOMEM;
		if (r == 0)
			event_done(&e);
	}
	ok(r == 0 && tries > 10, "read when there is memory, after %d tries", tries);
	is(others, 0, "else there is none");
}

int main(void)
{
	test_hello();
	test_said();
	test_moved();
	test_answers();
	test_lists();
	test_numbers();
	test_ids();
	test_times();
	test_refused();
	test_longest();
	test_texts_beside_huge();
	test_duplicate_keys();
	test_memory();
	return done();
}
