/* test-naming.c - a name is taken over by its key: who is told, and who has it then */
#include "hands.h"

static void test_key(void)
{
	begin();
	name_it(ALICE, "/name alice");
	ok(is_seen(LOBBY, "join alice"), "somebody is here");
	type_line(BOB, "/name alice 0123456789abcdef0123456789abcdef");
	ok(is_told(BOB, "* the name alice is taken\n"), "another key: refused");
	type_name_with_key(BOB, "alice", THIRD);
	ok(is_told(BOB, "* the name alice is taken\n"), "somebody else's: refused");
	ok(is_seen(LOBBY, "") && holder_of("alice") == ALICE, "nothing has happened");
	type_name_with_key(BOB, "carol", THIRD);
	ok(is_told(BOB, "* you are carol now\n"), "a free name: the key does not matter");
	ok(is_seen(LOBBY, "join carol") && !tag_is_lost(tag_of(THIRD)), "to nobody");
	talkers_close();
}

static void test_key_here(void)
{
	begin();
	name_it(ALICE, "/name alice");
	forget_seen(LOBBY);
	type_name_with_key(BOB, "alice", ALICE);
	ok(is_told(BOB, "* you are alice now\n"), "with his key: taken over");
	ok(holder_of("alice") == BOB && is_called(BOB, "alice"), "it is the new one's");
	ok(tag_is_lost(tag_of(ALICE)) && is_called(ALICE, ""), "and lost");
	is(core->names.count, 1, "one name");
	ok(is_seen(LOBBY, ""), "the room sees nothing of it");
	open_post();
	ok(is_going(ALICE), "who had it is to go");
	go(ALICE);
	ok(is_seen(LOBBY, "") && holder_of("alice") == BOB, "nor that it has gone");
	ok(word_get(&tag_of(ALICE)->which) == 0, "nothing of it is left");
	type_line(BOB, "hello");
	ok(is_seen(LOBBY, "say alice hello"), "it goes on as one");
	go(BOB);
	is(holder_of("alice"), -1, "until that one goes, too");
	talkers_close();
}

static void test_key_spelling(void)
{
	begin();
	name_it(ALICE, "/name alice");
	forget_seen(LOBBY);
	type_name_with_key(BOB, "ALICE", ALICE);
	ok(is_seen(LOBBY, "rename alice ALICE"), "another spelling is seen");
	ok(holder_of("alice") == BOB, "and taken over");
	open_post();
	go(ALICE);
	ok(is_seen(LOBBY, ""), "nothing else is");

	name_it(THIRD, "/name carol");
	ok(is_seen(LOBBY, "join carol"), "one who has a name himself");
	type_name_with_key(THIRD, "alice", BOB);
	ok(is_seen(LOBBY, "leave ALICE taken over; rename carol alice"), "takes another one over");
	ok(holder_of("alice") == THIRD && holder_of("carol") == -1, "his own is free then");
	open_post();
	go(BOB);
	ok(is_seen(LOBBY, ""), "who had it has left before");
	is(core->names.count, 1, "one name");
	talkers_close();
}

static void test_key_elsewhere(void)
{
	begin();
	seat(BOB, tea, RENDERING_JSON);
	name_it(ALICE, "/name alice");
	name_it(BOB, "/name bob");
	forget_seen(LOBBY);
	forget_seen(tea);
	type_name_with_key(BOB, "alice", ALICE);
	ok(is_seen(tea, "rename bob alice"), "here he is called otherwise");
	ok(is_seen(LOBBY, ""), "there nothing has happened yet");
	open_post();
	ok(is_going(ALICE), "until who had it goes");
	go(ALICE);
	ok(is_seen(LOBBY, "leave alice taken over"), "which is told");
	ok(holder_of("alice") == BOB && holder_of("bob") == -1, "each name is whose it is");
	talkers_close();
}

/* What is on its way from who had it: it is nobody's word any more. */
static void test_key_lost(void)
{
	static const char several[] = "one\n@n=5 two\n/name zoe\n/me waves\n";

	for (uint32_t room = 0; room < 2; room++) {
		begin();
		if (room)
			seat(BOB, tea, RENDERING_TEXT);
		name_it(ALICE, "/name alice");
		forget_seen(LOBBY);
		type_name_with_key(BOB, "alice", ALICE);
		type(ALICE, several, strlen(several));
		ok(is_seen(LOBBY, room ? "leave alice taken over" : ""), "%s: nothing is said",
		   room ? "elsewhere" : "here");
		ok(is_going(ALICE) && is_called(ALICE, ""), "who had it goes at once");
		is(core->names.count, 1, "and takes no other name");
		open_post();
		ok(is_going(ALICE), "also when the post comes");
		go(ALICE);
		ok(is_seen(LOBBY, ""), "and has gone once");
		talkers_close();
	}
}

/* The room was not told that he is there: it is not told that he goes. */
static void test_key_untold(void)
{
	begin();
	name_it(ALICE, "/name alice");
	seat(ALICE, tea, RENDERING_TEXT);
	word_set(&tag_of(ALICE)->told, 0);
	forget_seen(LOBBY);
	type_name_with_key(BOB, "alice", ALICE);
	ok(is_seen(LOBBY, "join alice"), "a name that no room knows");
	open_post();
	go(ALICE);
	ok(is_seen(tea, "") && is_seen(LOBBY, ""), "is not said farewell to");
	talkers_close();
}

/* What nobody was told of has not happened. */
static void test_undone(void)
{
	begin();
	name_it(ALICE, "/name alice");
	forget_seen(LOBBY);
	fill_outbox_but(BOB, 5);
	type_name_with_key(BOB, "alice", ALICE);
	ok(waits_for_outbox(BOB), "no place for the answer: it waits");
	ok(holder_of("alice") == ALICE && is_called(ALICE, "alice"), "and takes nothing over");
	ok(is_called(BOB, "") && is_seen(LOBBY, ""), "nor is anything seen");
	open_post();
	ok(!is_going(ALICE), "nobody has to go");
	empty_outbox(BOB);
	intake_resume(served_by(&core->clients[BOB]), &core->clients[BOB], PAUSE_OUTBOX);
	ok(holder_of("alice") == BOB && tag_is_lost(tag_of(ALICE)), "when there is, it does");
	talkers_close();
}

int main(void)
{
	test_key();
	test_key_here();
	test_key_spelling();
	test_key_elsewhere();
	test_key_lost();
	test_key_untold();
	test_undone();
	return done();
}
