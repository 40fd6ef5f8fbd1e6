/* test-screen-frame.c - what the screen puts around events: rules, prompt, waiting lines, greeting;
 * and that no text of strangers does harm */
#include <stdlib.h>
#include <time.h>

#include "mtchat/mention.h"
#include "mtchat/safe.h"

#include "harmless.h"
#include "shown.h"

#define DIM    "\033[2m"
#define OFF    "\033[0m"
#define HANGUL "\uAC00\uAC01\uAC02\uAC03\uAC04"
#define TEN    "----------"
#define DAY_MS (24 * HOUR_MS)

static const struct screen_style plain = {.comings = true, .bell = BELL_ALL};
static const struct screen_style coloured = {.colour = true, .comings = true, .bell = BELL_ALL};
static const struct screen_style dated = {.dates = true};

static struct screen screen_of(const struct screen_style *style, int columns)
{
	struct screen screen;

	screen_init(&screen, style, columns);
	screen_set_own(&screen, "alice");
	return screen;
}

/* -- rules -- */

static char *replayed(struct screen *screen, uint64_t count, uint64_t all, int64_t first_ms)
{
	struct page page;

	screen_replay(screen, count, all, first_ms, page_begin(&page));
	return page_end(&page);
}

static char *lived(struct screen *screen)
{
	struct page page;

	screen_live(screen, page_begin(&page));
	return page_end(&page);
}

static void rules(int columns, const char *replay, const char *live)
{
	struct screen screen = screen_of(&plain, columns);

	same(replayed(&screen, 3, 50, NOW_MS), replay, "replay");
	same(lived(&screen), live, "live");
}

static void test_rules(void)
{
	static const char replay_80[] = "-- last 3 of 50 lines " TEN TEN TEN TEN
					"----- Sun 10:31 --\n";
	static const char live_80[] = "-- live " TEN TEN TEN TEN TEN TEN TEN "--\n";
	struct screen screen = screen_of(&coloured, 20);

	rules(1, "-\n", "-\n");
	rules(4, "-- l\n", "-- l\n");
	rules(20, "-- last 3 of 50 line\n", "-- live ------------\n");
	rules(25, "-- last 3 of 50 lines ---\n", "-- live -----------------\n");
	rules(35, "-- last 3 of 50 lines -------------\n", "-- live ---------------------------\n");
	rules(36, "-- last 3 of 50 lines - Sun 10:31 --\n",
	      "-- live ----------------------------\n");
	rules(80, replay_80, live_80);
	rules(200, replay_80, live_80);
	rules(0, replay_80, live_80);
	same(lived(&screen), DIM "-- live ------------" OFF "\n", "live, in colour");
	screen = screen_of(&plain, 40);
	same(replayed(&screen, 1, 1, -1), "-- last 1 of 1 line --------------------\n",
	     "one line, of no time");
	screen = screen_of(&dated, 80);
	same(replayed(&screen, 3, 50, NOW_MS), "", "with dates there is no rule");
	same(lived(&screen), "", "nor there");
}

static void test_days(void)
{
	static const char say[] =
		"{\"ev\":\"say\",\"t\":\"2026-11-21T23:59:59.000Z\",\"text\":\"x\"}";
	static const char bye[] = "{\"ev\":\"skip\",\"lines\":2}";
	struct screen screen = screen_of(&plain, 30);

	same(shown(&screen, say, SCREEN_OLD), "23:59 | x\n",
	     "the first line has no rule before it");
	same(shown(&screen, say, SCREEN_OLD), "23:59 | x\n", "nor has the same day");
	same(shown(&screen, bye, 0),
	     "-- Sun 2026-11-22 ------------\n10:31 * 2 lines were missed\n", "another day has");
	same(shown(&screen, say, SCREEN_OLD), "-- Sat 2026-11-21 ------------\n23:59 | x\n",
	     "so it has back");
	screen = screen_of(&plain, 40);
	same(replayed(&screen, 1, 9, NOW_MS - DAY_MS), "-- last 1 of 9 lines ------ Sat 10:31 --\n",
	     "the rule of a replay tells the day");
	same(shown(&screen, say, SCREEN_OLD), "23:59 | x\n", "it is not told again");
	same(shown(&screen, bye, 0),
	     "-- Sun 2026-11-22 ----------------------\n10:31 * 2 lines were missed\n",
	     "but the next day is");
	screen = screen_of(&plain, 50);
	free(shown(&screen, bye, 0));
	same(replayed(&screen, 1, 9, NOW_MS - 7 * DAY_MS),
	     "-- last 1 of 9 lines ----- Sun 2026-11-15 10:31 --\n", "a week ago has a date");
}

