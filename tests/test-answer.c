/* test-answer.c - the words of each answer, in both renderings */
#include "lone-answer.h"

static void test_notices(void)
{
	begin(RENDERING_TEXT);
	answer_notice(&answer, "name_ok", "you are %s now", "alice");
	answer_notice(&answer, "usage", "%d%%", 7);
	answer_notice(&answer, "usage", "%s", "");
	ok(answers("* you are alice now\n* 7%\n* \n"), "notices are lines with a star");

	begin(RENDERING_JSON);
	answer_notice(&answer, "name_ok", "you are %s now", "alice");
	answer_notice(&answer, "usage", "%s", "\"\\\t");
	ok(answers("{\"ev\":\"notice\",\"code\":\"name_ok\",\"text\":\"you are alice now\"}\n"
		   "{\"ev\":\"notice\",\"code\":\"usage\",\"text\":\"\\\"\\\\\\t\"}\n"),
	   "or events");

	begin(RENDERING_TEXT);
	answer_duplicate(&answer, "T_-9 and more", 4);
	ok(answers("* T_-9 was said already, not again\n"), "a double");
	begin(RENDERING_JSON);
	answer_duplicate(&answer, "T_-9 and more", 4);
	ok(answers("{\"ev\":\"notice\",\"code\":\"duplicate\","
		   "\"text\":\"T_-9 was said already, not again\",\"n\":\"T_-9\"}\n"),
	   "has its nonce");
}

static void test_pong(void)
{
	begin(RENDERING_TEXT);
	answer_pong(&answer, "x y z", 3);
	answer_pong(&answer, "x", 0);
	ok(answers("* pong x y\n* pong\n"), "pong");
	begin(RENDERING_JSON);
	answer_pong(&answer, "x\"y", 3);
	answer_pong(&answer, "x", 0);
	ok(answers("{\"ev\":\"pong\",\"token\":\"x\\\"y\"}\n{\"ev\":\"pong\",\"token\":null}\n"),
	   "with a token or null");
	begin(RENDERING_JSON);
	answer_pong(&answer, "\xb0\xa1\x1b\xff\xfb\x01", 6);
	ok(answers("{\"ev\":\"pong\",\"token\":\"\uFFFD\uFFFD\uFFFD\"}\n"),
	   "programs get no byte that is not clean");
}

static void test_history(void)
{
	begin(RENDERING_TEXT);
	answer_skip(&answer, "k3f9abc", 12041, 317);
	answer_replay(&answer, "k3f9abc.3", 9, 0, 40);
	answer_replay(&answer, NULL, 0, 50, 3);
	answer_live(&answer, "k3f9abc", 18230);
	ok(answers("* 317 lines skipped (k3f9abc.12041-12357)\n* last 40 lines\n* last 3 lines\n"
		   "* live\n"),
	   "the marks around old lines");
	begin(RENDERING_JSON);
	answer_skip(&answer, "k3f9abc", 12041, 317);
	answer_replay(&answer, "k3f9abc.3 and more", 9, 0, 40);
	answer_replay(&answer, NULL, 0, 50, 3);
	answer_live(&answer, "k3f9abc", UINT64_MAX);
	ok(answers("{\"ev\":\"skip\",\"from\":\"k3f9abc.12041\",\"to\":\"k3f9abc.12357\","
		   "\"lines\":317}\n"
		   "{\"ev\":\"replay\",\"since\":\"k3f9abc.3\",\"lines\":40}\n"
		   "{\"ev\":\"replay\",\"last\":50,\"lines\":3}\n"
		   "{\"ev\":\"live\",\"head\":\"k3f9abc.18446744073709551615\"}\n"),
	   "as events");
}

static void test_hello(void)
{
	struct hello hello = {
		.room = "tea",
		.epoch = "k3f9abc",
		.number = 18230,
		.clients = 7,
		.you = "",
		.key = "00112233445566778899aabbccddeeff",
		.max_line = 4096,
	};

	begin(RENDERING_TEXT);
	answer_hello(&answer, &hello);
	ok(answers("* you are in tea now, 7 here\n"), "where one is");
	begin(RENDERING_JSON);
	answer_hello(&answer, &hello);
	ok(answers("{\"ev\":\"hello\",\"proto\":1,\"server\":\"mtchatd " PACKAGE_VERSION "\","
		   "\"room\":\"tea\",\"head\":\"k3f9abc.18230\",\"you\":null,"
		   "\"key\":\"00112233445566778899aabbccddeeff\",\"limits\":{\"max_line\":4096}}\n"),
	   "hello");
	begin(RENDERING_JSON);
	hello.you = "alice";
	answer_hello(&answer, &hello);
	ok(is_well_formed() && memmem(answer.text, answer.size, "\"you\":\"alice\",", 14),
	   "to one with a name");
}

