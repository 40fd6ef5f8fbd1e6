/*
 * test-feed-crash.c - whatever point a command dies at, the next process makes it just once
 *
 * What commits is compiled with its crash points here.  A child dies there; the arena is shared
 * with it, and a start takes over what it left, names included.
 */
#ifndef CRASH_POINTS
#define CRASH_POINTS
#endif

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "mtchatd/acceptor.h"
#include "mtchatd/crash.h"
#include "mtchatd/recovery.h"

#include "connected.h"
#include "parked.h"
#include "talkers.h"

enum { ALICE, BOB, CAROL, GONE, DIED = 9, NEVER = -1 };

static int armed = NEVER;
static struct connected links[TALKERS];
static struct bag bag;
static struct acceptor acceptor;
static struct store store;
static struct notify notify = {.fd = -1};

void crash_point(enum crash_point point)
{
	if ((int)point == armed)
		_exit(DIED);
}

static void ignore_log(void *context, const struct log_record *record)
{
	(void)context;
	(void)record;
}

/* -- a process that dies -- */

static void connect_talker(uint32_t number)
{
	struct slot *slot = &core->slots[number];
	struct parked who;

	links[number] = connect_pair(AF_UNIX);
	who = parked_as(links[number].us, number);
	slot->cookie = who.cookie;
	slot->peer.family = AF_UNIX;
	if (bag_park(&bag, &who, links[number].us) < 0)
		abort();
}

static void name_talker(uint32_t number, const char *line)
{
	type_line(number, line);
	empty_outbox(number);
}

static void begin(void)
{
	talkers_open();
	if (bag_new(&bag) < 0)
		abort();
	word_set(&core->legacy->slots, TALKERS);
	word_set(&core->legacy->last_id, TALKERS);
	for (uint32_t i = ALICE; i <= CAROL; i++)
		connect_talker(i);
	core->slots[GONE].use = SLOT_FREE;
	name_talker(ALICE, "/name alice");
	name_talker(BOB, "/name bob");
}

/* True: it did not come by there. */
static bool survives(int point, uint32_t number, const char *line)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		armed = point;
		type_line(number, line);
		_exit(EXIT_SUCCESS);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		abort();
	return WEXITSTATUS(status) != DIED;
}

/* -- the next one -- */

static void adopt_core(void)
{
	int fd = fcntl(core->arena.fd, F_DUPFD_CLOEXEC, 0);
	struct tune tune = TUNE_DEFAULT;
	struct arena arena;

	tune.reconcile = 0; /* what was typed has never gone through a socket */
	talkers_close();
	if (core_adopt_arena(&arena, fd) < 0 ||
	    core_new(&core, &arena, &tune, TALK_HANDLERS, TALK_RING) < 0)
		abort();
	open_handlers();
}

static void take_over(void)
{
	adopt_core();
	store = (struct store){.there = true, .notify = &notify};
	acceptor = (struct acceptor){.core = core, .handlers = handlers};
	config_default(&acceptor.config);
	acceptor.parking = (struct parking){.core = core, .store = &store, .count = 1};
	acceptor.parking.bags[0] = (struct bag){.in = dup(bag.in), .out = dup(bag.out)};
	if (event_loop_init(&acceptor.loop) < 0 ||
	    refusals_init(&acceptor.refusals, &acceptor.loop, &core->tune) < 0 ||
	    recovery_run(&acceptor) < 0)
		abort();
	for (int i = 0; i < TALK_HANDLERS; i++)
		handler_take_inbox(handlers[i]);
}

static void end(void)
{
	for (uint32_t i = 0; i < TALKERS; i++) {
		if (core->slots[i].use == SLOT_LIVE && core->slots[i].fd >= 0)
			close(core->slots[i].fd);
	}
	for (uint32_t i = ALICE; i <= CAROL; i++)
		disconnect_pair(&links[i]);
	for (int i = 0; i < TALK_HANDLERS; i++) {
		members_done(&core->lobby->readers[i].members);
		core->lobby->readers[i].members = (struct members){0};
	}
	refusals_done(&acceptor.refusals);
	parking_done(&acceptor.parking);
	event_loop_done(&acceptor.loop);
	bag_done(&bag);
	talkers_close();
}

/* -- */

static const struct {
	int point;
	const char *name;
} points[] = {
	{CRASH_OUTBOX_LENT, "an outbox was lent"},
	{CRASH_RENDERED, "before the record"},
	{CRASH_RECORDED, "a record"},
	{CRASH_HALF_DONE, "half of it is done"},
	{CRASH_APPLIED, "all of it is done"},
	{CRASH_COMMITTED, "it is cleared"},
	{NEVER, "it does not die"},
};

enum { POINTS = sizeof(points) / sizeof(points[0]) };

static void test_whisper(int point, const char *name)
{
	begin();
	is(survives(point, ALICE, "/msg bob psst"), point == NEVER, "/msg, %s:", name);
	take_over();
	ok(is_told(BOB, "[alice -> you] psst\n"), "it is there, and once");
	ok(is_told(ALICE, "[you -> bob] psst\n"), "so is one's own copy");
	ok(holder_of("alice") == ALICE && holder_of("bob") == BOB, "everybody has his name still");
	end();
}

static void test_rename(int point, const char *name)
{
	begin();
	is(survives(point, ALICE, "/name dora"), point == NEVER, "/name, %s:", name);
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
	is(survives(point, CAROL, "/name carol"), point == NEVER, "a first /name, %s:", name);
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
	word_set(&core->tags[BOB].which, 3);
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
