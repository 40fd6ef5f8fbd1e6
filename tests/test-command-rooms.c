/* test-command-rooms.c - /join, /json, /last, /since: which log follows, and from where */
#include <inttypes.h>

#include "mtchatd/move.h"

#include "asker.h"

static void say(uint32_t room, enum said_kind kind, int count)
{
	const struct said said = {.kind = kind,
				  .from = "alice",
				  .text = "hi",
				  .size = 2,
				  .mark = UNMARKED};
	struct handler *handler = handlers[0];

	for (int i = 0; i < count; i++) {
		struct room_draft draft = room_begin(core_room(core, room), 1, &handler->clock);

		if (room_say(&draft, &said) < 0)
			abort();
		room_put(&draft, &handler->redo);
		redo_commit(&handler->redo);
		room_end(&draft);
	}
}

static bool moves_to(uint32_t room, enum rendering_kind kind)
{
	return order.moves && answers("") && order.log == log_number(room, kind);
}

static void test_join(void)
{
	uint32_t tea = make_room("Tea", 1), users = core_room(core, tea)->users;

	type_it("/join");
	ok(answers("* you are in lobby; another: /join ROOM\n") && !order.moves, "/join alone");
	type_it("/join  TEA ");
	ok(moves_to(tea, RENDERING_TEXT), "/join goes to a room, in any spelling");
	is(core_room(core, tea)->users, users, "which had one user more until then");
	users = core_room(core, LOBBY)->users;
	type_it("/join Lobby");
	ok(moves_to(LOBBY, RENDERING_TEXT), "the same room again");
	is(core_room(core, LOBBY)->users, users, "which it uses already");
	type_it("/join kitchen");
	ok(order.moves && log_room(order.log) > tea && !core_room(core, log_room(order.log)),
	   "a new room is gone again, since nobody came");
	put_into(NAMELESS, tea, RENDERING_JSON);
	type_it("/join lobby");
	ok(moves_to(LOBBY, RENDERING_JSON), "programs stay with JSON Lines");
	put_into(NAMELESS, LOBBY, RENDERING_TEXT);

	type_it("/join a/b");
	ok(answers("* a/b cannot be a room: has something in it that is no letter, mark, digit, _, "
		   "- or .\n") &&
		   !order.moves,
	   "what cannot be a room");
	type_it("/join all");
	ok(answers("* all cannot be a room: is reserved\n"), "or is reserved");
	type_it("/join two words");
	ok(answers("* a room is one word, not two words\n"), "or is two words");
}

static void test_full(void)
{
	atomic_store(&core->limits.max_rooms, 2);
	type_it("/join kitchen");
	ok(answers("* there are 2 rooms already, no more\n") && !order.moves, "one room too many");
	type_it("/join tea");
	ok(order.moves && log_room(order.log) == 1, "those that are there can be entered");
	atomic_store(&core->limits.max_rooms, 3);
	type_it("/join kitchen");
	ok(order.moves, "a higher limit holds at once");
}

static void test_json(void)
{
	type_it("/json");
	ok(moves_to(LOBBY, RENDERING_JSON), "/json");
	put_into(NAMELESS, 1, RENDERING_JSON);
	type_it("/json once more");
	ok(moves_to(1, RENDERING_JSON), "again, elsewhere");
	put_into(NAMELESS, LOBBY, RENDERING_TEXT);
}

static bool replays(uint64_t after, const char *answer)
{
	return order.replays && order.after == after && answers(answer);
}

/* 10 lines, 5 that are silent in text, 10 lines. */
static void test_last(void)
{
	say(LOBBY, SAID_LINE, 10);
	say(LOBBY, SAID_JOIN, 5);
	say(LOBBY, SAID_LINE, 10);
	type_it("/last 3");
	ok(replays(22, "* last 3 lines\n"), "/last 3");
	type_it("/last 0");
	ok(replays(25, "* last 0 lines\n"), "/last 0");
	type_it("/last 12");
	ok(replays(8, "* last 12 lines\n"), "so many lines that show");
	type_it("/last 100000");
	ok(replays(0, "* last 20 lines\n"), "all there are");
	atomic_store(&core->limits.history, 7);
	type_it("/last ");
	ok(replays(18, "* last 7 lines\n"), "as many as the setting says");
	type_it("/last 100001");
	ok(answers("* how many? /last N, N from 0 to 100000\n") && !order.replays, "too many");
	type_it("/last 7x");
	ok(answers("* how many? /last N, N from 0 to 100000\n"), "no number");
}