/* -- the prompt -- */

static void prompts(const struct screen_style *style, const char *own, const char *room,
		    size_t waiting, const char *want)
{
	struct screen screen = screen_of(style, 80);
	struct page page;

	screen_set_own(&screen, own);
	screen_prompt(&screen, room, waiting != SIZE_MAX, waiting, page_begin(&page));
	same(page_end(&page), want, "prompt");
}

static void test_prompts(void)
{
	const size_t online = SIZE_MAX;

	prompts(&plain, "alice", "lobby", online, "lobby alice> ");
	prompts(&plain, NULL, "lobby", online, "lobby> ");
	prompts(&plain, NULL, "", online, "mtchat> ");
	prompts(&plain, "alice", NULL, 0, "alice [offline]> ");
	prompts(&plain, "alice", "lobby", 0, "lobby alice [offline]> ");
	prompts(&plain, "alice", "lobby", 2, "lobby alice [offline, 2 waiting]> ");
	prompts(&plain, "\033[31m", "\001\002", online, "\uFFFD\uFFFD \uFFFD[31m> ");
	prompts(&coloured, "alice", "lobby", online,
		"lobby \001\033[1;94m\002alice\001\033[0m\002> ");
	prompts(&coloured, NULL, "lobby", 1, "lobby [offline, 1 waiting]> ");
}

/* -- waiting lines -- */

static char *waits(const struct screen_style *style, int columns, const char *text, size_t size)
{
	struct screen screen = screen_of(style, columns);
	struct page page;

	screen_waiting(&screen, text, size, page_begin(&page));
	return page_end(&page);
}

static void test_waiting(void)
{
	static char heap[100001];

	same(waits(&plain, 80, "on it", 5), "… on it", "waits");
	same(waits(&coloured, 80, "on it", 5), DIM "… on it" OFF, "waits, in colour");
	same(waits(&plain, 80, "", 0), "… ", "an empty line");
	same(waits(&plain, 13, "0123456789", 10), "… 0123456789", "fits the row");
	same(waits(&plain, 13, "0123456789a", 11), "… 0123456789…", "is cut");
	same(waits(&plain, 13, HANGUL, 15), "… " HANGUL, "wide, fits the row");
	same(waits(&plain, 12, HANGUL, 15), "… \uAC00\uAC01\uAC02\uAC03…",
	     "wide, is cut between characters");
	same(waits(&plain, 80, "a\tb\nc\033[2J", 9), "… a b\uFFFDc\uFFFD[2J", "controls");
	same(waits(&plain, 3, "abc", 3), "… a…", "a terminal of three columns");
	memset(heap, 'x', sizeof(heap));
	for (size_t i = 1; i + 1 < sizeof(heap); i += 2)
		memcpy(heap + i, "\xCC\x81", 2); /* one x under 50,000 marks */
	same(waits(&plain, 80, heap, sizeof(heap)),
	     "… x\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301", "a heap of marks");
}

/* -- the first line -- */

static void greets(int columns, const char *who, const char *want)
{
	struct screen screen = screen_of(&plain, columns);
	char json[4096];

	snprintf(json, sizeof(json), "{\"ev\":\"who\",\"room\":\"lobby\",%s}", who);
	same(shown(&screen, json, SCREEN_GREETS), want, who);
	is(screen.day, 0, "the greeting has no time");
}

