/* test-chat.c - a conversation that outlives its connections, step by step */
#include <errno.h>
#include <string.h>

#include "a-chat.h"
#include "tap.h"

static void test_begin(void)
{
	begin((struct chat_wish){.name = "alice", .room = "kitchen", .last = 2, .looks = true});
	is(hear_hello("lobby", "a.1", NULL, KEY_1), 0, "nothing is heard while there is no link");
	is(lines_say(&lines, "early"), 0, "what is said waits");
	chat_connected(chat, &lines.out);
	sent_is("/json|", "asks for JSON Lines");
	is(hear_say("a.1", "bob", "{}", NULL), 0, "what comes before hello is only text");
	is(hear_notice("throttled"), 0, "whatever it looks like");
	is(hear_hello("lobby", "a.7", NULL, KEY_1), 0, "hello");
	sent_is(PING "/join kitchen|", "then for a pong, and for the room");
	is(hear_say("a.8", "bob", "x", NULL), 0, "where it is not to be it shows nothing");
	is(hear_hello("kitchen", "b.5", NULL, KEY_1), 0, "hello of the room");
	sent_is("/name alice|", "then for the name");
	is(hear_notice("throttled"), HEARD_SHOWS, "another notice shows");
	is(hear_notice("name_ok"), 0, "the answer does not");
	sent_is("/who|", "then who is there");
	is(lines_hear(&lines, "{\"ev\":\"who\",\"room\":\"kitchen\",\"names\":[],\"unnamed\":0}"),
	   HEARD_SHOWS | HEARD_GREETS, "that is the greeting");
	sent_is("/last 3|", "then for history, and one's own coming");
	is(hear_say("b.6", "bob", "six", NULL), 0, "what comes before it is in it");
	is(hear_replay(2), HEARD_SHOWS, "history begins");
	is(hear_say("b.5", "bob", "five", NULL), HEARD_SHOWS | HEARD_OLD, "history");
	is(hear_say("b.6", "bob", "six", NULL), HEARD_SHOWS | HEARD_OLD, "and what was dropped");
	ok(!chat_is_up(chat), "it is not live yet");
	is(hear_live("b.6"), HEARD_SHOWS | HEARD_BEGUN, "live");
	ok(chat_is_up(chat), "it is");
	sent_is("/rooms|@n=" NONCE "0 early|", "rooms, and what was waiting");
	is(lines_hear(&lines, "{\"ev\":\"rooms\",\"rooms\":[],\"more\":0}"), 0, "of no interest");
	is(lines_hear(&lines, "{\"ev\":\"rooms\",\"rooms\":[],\"more\":0}"), HEARD_SHOWS,
	   "but to who asks for them");
	is(hear_say("b.7", "alice", "early", NONCE "0"), HEARD_SHOWS | HEARD_OWN, "it comes back");
	is(chat->waiting.count, 0, "and waits no more");
	is(hear_say("b.7", "alice", "early", NONCE "0"), 0, "no line shows twice");
	ok(chat->shown.number == 7 && strcmp(chat->shown_room, "kitchen") == 0, "the last shown");
	end();
}

static void test_no_history(void)
{
	begin((struct chat_wish){.last = 0});
	chat_connected(chat, &lines.out);
	hear_hello("lobby", "a.7", NULL, KEY_1);
	sent_is("/json|" PING "/since a.7|", "no history: begins where hello is");
	is(hear_replay(1), 0, "with no mark");
	is(hear_say("a.8", "bob", "x", NULL), HEARD_SHOWS | HEARD_OLD, "but misses nothing");
	is(hear_live("a.8"), HEARD_BEGUN, "it begins");
	end();
}

static void test_since(void)
{
	const struct chat_wish wish = {.last = 3, .since = {.epoch = "a", .number = 4}};

	begin(wish);
	chat_connected(chat, &lines.out);
	hear_hello("lobby", "a.7", NULL, KEY_1);
	sent_is("/json|" PING "/since a.4|", "begins where the user wants");
	is(lines_hear(&lines, "{\"ev\":\"skip\",\"from\":\"a.5\",\"to\":\"a.6\",\"lines\":2}"),
	   HEARD_SHOWS, "not all of it is there");
	is(chat->missed, 2, "so many are missed");
	hear_replay(1);
	hear_say("a.7", "bob", "x", NULL);
	is(hear_live("a.7"), HEARD_SHOWS | HEARD_BEGUN, "begun");
	end();
	begin(wish);
	chat_connected(chat, &lines.out);
	hear_hello("lobby", "b.7", NULL, KEY_1);
	sent_is("/json|" PING "/last 3|", "of another log: the last");
	hear_replay(0);
	is(hear_live("b.7"), HEARD_SHOWS | HEARD_BEGUN | HEARD_ANEW, "it says so");
	end();
	begin(wish);
	chat_connected(chat, &lines.out);
	hear_hello("lobby", "a.2", NULL, KEY_1);
	lines_sent(&lines);
	is(hear_notice("bad_id"), 0, "not said yet");
	sent_is("/last 3|", "likewise");
	hear_replay(0);
	is(hear_live("a.2"), HEARD_SHOWS | HEARD_BEGUN | HEARD_ANEW, "it says so, too");
	end();
}

