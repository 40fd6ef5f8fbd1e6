/*
 * fuzz-arena.c - whatever lies in the arena, a start takes it over and serves
 *
 * The input damages an arena that was left in the middle of everything (furnished.h).  Then a start
 * does all that it does with an inherited arena, and its handlers turn; so what was found good is
 * used, not only looked at.  A second start takes over what the first one leaves, and must not
 * find anything wrong with it any more.
 *
 *	input	| how, 1 byte | damage (damage.h) |
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "mtchatd/acceptor.h"
#include "mtchatd/breaker.h"
#include "mtchatd/departure.h"
#include "mtchatd/messages.h"
#include "mtchatd/recovery.h"
#include "mtchatd/thread.h"
#include "mtchatd/turn.h"

#include "checked.h"
#include "damage.h"
#include "furnished.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte: what else happens. */
enum how {
	HOW_TWO_HANDLERS = 1,
	HOW_TALK = 2,    /* peers send lines, some more than the ring holds */
	HOW_HANG_UP = 4, /* peers close */
	HOW_READ = 8,    /* peers take what there is */
	HOW_ECHO = 16,   /* mode of those that come anew */
	HOW_POISON = 32, /* what one said was in hand at four ends before */
	HOW_OTHERS = 64, /* the second start has another number of handlers */
	HOW_LARGE = 128, /* the lobby's ring */
};

enum {
	RING_SMALL = 16 << 10,  /* bytes: some hundred lines, so that many are in the way */
	RING_LARGE = 512 << 10, /* holds more than an outbox has place for */
	TURNS = 3,
	DESCRIPTORS = 512, /* more than are ever open */
	TALKING = 6000,    /* bytes */
};

/* One start and what it serves. */
struct start {
	struct core *core;
	struct handler *handlers[2];
	struct acceptor acceptor;
	struct store store;
	struct notify notify;
	struct tune tune;
	bool is_new; /* what was there has been set aside */
};

static struct furnished *furnished;
static int renewed; /* clients that could not be used, since it was set to 0 */

static void hear_log(void *context, const struct log_record *record)
{
	(void)context;
	renewed += strcmp(record->message_id, MESSAGE_CLIENT_RENEWED) == 0;
}

/* What the first one said may be what has ended us. */
static void poison(void)
{
	struct legacy *legacy = furnished->model->legacy;
	uint64_t cookie = furnished->cookies[GUEST_TALKS];

	legacy->suspects[0] = (struct suspect){cookie, 0, BREAKER_STARTS - 1};
	hand_take(&furnished->model->records[0].hand, cookie, 0);
}

/* -- a start: as server.c and acceptor.c, without listeners, signals and a keeper -- */

static struct config settle_config(const struct arena *arena, unsigned how)
{
	struct config config;

	config_default(&config);
	if (legacy_load_config(core_legacy(arena), &config))
		require(config_is_sound(&config));
	config.mode = how & HOW_ECHO ? MODE_ECHO : MODE_BROADCAST;
	return config;
}

/* The arena that was left; or a new one, in *fd from now on. */
static void open_core(struct start *start, int *fd, unsigned how, struct config *ret_config)
{
	int handlers = how & HOW_TWO_HANDLERS ? 2 : 1, copy = fcntl(*fd, F_DUPFD_CLOEXEC, 0);
	struct arena arena;
	int r;

	if (core_adopt_arena(&arena, copy) < 0) {
		close(copy);
	} else {
		require(arena_own(&arena, 0) == 0);
		*ret_config = settle_config(&arena, how);
		if (breaker_trips(&arena)) {
			arena_done(&arena);
		} else {
			r = core_new(&start->core, &arena, &start->tune, handlers, RING_SMALL);
			require(r == 0 || r == -EBADMSG); /* all others end the start */
			if (r == 0)
				return;
		}
	}
	start->is_new = true;
	close(*fd);
	require(core_new_arena(&arena) == 0);
	*fd = fcntl(arena.fd, F_DUPFD_CLOEXEC, 0);
	*ret_config = settle_config(&arena, how);
	require(core_new(&start->core, &arena, &start->tune, handlers, RING_SMALL) == 0);
	word_set(&start->core->legacy->lost, true); /* as server.c does */
}

/* A bag of our own: the next start finds the same in it. */
static void open_parking(struct start *start)
{
	struct parking *parking = &start->acceptor.parking;

	*parking = (struct parking){.core = start->core, .store = &start->store, .count = 1};
	parking->bags[0] = (struct bag){.in = dup(furnished->bag.in),
					.out = dup(furnished->bag.out)};
}

static void start_up(struct start *start, int *fd, unsigned how)
{
	struct acceptor *acceptor = &start->acceptor;
	struct config config;

	start->tune = TUNE_DEFAULT;
	start->tune.stop_ms = 0;
	start->notify.fd = -1;
	start->store.there = true;
	start->store.notify = &start->notify;
	open_core(start, fd, how, &config);
	limits_set(&start->core->limits, &config);
	atomic_store(&start->core->limits.slow_grace_ms, 0);
	for (int i = 0; i < start->core->handlers; i++) {
		require(handler_new(&start->handlers[i], start->core, i) == 0);
		start->core->crew[i] = start->handlers[i];
	}
	acceptor->core = start->core;
	acceptor->handlers = start->handlers;
	acceptor->config = config;
	require(event_loop_init(&acceptor->loop) == 0);
	require(refusals_init(&acceptor->refusals, &acceptor->loop, &start->tune) == 0);
	open_parking(start);
	require(recovery_run(acceptor) == 0);
	check_ids(start->core);
	check_names(start->core);
	check_rooms(start->core);
}

