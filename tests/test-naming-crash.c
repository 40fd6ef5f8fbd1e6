/*
 * test-naming-crash.c - a name changes hands, or its client goes, and the process dies meanwhile
 *
 * Whatever point it dies at: each name is one client's afterwards, and each room has seen once what
 * there was to see.
 */
#include "mtchatd/departure.h"

#include "mortal.h"

enum { ACCOUNT_OF_BOB = 1 };

static uint32_t tea;

static void begin_in(bool elsewhere)
{
	begin();
	if (elsewhere) {
		tea = open_room("tea");
		seat(CAROL, tea, RENDERING_TEXT);
	}
	core->clients[BOB].looked_up = false;
	core->slots[BOB].peer.address.s6_addr32[0] = ACCOUNT_OF_BOB;
	name_talker(BOB, "/name root");
	forget_seen(LOBBY);
}

static void leave(uint32_t number, enum reason reason)
{
	struct client *client = &core->clients[number];

	departure_end(served_by(client), client, reason);
}

static void quit(uint32_t number, const char *line)
{
	(void)line;
	leave(number, REASON_QUIT);
}

static void test_key(int point, const char *name, bool elsewhere)
{
	char line[128], key[KEY_SIZE];

	begin_in(elsewhere);
	key_of(key, core->legacy->secret, word_get(&core->slots[ALICE].id));
	snprintf(line, sizeof(line), "/name alice %s", key);
	is(survives(point, type_line, CAROL, line), point == NEVER,
	   "taken over%s, %s:", elsewhere ? " from elsewhere" : "", name);
	take_over();
	ok(holder_of("alice") == CAROL, "it has the name");
	is(core->names.count, 2, "once");
	ok(is_told(CAROL, "* you are alice now\n"), "and was told");
	is(core->clients[ALICE].state, CLIENT_LEAVES, "who had it is to go");
	leave(ALICE, core->clients[ALICE].reason);
	ok(is_seen(LOBBY, elsewhere ? "leave alice taken over" : ""), "as its room sees");
	ok(!elsewhere || is_seen(tea, "join alice"), "or another one");
	ok(holder_of("alice") == CAROL, "the name stays where it is");
	end();
}

static void test_account(int point, const char *name, bool elsewhere)
{
	begin_in(elsewhere);
	is(survives(point, type_line, CAROL, "/name root"), point == NEVER,
	   "by account%s, %s:", elsewhere ? " from elsewhere" : "", name);
	take_over();
	ok(holder_of("root") == CAROL && holder_of("root-2") == BOB, "two names for two");
	is(core->names.count, 3, "and no third");
	ok(is_told(BOB, "* root is the name of an account here: you are root-2 now\n"),
	   "who had it is told");
	type_line(BOB, "hm");
	ok(is_seen(LOBBY, elsewhere ? "rename root root-2; say root-2 hm"
				    : "rename root root-2; join root uid; say root-2 hm"),
	   "its room sees it once");
	ok(!elsewhere || is_seen(tea, "join root uid"), "or another one");
	end();
}

static const struct {
	int point;
	const char *name;
} ends[] = {
	{CRASH_CLOSING, "it is closing"},     {CRASH_SHUT, "it is shut"},
	{CRASH_CLOSED, "it is closed"},       {CRASH_FAREWELL, "before the record"},
	{CRASH_RECORDED, "a record"},         {CRASH_HALF_DONE, "half of it is done"},
	{CRASH_APPLIED, "all of it is done"}, {NEVER, "it does not die"},
};

static void test_farewell(int point, const char *name)
{
	begin_in(false);
	join_readers(ALICE);
	is(survives(point, quit, ALICE, "/quit"), point == NEVER, "it goes, %s:", name);
	take_over();
	is(core->slots[ALICE].use, SLOT_FREE, "its place is free");
	is(holder_of("alice"), -1, "and its name");
	is(core->names.count, 1, "nobody else's");
	type_line(CAROL, "hm");
	ok(is_seen(LOBBY, point == CRASH_CLOSING || point == CRASH_SHUT || point == CRASH_CLOSED ||
					  point == CRASH_FAREWELL
				  ? "leave alice closed; say hm"
				  : "leave alice quit; say hm"),
	   "which its room sees once");
	end();
}

int main(void)
{
	log_set_sink(ignore_log, NULL);
	for (int i = 0; i < POINTS; i++) {
		for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
			test_key(points[i].point, points[i].name, elsewhere);
			if (points[i].point != CRASH_OUTBOX_LENT || !elsewhere)
				test_account(points[i].point, points[i].name, elsewhere);
		}
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		test_farewell(ends[i].point, ends[i].name);
	return done();
}
