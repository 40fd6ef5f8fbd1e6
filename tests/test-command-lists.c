/* test-command-lists.c - /who and /rooms: who is where, in order, page by page */
#include "asker.h"

enum { MANY = 250, BASE = 1000 };

/* Of the i-th in the order of their folded names; every second one is written large. */
static const char *label(char text[32], int i)
{
	snprintf(text, 32, i % 2 ? "Guest-%03d" : "guest-%03d", i);
	return text;
}

/* The list's last line but one is this page: names from ... to - 1, and nothing else. */
static bool lists(const char *head, int from, int to, const char *format, const char *rest)
{
	static char want[ANSWER_MAX];
	size_t size = (size_t)snprintf(want, sizeof(want), "* %s", head);
	char text[32];

	for (int i = from; i < to; i++)
		size += (size_t)snprintf(want + size, sizeof(want) - size, " %s%s", label(text, i),
					 format);
	snprintf(want + size, sizeof(want) - size, "\n%s", rest);
	return answers(want);
}

static void test_few(void)
{
	uint32_t empty = make_room("Kitchen", 0);

	type_it("/who");
	ok(answers("* 4 here: alice bob\n* and 2 without a name\n"), "/who is here");
	type_it("/who lobby");
	ok(answers("* 4 in lobby: alice bob\n* and 2 without a name\n"), "/who lobby");
	type_it("/who  KITCHEN ");
	ok(answers("* 0 in Kitchen: nobody has a name\n"), "/who of an empty room");
	type_it("/who nowhere");
	ok(answers("* there is no room nowhere\n"), "/who of none");
	type_it("/who a/b");
	ok(answers("* there is no room a/b\n"), "what cannot be a room is none");
	type_it("/who lobby ALICE");
	ok(answers("* then: bob\n"), "/who behind a name");
	type_it("/who lobby zoe");
	ok(answers("* then: nobody else has a name\n"), "behind the last");
	type_it("/who lobby -");
	ok(answers("* behind which name? /who ROOM NAME\n"), "behind what is no name");
	type_it("/who lobby a b");
	ok(answers("* behind which name? /who ROOM NAME\n"), "behind two");

	put_into(NAMELESS, empty, RENDERING_TEXT);
	type_it("/who");
	ok(answers("* 0 here: nobody has a name\n"), "/who here is the room where one is");
	put_into(NAMELESS, empty, RENDERING_JSON);
	type_it("/who lobby");
	ok(answers("{\"ev\":\"who\",\"room\":\"lobby\",\"names\":[\"alice\",\"bob\"],"
		   "\"unnamed\":2,\"more\":0}\n"),
	   "/who for programs");
	type_it("/who lobby alice");
	ok(answers("{\"ev\":\"who\",\"room\":\"lobby\",\"names\":[\"bob\"],\"unnamed\":2,"
		   "\"more\":0}\n"),
	   "page by page, too");
	type_it("/rooms");
	ok(answers("{\"ev\":\"rooms\",\"rooms\":[{\"name\":\"lobby\",\"clients\":4}],"
		   "\"more\":0}\n"),
	   "and /rooms; one that nobody is in any more is not told");
	atomic_store(&core_room(core, empty)->clients, 1);
	put_into(NAMELESS, LOBBY, RENDERING_TEXT);
	type_it("/rooms");
	ok(answers("* 2 rooms: Kitchen (1) lobby (4)\n"), "/rooms");
	type_it("/rooms KITCHEN");
	ok(answers("* then: lobby (4)\n"), "/rooms behind one");
	type_it("/rooms nosuch");
	ok(answers("* then: no other room\n"), "that need not be there");
	type_it("/rooms -");
	ok(answers("* behind which room? /rooms ROOM\n"), "/rooms behind what is none");
	type_it("/rooms a b");
	ok(answers("* behind which room? /rooms ROOM\n"), "or behind two");
}

/* Whose name is lost, or in flux, or was told elsewhere. */
static void test_which(void)
{
	struct tag *bob = &core->tags[OTHER];

	word_set(&bob->told, 0);
	type_it("/who");
	ok(answers("* 4 here: alice\n* and 3 without a name\n"), "one of whom no room was told");
	word_set(&bob->told, 1 | TAG_RENAMED);
	type_it("/who");
	ok(answers("* 4 here: alice bob\n* and 2 without a name\n"), "whose new name was not told");
	word_set(&bob->which, 1 + TAG_LOST);
	type_it("/who");
	ok(answers("* 4 here: alice\n* and 3 without a name\n"), "whose name is lost");
	word_set(&bob->which, 1);
	word_set(&bob->told, 1);
	atomic_store(&core_room(core, LOBBY)->clients, 1);
	type_it("/who");
	ok(answers("* 2 here: alice bob\n"), "never fewer than there are names");
	atomic_store(&core_room(core, LOBBY)->clients, TALKERS);
}

/* In an order that is neither theirs nor turned round. */
static void test_many_names(void)
{
	uint32_t tea = make_room("Tea", MANY + 1);
	char text[32];

	for (int i = 0; i < MANY; i++)
		put_name(BASE + (uint32_t)i, tea, label(text, i * 77 % MANY));
	type_it("/who tea");
	ok(lists("251 in Tea:", 0, 100, "",
		 "* and 150 more with a name: /who Tea Guest-099\n* and 1 without a name\n"),
	   "the first page of 250");
	type_it("/who tea GUEST-099");
	ok(lists("then:", 100, 200, "", "* and 50 more with a name: /who Tea Guest-199\n"),
	   "the second");
	type_it("/who Tea Guest-199");
	ok(lists("then:", 200, 250, "", ""), "the last");
	type_it("/who tea guest-249");
	ok(answers("* then: nobody else has a name\n"), "and none");
	type_it("/who tea guest-149");
	ok(lists("then:", 150, 250, "", ""), "a full page may be the last");
	type_it("/who tea guest-148");
	ok(lists("then:", 149, 249, "", "* and 1 more with a name: /who Tea guest-248\n"),
	   "or not");
	type_it("/who");
	ok(answers("* 4 here: alice bob\n* and 2 without a name\n"), "none of them is here");
}

/* Behind each of them; the table's order is another one in each run. */
static void test_each_page(void)
{
	int faults = 0;

	for (int i = 0; i < MANY; i++) {
		int from = i + 1, to = from + ANSWER_PAGE < MANY ? from + ANSWER_PAGE : MANY;
		char line[64], rest[80] = "", text[32];

		snprintf(line, sizeof(line), "/who tea guest-%03d", i);
		type_it(line);
		if (to < MANY)
			snprintf(rest, sizeof(rest), "* and %d more with a name: /who Tea %s\n",
				 MANY - to, label(text, to - 1));
		faults += from < MANY && !lists("then:", from, to, "", rest);
	}
	is(faults, 0, "the page behind any of them");
}

static void test_many_rooms(void)
{
	char text[32];

	for (int i = 0; i < MANY; i++)
		make_room(label(text, i * 77 % MANY), 7);
	type_it("/rooms");
	ok(lists("253 rooms:", 0, 100, " (7)", "* and 153 more: /rooms Guest-099\n"),
	   "the first page of rooms");
	type_it("/rooms guest-199");
	ok(mentions("* then: guest-200 (7) ") &&
		   mentions(" Guest-249 (7) Kitchen (1) lobby (4) Tea (251)\n") &&
		   !mentions(": /rooms"),
	   "the last");
}

int main(void)
{
	asker_open();
	test_few();
	test_which();
	test_many_names();
	test_each_page();
	test_many_rooms();
	talkers_close();
	return done();
}
