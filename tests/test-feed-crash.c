/*
 * test-feed-crash.c - whatever point a command dies at, the next process makes it just once
 *
 * What commits is compiled with its crash points here.  A child dies there; the arena is shared
 * with it, and a start takes over what it left, names included.
 */
#include "mortal.h"

static void test_whisper(int point, const char *name)
{
	begin();
	is(survives(point, type_line, ALICE, "/msg bob psst"), point == NEVER, "/msg, %s:", name);
	take_over();
	ok(is_told(BOB, "[alice -> you] psst\n"), "it is there, and once");
	ok(is_told(ALICE, "[you -> bob] psst\n"), "so is one's own copy");
	ok(holder_of("alice") == ALICE && holder_of("bob") == BOB, "everybody has his name still");
	end();
}

static void test_rename(int point, const char *name)
{
	begin();
	is(survives(point, type_line, ALICE, "/name dora"), point == NEVER, "/name, %s:", name);
	take_over();
	ok(is_told(ALICE, "* you are dora now\n"), "it was told once");
	ok(holder_of("dora") == ALICE && holder_of("alice") == -1,
	   "and is so: the old one is free");
	type_line(ALICE, "hello");
	ok(is_last_said("[dora] hello"), "and is seen");
	end();
}

static void test_first_name(int point, const char *name)
{
	begin();
	is(survives(point, type_line, CAROL, "/name carol"), point == NEVER,
	   "a first /name, %s:", name);
	take_over();
	ok(is_told(CAROL, "* you are carol now\n") && holder_of("carol") == CAROL, "it has it");
	is(core->names.count, 3, "there are three names");
	end();
}

/* -- what a start makes of tags -- */

static void write_tag(uint32_t number, const char *text)
{
	struct tag *tag = &core->tags[number];

	strcpy(tag->text[0], text);
	word_set(&tag->which, 1);
	slot_give_trait(&core->slots[number], TRAIT_NAMED);
}

/* Somebody has gone, and who came instead was not recorded yet. */
static void test_reused(void)
{
	struct parked who;

	begin();
	write_tag(GONE, "ghost");
	core->slots[CAROL].use = SLOT_FREE; /* its socket is a newcomer's to the next process */
	core->slots[CAROL].cookie = 0;
	write_tag(CAROL, "carol");
	who = parked_as(links[CAROL].us, PARKED_NOWHERE);
	if (bag_park(&bag, &who, links[CAROL].us) < 0)
		abort();
	take_over();
	is(core->names.count, 2, "the names of those who are here are back");
	ok(holder_of("alice") == ALICE && holder_of("bob") == BOB, "each with his own");
	is(holder_of("ghost"), -1, "of one who has gone nothing is left");
	is(holder_of("carol"), -1, "nor of one whose slot is somebody else's");
	is(core->slots[CAROL].use, SLOT_LIVE, "who has been let in there");
	type_line(CAROL, "hello");
	ok(is_last_said("hello"), "and has no name");
	type_line(CAROL, "/name");
	ok(is_told(CAROL, "* you have no name; take one: /name NAME\n"), "as it is told");
	end();
}

static void expect_nameless(uint32_t number, const char *what)
{
	take_over();
	ok(word_get(&core->tags[number].which) == 0, "%s: no name", what);
	is(core->slots[number].use, SLOT_LIVE, "but the client stays");
	type_line(number, "/name zoe");
	ok(is_told(number, "* you are zoe now\n") && holder_of("zoe") == (int)number,
	   "and can take one");
	end();
}

static void test_damaged(void)
{
	begin();
	word_set(&core->tags[BOB].which, 5);
	expect_nameless(BOB, "a copy that there is not");
	begin();
	word_set(&core->tags[BOB].which, UINT64_MAX);
	expect_nameless(BOB, "far from there");
	begin();
	memset(core->tags[BOB].text, 'x', sizeof(core->tags[BOB].text));
	expect_nameless(BOB, "one without an end");
	begin();
	write_tag(BOB, "server");
	expect_nameless(BOB, "one that cannot be");
	begin();
	write_tag(BOB, "ALICE");
	expect_nameless(BOB, "somebody else's");
	begin();
	write_tag(BOB, "");
	expect_nameless(BOB, "an empty one");
}

int main(void)
{
	log_set_sink(ignore_log, NULL);
	for (int i = 0; i < POINTS; i++) {
		test_whisper(points[i].point, points[i].name);
		test_rename(points[i].point, points[i].name);
		test_first_name(points[i].point, points[i].name);
	}
	test_reused();
	test_damaged();
	return done();
}