static void test_ends(void)
{
	begin(RENDERING_TEXT);
	answer_restarted(&answer, true, 41);
	answer_restarted(&answer, false, 41);
	answer_bye(&answer, "quit");
	ok(answers(""), "who reads text is not told");
	begin(RENDERING_JSON);
	answer_restarted(&answer, true, 41);
	answer_restarted(&answer, false, 41);
	answer_bye(&answer, "taken over");
	ok(answers("{\"ev\":\"restarted\",\"gap_ms\":41}\n{\"ev\":\"restarted\",\"gap_ms\":null}\n"
		   "{\"ev\":\"bye\",\"reason\":\"taken over\"}\n"),
	   "a new process, and the end");
}

static bool who_is(enum rendering_kind kind, struct who who, const char *want)
{
	begin(kind);
	answer_who(&answer, &who);
	return answers(want);
}

static void test_who_in_text(void)
{
	struct who who = {.room = "tea",
			  .names = {"alice", "bob"},
			  .count = 2,
			  .here = 3,
			  .first = true};

	ok(who_is(RENDERING_TEXT, who, "* 3 here: alice bob\n"), "who is here");
	who.unnamed = 1;
	ok(who_is(RENDERING_TEXT, who, "* 3 here: alice bob\n* and 1 without a name\n"),
	   "and how many more");
	who.elsewhere = true;
	who.more = 120;
	ok(who_is(RENDERING_TEXT, who,
		  "* 3 in tea: alice bob\n* and 120 more with a name: /who tea bob\n"
		  "* and 1 without a name\n"),
	   "elsewhere, and how to get the next page");
	who.first = false;
	ok(who_is(RENDERING_TEXT, who,
		  "* then: alice bob\n* and 120 more with a name: /who tea bob\n"),
	   "the next page");
	who.elsewhere = false;
	who.more = 0;
	ok(who_is(RENDERING_TEXT, who, "* then: alice bob\n"), "the last page");
	who.count = 0;
	ok(who_is(RENDERING_TEXT, who, "* then: nobody else has a name\n"), "one behind it");
	who.first = true;
	who.unnamed = 3;
	ok(who_is(RENDERING_TEXT, who, "* 3 here: nobody has a name\n"), "no name at all");
	who.elsewhere = true;
	who.here = who.unnamed = 0;
	ok(who_is(RENDERING_TEXT, who, "* 0 in tea: nobody has a name\n"), "and nobody at all");
}

static void test_who_in_json(void)
{
	struct who who = {.room = "tea",
			  .names = {"alice", "bob"},
			  .count = 2,
			  .here = 9,
			  .unnamed = 2,
			  .more = 5,
			  .first = true};

	ok(who_is(RENDERING_JSON, who,
		  "{\"ev\":\"who\",\"room\":\"tea\",\"names\":[\"alice\",\"bob\"],\"unnamed\":2,"
		  "\"more\":5}\n"),
	   "a page of names is one event");
	who = (struct who){.room = "tea", .elsewhere = true};
	ok(who_is(RENDERING_JSON, who,
		  "{\"ev\":\"who\",\"room\":\"tea\",\"names\":[],\"unnamed\":0,\"more\":0}\n"),
	   "so is an empty one");
}

static bool rooms_are(enum rendering_kind kind, struct room_list list, const char *want)
{
	begin(kind);
	answer_rooms(&answer, &list);
	return answers(want);
}

static void test_rooms(void)
{
	struct room_list list = {.room = {{"kitchen", 2}, {"lobby", 0}},
				 .count = 2,
				 .all = 3,
				 .first = true};

	ok(rooms_are(RENDERING_TEXT, list, "* 3 rooms: kitchen (2) lobby (0)\n"), "rooms");
	list.more = 1;
	ok(rooms_are(RENDERING_TEXT, list,
		     "* 3 rooms: kitchen (2) lobby (0)\n* and 1 more: /rooms lobby\n"),
	   "and how to get the next page");
	ok(rooms_are(RENDERING_JSON, list,
		     "{\"ev\":\"rooms\",\"rooms\":[{\"name\":\"kitchen\",\"clients\":2},"
		     "{\"name\":\"lobby\",\"clients\":0}],\"more\":1}\n"),
	   "as one event");
	list.first = false;
	ok(rooms_are(RENDERING_TEXT, list,
		     "* then: kitchen (2) lobby (0)\n* and 1 more: /rooms lobby\n"),
	   "the next page");
	list.count = list.more = 0;
	ok(rooms_are(RENDERING_TEXT, list, "* then: no other room\n"), "one behind the last");
	ok(rooms_are(RENDERING_JSON, list, "{\"ev\":\"rooms\",\"rooms\":[],\"more\":0}\n"),
	   "in JSON Lines, too");
	list.all = list.count = 1;
	list.first = true;
	ok(rooms_are(RENDERING_TEXT, list, "* 1 room: kitchen (2)\n"), "one room");
}

int main(void)
{
	test_notices();
	test_pong();
	test_history();
	test_hello();
	test_ends();
	test_who_in_text();
	test_who_in_json();
	test_rooms();
	return done();
}
