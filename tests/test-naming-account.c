/* test-naming-account.c - an account takes its own name: who had it is called otherwise */
#include "hands.h"

static void test_account(void)
{
	begin();
	come_from_account(BOB, ROOT);
	type_line(BOB, "/name root");
	ok(is_told(BOB, "* you are root now\n") && is_seen(LOBBY, "join root uid"), "vouched for");
	type_line(BOB, "hello");
	ok(is_seen(LOBBY, "say root hello uid"), "in each line");
	type_line(BOB, "/name Root");
	ok(is_seen(LOBBY, "rename root Root uid"), "in any spelling");
	type_line(BOB, "/name toor");
	ok(is_seen(LOBBY, "rename Root toor"), "but not by another name");
	type_line(BOB, "hello");
	ok(is_seen(LOBBY, "say toor hello"), "nor any line then");
	name_it(ALICE, "/name daemon");
	ok(is_seen(LOBBY, "join daemon"), "nor without the kernel's word");
	empty_outbox(BOB);
	type_line(BOB, "/name daemon");
	ok(is_told(BOB, "* the name daemon is taken\n"), "another account's name is taken");
	talkers_close();
}

static void test_account_here(void)
{
	begin();
	name_it(ALICE, "/name Root");
	forget_seen(LOBBY);
	come_from_account(BOB, ROOT);
	type_line(BOB, "/name root");
	ok(is_told(BOB, "* you are root now\n") && holder_of("root") == BOB, "an account's own");
	ok(is_told(ALICE, "* Root is the name of an account here: you are Root-2 now\n"),
	   "who had it is told");
	ok(is_called(ALICE, "Root-2") && holder_of("root-2") == ALICE, "and called otherwise");
	ok(is_seen(LOBBY, "rename Root Root-2; join root uid"), "the room sees both");
	open_post();
	type_line(ALICE, "hm");
	ok(is_seen(LOBBY, "say Root-2 hm"), "once");
	is(core->names.count, 2, "two names");
	go(ALICE);
	ok(is_seen(LOBBY, "leave Root-2 closed"), "it goes");
	is(holder_of("root-2"), -1, "with its name");
	talkers_close();
}

static void test_account_elsewhere(void)
{
	begin();
	seat(ALICE, tea, RENDERING_JSON);
	name_it(ALICE, "/name root");
	forget_seen(tea);
	come_from_account(BOB, ROOT);
	type_line(BOB, "/name root");
	ok(is_seen(LOBBY, "join root uid"), "here he comes");
	ok(is_called(ALICE, "root-2"), "there he has another name");
	ok(is_told(ALICE, "{\"ev\":\"notice\",\"code\":\"renamed\",\"text\":\"root is the name of "
			  "an account here: you are root-2 now\"}\n"),
	   "and is told, as a program is");
	ok(is_seen(tea, ""), "his room is told by his own handler");
	open_post();
	type_line(ALICE, "hm");
	ok(is_seen(tea, "rename root root-2; say root-2 hm"), "before he says another word");
	ok(word_get(&tag_of(ALICE)->told) == tea + 1, "once");
	talkers_close();
}

/* He reads in JSON Lines what stands behind his /json, though he has not got there yet. */
static void test_account_behind_json(void)
{
	begin();
	name_it(ALICE, "/name root");
	type_line(ALICE, "/json");
	come_from_account(BOB, ROOT);
	type_line(BOB, "/name root");
	ok(is_told(ALICE, "{\"ev\":\"notice\",\"code\":\"renamed\",\"text\":\"root is the name of "
			  "an account here: you are root-2 now\"}\n"),
	   "who is about to read JSON Lines is told in these");
	talkers_close();
}