static void test_greetings(void)
{
	static const char eight[] =
		"\"names\":[\"alice\",\"bob\",\"carol\",\"dave\",\"\uBBFC\uC218\",\"\uC9C0\uC740\","
		"\"build-bot\",\"nc-1\"],\"unnamed\":0,\"more\":0";

	greets(80, eight,
	       "* chat.lan, room lobby, 7 here: bob carol dave \uBBFC\uC218 \uC9C0\uC740 build-bot "
	       "nc-1\n");
	greets(72, eight,
	       "* chat.lan, room lobby, 7 here: bob carol dave \uBBFC\uC218 \uC9C0\uC740 build-bot "
	       "nc-1\n");
	greets(70, eight,
	       "* chat.lan, room lobby, 7 here: bob carol dave \uBBFC\uC218 \uC9C0\uC740 and 2 more\n");
	greets(50, eight, "* chat.lan, room lobby, 7 here: bob and 6 more\n");
	greets(20, eight, "* chat.lan, room lobby, 7 here\n");
	greets(80, "\"names\":[\"alice\"],\"unnamed\":0,\"more\":0",
	       "* chat.lan, room lobby, nobody else here\n");
	greets(80, "\"names\":[\"alice\",\"bob\"],\"unnamed\":3,\"more\":100",
	       "* chat.lan, room lobby, 104 here: bob and 103 more\n");
	greets(80, "\"names\":[\"bob\"],\"unnamed\":1,\"more\":0",
	       "* chat.lan, room lobby, 1 here: bob\n");
	greets(80, "\"names\":[],\"unnamed\":5,\"more\":0", "* chat.lan, room lobby, 4 here\n");
	greets(80, "\"names\":[]", "* chat.lan, room lobby, nobody else here\n");
}

/* -- what the client tells -- */

static void test_tell(void)
{
	struct screen screen = screen_of(&coloured, 80);
	struct page page;

	screen_tell(&screen, NOW_MS, page_begin(&page), "%d lines: %s", 2, "\033]52;c;eA==\a");
	same(page_end(&page), DIM "10:31 * 2 lines: \uFFFD]52;c;eA==\uFFFD" OFF "\n", "told");
}

/* -- mentions -- */

static bool calls(const char *text, const char *name)
{
	char folded[IGNORED_SIZE];

	name_fold(folded, name);
	return mention_find(text, folded);
}