static void test_back(void)
{
	go_live("alice", "a.1");
	hear_say("a.2", "bob", "two", NULL);
	lines_say(&lines, "mine");
	lines_say(&lines, "lost");
	come_back("a.5");
	lines_say(&lines, "meanwhile");
	sent_is("/json|" PING "/name alice " KEY_1 "|", "takes its name from the old link");
	hear_notice("name_ok");
	sent_is("/since a.2|", "and goes on where it was");
	is(lines_hear(&lines, "{\"ev\":\"skip\",\"from\":\"a.4\",\"to\":\"a.4\",\"lines\":1}"), 0,
	   "what was only not read yet is in the replay");
	is(hear_replay(3), 0, "no mark");
	is(hear_say("a.3", "alice", "mine", NONCE "0"), HEARD_SHOWS | HEARD_OWN | HEARD_OLD,
	   "one's own that had arrived");
	is(hear_say("a.4", "bob", "four", NULL), HEARD_SHOWS | HEARD_OLD, "another one's");
	is(lines_hear(&lines, "{\"ev\":\"skip\",\"from\":\"a.5\",\"to\":\"a.6\",\"lines\":2}"),
	   HEARD_SHOWS, "in a replay one can miss lines, too");
	is(lines_hear(&lines, "{\"ev\":\"join\",\"id\":\"a.7\",\"name\":\"carol\"}"),
	   HEARD_SHOWS | HEARD_OLD, "somebody came");
	is(hear_live("a.7"), HEARD_BACK, "it is back");
	is(chat->caught, 1, "one line of others was caught up");
	is(chat->missed, 2, "two were missed");
	sent_is("@n=" NONCE "1 lost|@n=" NONCE "2 meanwhile|", "what had not arrived is sent");
	is(lines_hear(&lines, "{\"ev\":\"notice\",\"code\":\"duplicate\",\"n\":\"" NONCE "1\"}"),
	   HEARD_OWN, "a duplicate is of no interest");
	is(chat->waiting.count, 1, "but done with");
	end();
}

static void test_anew(void)
{
	go_live("", "a.1");
	come_back("b.9");
	sent_is("/json|" PING "/last 100000|", "another log: all of it is new");
	hear_replay(1);
	is(hear_say("b.9", "bob", "nine", NULL), HEARD_SHOWS | HEARD_OLD, "shows");
	chat_lost(chat);
	lines_sent(&lines);
	chat_connected(chat, &lines.out);
	hear_hello("lobby", "b.9", NULL, KEY_2);
	sent_is("/json|" PING "/since b.9|", "over another loss it goes on in that");
	is(hear_notice("history_restarted"), 0, "and in the next one");
	sent_is("/last 100000|", "from its begin");
	hear_replay(0);
	is(hear_live("c.0"), HEARD_BACK | HEARD_ANEW, "and says so in the end");
	is(chat->caught, 1, "what was caught up before counts");
	end();
}

static void test_own_replay(void)
{
	go_live("", "a.5");
	lines_say(&lines, "hi");
	lines_say(&lines, "/last 2");
	lines_say(&lines, "ho");
	sent_is("hi|/last 2|ho|", "history may be asked for at any time");
	hear_say("a.6", NULL, "hi", NULL);
	is(hear_replay(2), HEARD_SHOWS, "it comes");
	is(hear_say("a.5", NULL, "ho", NULL), HEARD_SHOWS | HEARD_OLD, "old lines show again");
	is(hear_say("a.6", NULL, "hi", NULL), HEARD_SHOWS | HEARD_OLD, "also one's own");
	is(lines_hear(&lines, "{\"ev\":\"skip\",\"from\":\"a.7\",\"to\":\"a.8\",\"lines\":2}"),
	   HEARD_SHOWS, "also what there is not");
	is(hear_live("a.6"), HEARD_SHOWS, "and it ends");
	is(chat->shown.number, 6, "which changes nothing");
	is(hear_say("a.7", NULL, "ho", NULL), HEARD_SHOWS | HEARD_OWN,
	   "and none was taken for ours");
	is(lines_hear(&lines, "{\"ev\":\"skip\",\"from\":\"a.8\",\"to\":\"a.10\",\"lines\":3}"),
	   HEARD_SHOWS, "a slow reader misses lines");
	is(chat->shown.number, 10, "for good");
	end();
}