static void close_all(const struct members *members)
{
	for (size_t i = 0; i < members->count; i++)
		close(client_fd(client_at(members, i)));
}

static void close_readers(const struct room *room)
{
	for (int kind = 0; kind < RENDERINGS; kind++) {
		for (int i = 0; i < room->handlers; i++)
			close_all(&room->renderings[kind].readers[i].members);
	}
}

/* Those who are on their way from one handler to the other. */
static void close_inbox(const struct handler *handler)
{
	for (const struct client *client = handler->inbox; client; client = client->next_in_inbox)
		close(client_fd(client));
}

/* What the kernel does when a process ends. */
static void close_clients(const struct start *start)
{
	for (uint32_t i = 0; i < ROOMS_MAX; i++) {
		if (core_room(start->core, i))
			close_readers(core_room(start->core, i));
	}
	for (int i = 0; i < start->core->handlers; i++) {
		close_all(&start->handlers[i]->roomless);
		close_inbox(start->handlers[i]);
	}
}

static void end_start(struct start *start)
{
	struct acceptor *acceptor = &start->acceptor;

	for (int i = 0; i < start->core->handlers; i++)
		handler_free(start->handlers[i]);
	refusals_done(&acceptor->refusals);
	parking_done(&acceptor->parking);
	event_loop_done(&acceptor->loop);
	core_free(start->core);
}

/* -- serving -- */

/* Never waits. */
static bool turn_all(struct start *start)
{
	bool goes_on = false;

	for (int i = 0; i < start->core->handlers; i++) {
		handler_ask(start->handlers[i]);
		goes_on |= turn(start->handlers[i]);
	}
	return goes_on;
}

static void send_lines(int fd)
{
	static const char commands[] = "/who\n/msg alice psst\n[bob] hi\n/name eve\n/name\n"
				       "/msg bob psst\n/msg eve note\n/me waves\n@n=a once\n"
				       "/last 5\n/who tea\n/rooms\n/join tea\n/since x.1\n"
				       "/msg tom psst\n/json\n/join den\n/name root\n\377/quit";
	static char lines[TALKING];

	for (size_t i = 0; i < sizeof(lines); i++)
		lines[i] = i % 500 == 499 ? '\n' : 'x';
	(void)send(fd, lines, sizeof(lines), MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)send(fd, commands, strlen(commands), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void act_as_peers(unsigned how)
{
	static char heard[64 << 10];

	for (unsigned guest = 0; guest < GUESTS; guest++) {
		int fd = furnished->guests[guest].peer;

		if (fd < 0)
			continue;
		if (how & HOW_TALK)
			send_lines(fd);
		if (how & HOW_READ && guest != GUEST_LAGS)
			(void)recv(fd, heard, sizeof(heard), MSG_DONTWAIT);
		if (how & HOW_HANG_UP && guest % 2)
			shutdown(fd, SHUT_WR);
	}
}

static void serve(struct start *start, unsigned how)
{
	turn_all(start);
	for (int i = 1; i < TURNS; i++) {
		act_as_peers(how);
		turn_all(start);
	}
	breaker_served(start->core->legacy);
}

static void stop(struct start *start)
{
	atomic_store(&start->core->stopping, true);
	for (int i = 0; i < TURNS && turn_all(start); i++)
		continue;
	for (int i = 0; i < start->core->handlers; i++)
		departure_end_all(start->handlers[i]);
	for (int i = 0; i < TURNS; i++) /* who was still to be said farewell to */
		turn_all(start);
}

/* Lets the arena be taken over twice. */
static void start_twice(int fd, unsigned how, bool damaged)
{
	static struct start start;

	start = (struct start){0};
	renewed = 0;
	start_up(&start, &fd, how);
	require(damaged || (!start.is_new && !renewed));
	require(damaged || start.core->names.count == FURNITURE_NAMES);
	serve(&start, how);
	close_clients(&start);
	end_start(&start);

	start = (struct start){0};
	renewed = 0;
	start_up(&start, &fd, how & HOW_OTHERS ? how ^ HOW_TWO_HANDLERS : how);
	require(!start.is_new && !renewed);
	serve(&start, how);
	stop(&start);
	check_empty(start.core);
	end_start(&start);
	close(fd);
}

static int count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < DESCRIPTORS; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Which of the two arenas; both are made at first. */
static void choose(unsigned how)
{
	static struct furnished small, large;

	if (!furnished) {
		furnished_make(&small, RING_SMALL);
		furnished_make(&large, RING_LARGE);
		log_set_level(LOG_DEBUG);
		log_set_sink(hear_log, NULL);
	}
	furnished = how & HOW_LARGE ? &large : &small;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned how = size ? data[0] : 0;
	int before;

	choose(how);
	before = count_descriptors();
	furnished_begin(furnished);
	if (how & HOW_POISON)
		poison();
	if (size)
		damage(furnished->model, data + 1, size - 1);
	start_twice(fcntl(furnished->model->arena.fd, F_DUPFD_CLOEXEC, 0), how, size >= 6);
	furnished_end(furnished);
	require(count_descriptors() == before);
	return 0;
}