static void test_mentions(void)
{
	static const char *const yes[] = {"alice",
					  "Alice: hi",
					  "hi @ALICE!",
					  "(alice)",
					  "alice.",
					  "alice's",
					  "alice...",
					  "no.  alice,",
					  "\uC548\uB155 alice",
					  "\uFF41\uFF4C\uFF49\uFF43\uFF45",
					  "malice alice",
					  "al\u00ADice",
					  "alice/bob",
					  ".alice",
					  "alice:https://example.org",
					  "https://example.org/alice\talice",
					  "https://example.org/ alice"};
	static const char *const no[] = {"",
					 "alic",
					 "malice",
					 "alice2",
					 "alices",
					 "_alice",
					 "alice-b",
					 "alice.b",
					 "x.alice",
					 "alice\u0301",
					 "\u00E9alice",
					 "alicealice",
					 "https://example.org/alice/x",
					 "http://alice@example.org",
					 "see <HTTPS://example.org/?q=alice>"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		ok(calls(yes[i], "alice"), "a mention: %s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		ok(!calls(no[i], "alice"), "no mention: %s", no[i]);
	ok(!calls("alice \xFF alice", "alice"), "no UTF-8, no mention");
	ok(calls("\uBBFC\uC218, \uBD10\uC694", "\uBBFC\uC218"), "a Korean name");
	ok(calls("\u1106\u1175\u11AB\u1109\u116E", "\uBBFC\uC218"), "taken apart");
	ok(calls("\uBBFC\uC218\uC57C", "\uBBFC\uC218"), "a Korean name that is called");
	ok(calls("alice\uB2D8, ...", "alice"), "any name, in Korean");
	ok(!calls("\uBBFC\uC218\uC815", "\uBBFC\uC218"), "a longer Korean name");
	ok(calls("STRASSE", "stra\u00DFe"), "folded by Unicode's rules");
	ok(!calls("anything", ""), "nobody has no name");
}

/* -- harm -- */

#define ATTACK_JSON                                                                                      \
	"\\u001b[2J\\u001b[31m\\u001b]52;c;eA==\\u0007\\u001b]0;t\\u0007\\u009b31m\\u202ex\\u2066\\n\\r" \
	"\\b\\u007f\\u2028\\u0001\\u0085;"

static void is_kept_off(const struct screen_style *style, const char *event)
{
	struct screen screen = screen_of(style, 80);

	for (int flags = 0; flags < 8; flags++) {
		char *text = shown(&screen, event, flags);

		ok(is_harmless(style, text), "flags %d: %s", flags, event);
		free(text);
	}
}

static void test_attacks(void)
{
	static const char *const events[] = {
		"{\"ev\":\"say\",\"t\":\"@\",\"room\":\"@\",\"from\":\"@\",\"text\":\"alice @\"}",
		"{\"ev\":\"say\",\"from\":\"9;@\",\"text\":\"9;@ alice\",\"n\":\"@\"}",
		"{\"ev\":\"me\",\"from\":\"@\",\"text\":\"@\"}",
		"{\"ev\":\"priv\",\"from\":\"@\",\"to\":\"@\",\"text\":\"@\"}",
		"{\"ev\":\"priv\",\"from\":\"@\",\"to\":\"alice\",\"text\":\"@\"}",
		"{\"ev\":\"join\",\"name\":\"@\"}",
		"{\"ev\":\"leave\",\"name\":\"@\",\"reason\":\"@\"}",
		"{\"ev\":\"rename\",\"name\":\"@\",\"to\":\"@\"}",
		"{\"ev\":\"notice\",\"code\":\"@\",\"text\":\"@\"}",
		"{\"ev\":\"who\",\"room\":\"@\",\"names\":[\"@\",7,\"@\"],\"unnamed\":1,\"more\":1}",
		"{\"ev\":\"rooms\",\"rooms\":[{\"name\":\"@\",\"clients\":1},7],\"more\":1}",
		"{\"ev\":\"pong\",\"token\":\"@\"}",
		"{\"ev\":\"bye\",\"reason\":\"@\"}",
		"{\"ev\":\"@\"}",
	};
	struct screen_style styles[] = {plain, coloured, dated, coloured, plain};

	styles[3].notify = NOTIFY_OSC9;
	styles[4].notify = NOTIFY_OSC777;
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		struct page page;
		char *json;

		page_begin(&page);
		for (const char *at = events[i]; *at; at++)
			*at == '@' ? fputs(ATTACK_JSON, page.to) : fputc(*at, page.to);
		json = page_end(&page);
		for (size_t k = 0; k < sizeof(styles) / sizeof(*styles); k++)
			is_kept_off(&styles[k], json);
		free(json);
	}
}

/* A name that no server gives is cut, and between characters. */
static void test_long_name(void)
{
	struct screen screen = screen_of(&plain, 80);
	char json[1024], *at = json, *text;

	at += sprintf(at, "{\"ev\":\"say\",\"text\":\"x\",\"from\":\"y");
	for (int i = 0; i < 100; i++)
		at = stpcpy(at, "\uAC00");
	strcpy(at, "\"}");
	text = shown(&screen, json, SCREEN_OLD);
	is(strlen(text), strlen("10:31 y: x\n") + SCREEN_NAME_MAX - 1, "64 bytes of 301");
	ok(is_harmless(&plain, text), "no character is torn");
	free(text);
}

int main(void)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	test_rules();
	test_days();
	test_prompts();
	test_waiting();
	test_greetings();
	test_tell();
	test_mentions();
	test_attacks();
	test_long_name();
	return done();
}