static void test_other_events(void)
{
	go_live("alice", "a.1");
	is(lines_hear(&lines, "{\"ev\":\"restarted\",\"gap_ms\":41}"), HEARD_SHOWS, "restarted");
	is(lines_hear(&lines, "{\"ev\":\"pong\",\"token\":\"x\"}"), 0, "the caller's own pong");
	lines_say(&lines, "/ping");
	is(lines_hear(&lines, "{\"ev\":\"pong\",\"token\":null}"), HEARD_SHOWS, "the user's");
	is(lines_hear(&lines, "{\"ev\":\"pong\",\"token\":null}"), 0, "once");
	lines_say(&lines, "/who");
	is(lines_hear(&lines, "{\"ev\":\"who\",\"room\":\"lobby\",\"names\":[]}"), HEARD_SHOWS,
	   "who");
	lines_say(&lines, "/msg bob hi");
	is(lines_hear(&lines, "{\"ev\":\"priv\",\"from\":\"bob\",\"to\":\"alice\",\"text\":\"x\"}"),
	   HEARD_SHOWS, "a private line");
	is(hear_notice("no_such_name"), HEARD_SHOWS | HEARD_OWN, "one's own is refused");
	is(chat->waiting.count, 0, "none waits");
	is(lines_hear(&lines, "{\"ev\":\"bye\",\"reason\":\"stopping\"}"), 0, "it stops");
	ok(chat->state == CHAT_OFF && chat->away, "that is a lost link");
	chat_lost(chat);
	ok(chat->state == CHAT_OFF && chat->old_key_count == 1, "which may be lost again");
	chat_connected(chat, &lines.out);
	hear_hello("lobby", "a.1", NULL, KEY_2);
	is(lines_hear(&lines, "{\"ev\":\"priv\",\"from\":\"bob\",\"to\":\"alice\",\"text\":\"x\"}"),
	   HEARD_SHOWS, "a private line at any time");
	is(lines_hear(&lines, "{\"ev\":\"bye\",\"reason\":\"taken over\"}"), HEARD_SHOWS, "bye");
	ok(chat->state == CHAT_OVER && !chat->refused, "that is the end");
	end();
}

static void test_bounds(void)
{
	static char text[LINK_OUT_SIZE];

	memset(text, 'x', sizeof(text));
	begin((struct chat_wish){.last = 0});
	is(chat_line_max(chat), LINK_OUT_SIZE / 2, "as long as nobody has told");
	is(chat_say(chat, text, LINK_OUT_SIZE / 2 + 1), -EMSGSIZE, "not more");
	is(chat_say(chat, "a\nb", 3), -EINVAL, "one line");
	end();
	go_live("alice", "a.1");
	is(chat_line_max(chat), 4096 - WAITING_PREFIX_MAX, "a nonce goes before it");
	is(chat_say(chat, text, 4096 - WAITING_PREFIX_MAX), 0, "it fits");
	is(chat_say(chat, text, 4096), -EMSGSIZE, "it does not");
	chat->max_line = 1 << 20;
	is(chat_say(chat, text, chat_line_max(chat)), 0, "a server may take more than a buffer");
	chat_send(chat, &lines.out);
	lines_sent(&lines);
	chat_send(chat, &lines.out);
	ok(chat->waiting.lines[1].sent, "then the buffer is the limit");
	chat->max_line = 3;
	is(chat_line_max(chat), 0, "or less than a nonce");
	while (chat->waiting.count < WAITING_MAX)
		waiting_add(&chat->waiting, "x", 1);
	chat->max_line = 4096;
	is(chat_say(chat, "x", 1), -ENOSPC, "so many may wait");
	end();
}

static void test_long_commands(void)
{
	begin((struct chat_wish){.last = 0});
	lines_say(&lines,
		  "/join xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	lines_say(&lines,
		  "/name xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	lines_say(&lines, "/ping x");
	chat_connected(chat, &lines.out);
	lines_hear(&lines, "{\"ev\":\"hello\",\"room\":\"lobby\",\"head\":\"a.1\",\"you\":null,"
			   "\"limits\":{\"max_line\":64}}");
	hear_pong(LINES_TOKEN);
	hear_replay(0);
	hear_live("a.1");
	is(chat->waiting.count, 3, "commands that are longer than the server takes");
	is(hear_notice("too_long"), HEARD_SHOWS, "are refused");
	is(hear_notice("too_long"), HEARD_SHOWS, "one by one");
	is(chat->waiting.count, 0, "and nothing hangs");
	is(hear_notice("too_long"), HEARD_SHOWS, "too_long may be something else's");
	end();
}

int main(void)
{
	test_begin();
	test_no_history();
	test_since();
	test_back();
	test_anew();
	test_own_replay();
	test_other_events();
	test_bounds();
	test_long_commands();
	return done();
}