/* He says something before his handler has opened its post. */
static void test_account_at_once(void)
{
	begin();
	seat(ALICE, tea, RENDERING_TEXT);
	name_it(ALICE, "/name root");
	forget_seen(tea);
	come_from_account(BOB, ROOT);
	type_line(BOB, "/name root");
	type_line(ALICE, "hm");
	ok(is_seen(tea, "rename root root-2; say root-2 hm"), "the room is told first");
	open_post();
	type_line(ALICE, "well");
	ok(is_seen(tea, "say root-2 well"), "and once");
	talkers_close();

	begin();
	seat(ALICE, tea, RENDERING_TEXT);
	name_it(ALICE, "/name root");
	forget_seen(tea);
	come_from_account(BOB, ROOT);
	type_line(BOB, "/name root");
	type_line(ALICE, "/name zoe");
	ok(is_seen(tea, "rename root root-2; rename root-2 zoe"),
	   "also if he takes another name at once");
	is(core->names.count, 2, "two names for two");
	talkers_close();

	begin();
	seat(ALICE, tea, RENDERING_TEXT);
	name_it(ALICE, "/name root");
	forget_seen(tea);
	come_from_account(BOB, ROOT);
	type_line(BOB, "/name root");
	go(ALICE);
	ok(is_seen(tea, "leave root closed"), "or if he goes: by the name that it knows");
	is(core->names.count, 1, "the name that he got is free");
	talkers_close();
}

/* An account's second connection has the same right as the first. */
static void test_account_twice(void)
{
	begin();
	come_from_account(ALICE, ROOT);
	come_from_account(BOB, ROOT);
	name_it(ALICE, "/name root");
	forget_seen(LOBBY);
	type_line(BOB, "/name root");
	ok(is_told(BOB, "* the name root is taken\n"), "it does not displace it");
	ok(is_seen(LOBBY, "") && holder_of("root") == ALICE, "and nobody sees anything");
	type_name_with_key(BOB, "root", ALICE);
	ok(is_told(BOB, "* you are root now\n") && holder_of("root") == BOB, "but by the key");
	talkers_close();
}

/* The first name that is free. */
static void test_account_numbers(void)
{
	begin();
	name_it(THIRD, "/name root-2");
	name_it(FOURTH, "/name ROOT-3");
	name_it(ALICE, "/name root");
	forget_seen(LOBBY);
	come_from_account(BOB, ROOT);
	type_line(BOB, "/name root");
	ok(is_called(ALICE, "root-4") && holder_of("root-4") == ALICE, "the first number free");
	ok(is_seen(LOBBY, "rename root root-4; join root uid"), "is seen");
	is(core->names.count, 4, "nobody has two");
	talkers_close();
}

static void test_undone(void)
{
	begin();
	name_it(ALICE, "/name root");
	forget_seen(LOBBY);
	come_from_account(BOB, ROOT);
	fill_outbox_but(BOB, 5);
	type_line(BOB, "/name root");
	ok(waits_for_outbox(BOB) && holder_of("root") == ALICE, "by account: the same");
	is(holder_of("root-2"), -1, "nobody has the other name");
	is(core->names.count, 1, "one name");
	ok(is_told(ALICE, "") && is_seen(LOBBY, ""), "nobody is told");
	talkers_close();
}

/* Who is to be called otherwise takes no answers: he sees it in the room. */
static void test_full(void)
{
	begin();
	name_it(ALICE, "/name root");
	forget_seen(LOBBY);
	fill_outbox_but(ALICE, 5);
	come_from_account(BOB, ROOT);
	type_line(BOB, "/name root");
	ok(holder_of("root") == BOB && is_called(ALICE, "root-2"), "no place to tell him: done");
	ok(is_seen(LOBBY, "rename root root-2; join root uid"), "and seen");
	is((long long)(word_get(&outbox_of(ALICE)->head)),
	   (long long)sizeof(outbox_of(ALICE)->bytes) - 5, "nothing is half written");
	talkers_close();
}

int main(void)
{
	test_account();
	test_account_here();
	test_account_elsewhere();
	test_account_behind_json();
	test_account_at_once();
	test_account_twice();
	test_account_numbers();
	test_undone();
	test_full();
	return done();
}
