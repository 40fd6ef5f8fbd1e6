/* test-deadline.c - a client's deadline, kept in 32 bits, where those have an end */
#include "common/deadline.h"
#include "mtchatd/departure.h"

#include "talkers.h"

enum { ALICE, BOB, LINGER_MS = 5000, SECOND_MS = 1000 };

static const uint64_t turn_of_the_clock = UINT64_C(1) << 32;
static const uint64_t day = UINT64_C(24) * 60 * 60 * 1000;

static void test_whole(void)
{
	static const struct {
		uint64_t near, deadline;
		const char *name;
	} cases[] = {
		{1, 0, "just past, at the clock's begin"},
		{0, 1000, "to come, at the clock's begin"},
		{UINT32_MAX, UINT64_C(1) << 32, "behind the first wrap"},
		{UINT64_C(1) << 32, UINT32_MAX, "before the first wrap"},
		{5 * (UINT64_C(1) << 32) - 1, 5 * (UINT64_C(1) << 32) + 86399999,
		 "behind the fifth wrap, by a day"},
		{1, UINT64_C(1) + INT32_MAX, "24 days to come"},
		{UINT64_C(3) << 31, UINT64_C(2) << 31, "24 days past"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(deadline_whole((uint32_t)cases[i].deadline, cases[i].near) == cases[i].deadline,
		   "%s", cases[i].name);
}

/* They are among the readers of the lobby, as if they were served. */
static void begin_at(uint64_t now)
{
	talkers_open();
	for (uint32_t i = ALICE; i <= BOB; i++) {
		struct client *client = &core->clients[i];
		struct handler *handler = served_by(client);
		struct members *members = &handler_readers(handler, client)->members;

		rooms_use(&core->rooms, LOBBY);
		atomic_fetch_add(&core_room(core, LOBBY)->clients, 1);
		admission_claim(&core->admission, NULL, i);
		handler_attend(handler, client->rendering->room);
		if (members_reserve(members, core->clients) < 0)
			abort();
		members_add(members, client);
		handler->now = now;
	}
}

static bool is_there(uint32_t number)
{
	return core->slots[number].use == SLOT_LIVE;
}

static void sweep_at(uint64_t now)
{
	handlers[0]->now = now;
	departure_sweep(handlers[0]);
}

/* Whoever does not take the rest has linger_ms, and not one less. */
static void test_leaving(uint64_t now, const char *name)
{
	begin_at(now);
	departure_begin(handlers[0], &core->clients[ALICE], REASON_QUIT);
	ok(handlers[0]->leaving_due == now + LINGER_MS, "it has its time, %s", name);
	sweep_at(now + LINGER_MS - 1);
	ok(is_there(ALICE), "and is there until it is over");
	handlers[0]->leaving_due = now; /* as if another one had had its time before */
	sweep_at(now + LINGER_MS - 1);
	ok(is_there(ALICE) && handlers[0]->leaving_due == now + LINGER_MS,
	   "whoever else is looked at meanwhile");
	sweep_at(now + LINGER_MS);
	ok(!is_there(ALICE), "then it goes");
	ok(is_there(BOB), "and nobody else");
	talkers_close();
}

/* The process was stopped, and the clock went on: for so long that the low bits look early. */
static void test_frozen(uint64_t days)
{
	const uint64_t now = UINT64_C(7) << 32;

	begin_at(now);
	departure_begin(handlers[0], &core->clients[ALICE], REASON_QUIT);
	sweep_at(now + days * day);
	ok(!is_there(ALICE), "%d days later it goes, too", (int)days);
	talkers_close();
}

static void test_throttled(uint64_t now, const char *name)
{
	struct client *client;

	begin_at(now);
	client = &core->clients[ALICE];
	client->tokens.at = client->commands_due = (uint32_t)now;
	atomic_store(&core->limits.rate_lines, 1);
	atomic_store(&core->limits.rate_burst, 1);
	client->tokens.level = TOKEN;
	type_line(ALICE, "one");
	ok(!(client->pauses & PAUSE_RATE), "one line, %s", name);
	type_line(ALICE, "two");
	ok(client->pauses & PAUSE_RATE && handlers[0]->throttled.count == 1, "the next one waits");
	ok(handlers[0]->throttled_due == now + SECOND_MS, "for a second");
	handlers[0]->now = now + SECOND_MS - 1;
	waitlist_done(&handlers[0]->throttled);
	client->throttled = false;
	intake_throttle(handlers[0], client);
	ok(handlers[0]->throttled_due == now + SECOND_MS, "not longer if it is looked at early");
	talkers_close();
}

int main(void)
{
	test_whole();
	test_leaving(turn_of_the_clock / 4, "in the clock's first days");
	test_leaving(turn_of_the_clock - LINGER_MS + 1, "up to the wrap");
	test_leaving(turn_of_the_clock - 1, "over the wrap");
	test_leaving(9 * turn_of_the_clock, "at a wrap");
	test_frozen(1);
	test_frozen(30);
	test_frozen(49);
	test_throttled(turn_of_the_clock - SECOND_MS / 2, "before the wrap");
	test_throttled(3 * turn_of_the_clock, "at a wrap");
	return done();
}
