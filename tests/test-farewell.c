/* test-farewell.c - a client that had a name has gone: its room is told, when it can be told */
#include "mtchatd/departure.h"
#include "mtchatd/farewell.h"
#include "mtchatd/gate.h"

#include "witness.h"

enum { ALICE, BOB, CAROL, DORA };

static struct rendering *lobby_log(enum rendering_kind kind)
{
	return core_log(core, log_number(LOBBY, kind));
}

static void begin(void)
{
	static const char *const lines[] = {"/name alice", "/name bob", "/name carol"};

	talkers_open();
	witness_room(LOBBY);
	for (uint32_t i = ALICE; i <= CAROL; i++) {
		seat(i, LOBBY, RENDERING_TEXT);
		atomic_fetch_add(&core_room(core, LOBBY)->clients, 1);
		admission_claim(&core->admission, NULL, i);
		type_line(i, lines[i]);
		empty_outbox(i);
	}
	forget_seen(LOBBY);
}

/* As departure_end() does when its descriptor is closed. */
static void go(uint32_t number, enum reason reason)
{
	struct client *client = &core->clients[number];

	client->reason = (uint8_t)reason;
	client->slot->use = SLOT_CLOSING;
	departure_finish(served_by(client), client);
}

static bool is_free(uint32_t number)
{
	return core->slots[number].use == SLOT_FREE && !word_get(&core->slots[number].id);
}

static void test_told(void)
{
	unsigned clients;

	begin();
	clients = atomic_load(&core_room(core, LOBBY)->clients);
	go(BOB, REASON_RESET);
	ok(is_seen(LOBBY, "leave bob reset"), "its room is told, and why");
	is(holder_of("bob"), -1, "its name is free");
	ok(is_free(BOB), "and its place");
	is(atomic_load(&core_room(core, LOBBY)->clients), clients - 1, "one less is here");
	ok(core_room(core, LOBBY)->presences[1].said, "the others will be woken");
	type_line(CAROL, "/name bob");
	ok(is_seen(LOBBY, "rename carol bob"), "somebody else may have the name");
	talkers_close();
}

static void test_untold(void)
{
	begin();
	word_set(&core->tags[BOB].told, 0);
	go(BOB, REASON_RESET);
	ok(is_seen(LOBBY, "") && holder_of("bob") == -1,
	   "a room that knows no name is told nothing");
	word_set(&core->tags[CAROL].told, LOBBY + 2);
	go(CAROL, REASON_RESET);
	ok(is_seen(LOBBY, "") && holder_of("carol") == -1, "nor one that another room knows");
	handlers[0]->stop_due = 1;
	go(ALICE, REASON_STOPPING);
	ok(is_seen(LOBBY, "") && holder_of("alice") == -1, "nor anybody at a stop");
	is(core->names.count, 0, "all names are free");
	talkers_close();
}

static void test_nameless(void)
{
	begin();
	seat(DORA, LOBBY, RENDERING_TEXT);
	strcpy(core->tags[DORA].text[0], "alice");
	word_set(&core->tags[DORA].which, 1);
	word_set(&core->tags[DORA].told, LOBBY + 1);
	ok(!farewell(handlers[1], &core->clients[DORA]), "whoever never had a name");
	ok(is_seen(LOBBY, "") && holder_of("alice") == ALICE, "takes nobody's along");
	talkers_close();
}

static uint32_t outboxes_lent(void)
{
	return core->outboxes.fresh - 1 - core->outboxes.idles;
}

/* Nobody reads any more, and the log is full. */
static void fill_the_log(void)
{
	struct rendering *json = lobby_log(RENDERING_JSON);

	pthread_mutex_lock(&json->room->lock);
	gate_hold(json, 1, rendering_head(json));
	pthread_mutex_unlock(&json->room->lock);
	while (!(core->clients[ALICE].pauses & PAUSE_GATE))
		type_line(ALICE, "x");
}

static void test_waits(void)
{
	struct rendering *json;
	uint32_t before;

	begin();
	json = lobby_log(RENDERING_JSON);
	fill_the_log();
	go(BOB, REASON_QUIT);
	is(core->clients[BOB].state, CLIENT_GONE, "the log is full: it has gone, and is due");
	ok(holder_of("bob") == BOB && !is_free(BOB), "its name and its place are kept");
	before = outboxes_lent();
	type_line(CAROL, "/msg bob are you there?");
	ok(outbox_of(BOB) != NULL, "somebody writes to it");
	empty_outbox(CAROL);

	forget_seen(LOBBY);
	gate_publish(json, 1, UINT64_MAX);
	departure_finish(handlers[1], &core->clients[BOB]);
	ok(is_seen(LOBBY, "leave bob quit"), "when the log has been read, its room is told");
	ok(is_free(BOB) && holder_of("bob") == -1, "then all of it is free");
	ok(!outbox_of(BOB), "with what it was written");
	is(outboxes_lent(), before, "which is nobody's any more");
	talkers_close();
}

/* It wants to leave while the log is full: its room is told later, and why. */
static void test_leaves(void)
{
	struct rendering *json;

	begin();
	json = lobby_log(RENDERING_JSON);
	departure_begin(handlers[0], &core->clients[CAROL], REASON_QUIT);
	ok(is_seen(LOBBY, "leave carol quit"), "whoever leaves is said farewell to at once");
	is(holder_of("carol"), -1, "and has no name any more");
	fill_the_log();
	departure_begin(handlers[1], &core->clients[BOB], REASON_QUIT);
	is(core->clients[BOB].state, CLIENT_LEAVES, "the log is full: it leaves all the same");
	is(holder_of("bob"), BOB, "with its name");
	forget_seen(LOBBY);
	gate_publish(json, 1, UINT64_MAX);
	go(BOB, core->clients[BOB].reason);
	ok(is_seen(LOBBY, "leave bob quit"), "which its room hears of when there is space");
	ok(is_free(BOB) && holder_of("bob") == -1, "then all of it is free");
	go(CAROL, core->clients[CAROL].reason);
	ok(is_seen(LOBBY, ""), "and who was told of before is not told of again");
	talkers_close();
}

/* Its time is over while it waits for its farewell: it is not ended twice. */
static void test_waits_beyond_its_time(void)
{
	struct rendering *json;

	begin();
	json = lobby_log(RENDERING_JSON);
	fill_the_log();
	departure_begin(handlers[1], &core->clients[BOB], REASON_QUIT);
	go(BOB, REASON_QUIT);
	is(core->clients[BOB].state, CLIENT_GONE, "it has left, and the log is full");
	handlers[1]->now = handlers[1]->leaving_due;
	departure_sweep(handlers[1]);
	ok(!is_free(BOB), "when its time is over, its place is kept all the same");
	forget_seen(LOBBY);
	gate_publish(json, 1, UINT64_MAX);
	departure_finish(handlers[1], &core->clients[BOB]);
	ok(is_seen(LOBBY, "leave bob quit"), "and its room is told once");
	ok(is_free(BOB), "then it is free");
	talkers_close();
}

int main(void)
{
	test_told();
	test_untold();
	test_nameless();
	test_waits();
	test_leaves();
	test_waits_beyond_its_time();
	return done();
}