static void type_since(const char *zeros, uint64_t line)
{
	char text[5000];

	snprintf(text, sizeof(text), "/since %s.%s%" PRIu64, core_room(core, LOBBY)->record->epoch,
		 zeros, line);
	type_it(text);
}

static void test_since(void)
{
	static char zeros[4097];

	type_since("", 22);
	ok(replays(22, "* last 3 lines\n"), "/since");
	type_since("", 12);
	ok(replays(12, "* last 10 lines\n"), "since a line that shows nothing");
	type_since("", 25);
	ok(replays(25, "* last 0 lines\n"), "since the last one");
	type_since("", 26);
	ok(answers("* that line has not been said yet\n") && !order.replays, "of the future");
	type_it("/since nosuch.1");
	ok(answers("* that line is of another log; this one has begun anew\n"), "of another log");
	type_it("/since 7");
	ok(answers("* since which line? /since ID, as in a skip notice\n"), "no id");

	memset(zeros, '0', sizeof(zeros) - 1);
	put_into(NAMELESS, LOBBY, RENDERING_JSON);
	type_since(zeros, 25);
	ok(order.replays && mentions(".25\",\"lines\":0}\n") && order.answer.size < 100,
	   "programs are told the id in its short form");
	put_into(NAMELESS, LOBBY, RENDERING_TEXT);
}

/* A ring that has come round: what is not held is told. */
static void test_skip(void)
{
	struct room *lobby = core_room(core, LOBBY);
	uint64_t lines;
	char want[200];

	say(LOBBY, SAID_LINE, TALK_RING / (int)sizeof("[alice] hi"));
	lines = room_lines(lobby);
	type_since("", 7);
	ok(order.replays && order.after > 7 && order.after < lines, "the oldest that is held");
	snprintf(want, sizeof(want),
		 "* %" PRIu64 " lines skipped (%s.8-%" PRIu64 ")\n* last %" PRIu64 " lines\n",
		 order.after - 7, lobby->record->epoch, order.after, lines - order.after);
	ok(answers(want), "and how many are not");
	type_it("/last 100000");
	snprintf(want, sizeof(want), "* last %" PRIu64 " lines\n", lines - order.after);
	ok(replays(order.after, want), "/last does not tell");
}

/* Lines of the same batch are not in the log yet. */
static void test_too_early(void)
{
	static const char *const lines[] = {"/last 1", "/since "};
	struct client *client = &core->clients[NAMELESS];
	const struct said said = {.text = "hi", .size = 2, .mark = UNMARKED};

	for (int i = 0; i < 2; i++) {
		struct feed feed = feed_begin(served_by(client), client);
		char line[64];

		snprintf(line, sizeof(line), "%s%s.1", lines[i], feed.said.room->record->epoch);
		memset(&order, 0, sizeof(order));
		order.said = protocol_parse(i ? line : lines[i], strlen(i ? line : lines[i]),
					    false);
		order.feed = &feed;
		if (room_say(&feed.said, &said) < 0)
			abort();
		command_run(&order);
		room_end(&feed.said);
		ok(order.waits && !order.replays && answers(""), "%s waits for them", lines[i]);
	}
}

/* However many clients its handler has in other rooms. */
static void test_home(void)
{
	struct room *lobby = core_room(core, LOBBY);
	struct handler *home = handlers[lobby->home], *other = handlers[!lobby->home];
	unsigned most = (unsigned)core->tune.split_members;

	atomic_store(&home->load, 10 * most);
	atomic_store(&lobby->clients, most - 1);
	ok(move_home(core, lobby) == home, "a room is its home's until it is big itself");
	atomic_store(&lobby->clients, most);
	ok(move_home(core, lobby) == other, "then it is dealt to who has the fewest clients");
	atomic_store(&home->load, 0);
	atomic_store(&lobby->clients, TALKERS);
}

int main(void)
{
	asker_open();
	test_home();
	test_join();
	test_full();
	test_json();
	test_last();
	test_since();
	test_too_early();
	test_skip();
	talkers_close();
	return done();
}
