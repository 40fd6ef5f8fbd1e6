/*
 * mortal.h - a process that dies at some crash point of a command, and the one that takes over
 *
 * A child dies; the arena is shared with it, and a start takes over what it left, names included.
 * For tests that are compiled with -DCRASH_POINTS, with the files that have the points.
 */
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "mtchatd/acceptor.h"
#include "mtchatd/crash.h"
#include "mtchatd/recovery.h"

#include "connected.h"
#include "parked.h"
#include "witness.h"

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

static inline void ignore_log(void *context, const struct log_record *record)
{
	(void)context;
	(void)record;
}

/* -- a process that dies -- */

static inline void connect_talker(uint32_t number)
{
	struct slot *slot = &core->slots[number];
	struct parked who;

	links[number] = connect_pair(AF_UNIX);
	who = parked_as(links[number].us, number);
	slot->cookie = who.cookie;
	slot->peer.family = AF_UNIX;
	slot->fd = links[number].us;
	if (bag_park(&bag, &who, links[number].us) < 0)
		abort();
}

/* It is among the readers of its log, as a client is that is served. */
static inline void join_readers(uint32_t number)
{
	struct client *client = &core->clients[number];
	struct readers *readers = handler_readers(served_by(client), client);

	if (members_reserve(&readers->members, core->clients) < 0)
		abort();
	members_add(&readers->members, client);
	handler_attend(served_by(client), client->rendering->room);
}

static inline void name_talker(uint32_t number, const char *line)
{
	type_line(number, line);
	empty_outbox(number);
}

static inline void begin(void)
{
	talkers_open();
	witness_room(LOBBY);
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
static inline bool survives(int point, void (*act)(uint32_t number, const char *line),
			    uint32_t number, const char *line)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		armed = point;
		act(number, line);
		_exit(EXIT_SUCCESS);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		abort();
	return WEXITSTATUS(status) != DIED;
}

/* -- the next one -- */

static inline void adopt_core(void)
{
	int fd = fcntl(core->arena.fd, F_DUPFD_CLOEXEC, 0);
	struct tune tune = TUNE_DEFAULT;
	struct arena arena;

	tune.commands_rate = 0;
	tune.reconcile = 0; /* what was typed has never gone through a socket */
	talkers_close();
	if (core_adopt_arena(&arena, fd) < 0 ||
	    core_new(&core, &arena, &tune, TALK_HANDLERS, TALK_RING) < 0)
		abort();
	open_handlers();
}

static inline void take_over(void)
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
	for (int i = 0; i < 2 * TALK_HANDLERS; i++) /* then what they have posted to each other */
		arrival_take_all(handlers[i % TALK_HANDLERS]);
}

static inline void end(void)
{
	for (uint32_t i = 0; i < TALKERS; i++) {
		if (core->slots[i].use == SLOT_LIVE && core->slots[i].fd >= 0)
			close(core->slots[i].fd);
	}
	for (uint32_t i = ALICE; i <= CAROL; i++)
		disconnect_pair(&links[i]);
	refusals_done(&acceptor.refusals);
	parking_done(&acceptor.parking);
	event_loop_done(&acceptor.loop);
	bag_done(&bag);
	talkers_close();
}

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
