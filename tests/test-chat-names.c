/* test-chat-names.c - who and where one is, over lost links */
#include <string.h>

#include "a-chat.h"
#include "tap.h"

static int hear_renamed(const char *id, const char *from, const char *to)
{
	return lines_hear(&lines, "{\"ev\":\"rename\",\"id\":\"%s\",\"name\":\"%s\",\"to\":\"%s\"}",
			  id, from, to);
}

/* What the server tells whose name is taken. */
static int hear_displaced(const char *from, const char *to)
{
	return lines_hear(&lines,
			  "{\"ev\":\"notice\",\"code\":\"renamed\",\"text\":\"%s is the name of an "
			  "account here: you are %s now\"}",
			  from, to);
}

static bool is_called(const char *name)
{
	return strcmp(chat->name, name) == 0 && strcmp(chat->wish.name, name) == 0;
}

/* Of one's own name, but it was another's before: the room hears of that behind name_ok. */
static void test_name_taken_over(void)
{
	go_live("alice", "a.1");
	is(hear_renamed("a.2", "alice", "alice-2"), HEARD_SHOWS, "who had the name is renamed");
	ok(is_called("alice"), "... which one is not");
	lines_say(&lines, "one");
	sent_is("@n=" NONCE "0 one|", "one speaks");
	is(hear_say("a.3", "alice-2", "x", NULL), HEARD_SHOWS, "... the other, too");
	is(hear_say("a.4", "alice", "one", NONCE "0"), HEARD_SHOWS | HEARD_OWN, "it comes back");
	ok(is_called("alice"), "one keeps the name");
	is(chat->waiting.count, 0, "and nothing waits");
	end();
	go_live("alice", "a.1");
	lines_say(&lines, "/name games");
	hear_renamed("a.2", "games", "games-2");
	hear_notice("name_ok");
	hear_renamed("a.3", "games", "games-2");
	ok(is_called("games"), "a name that is typed is one's own, too");
	end();
}

/* The room hears of it, the notice may come behind one's own next line. */
static void test_displaced(void)
{
	go_live("alice", "a.1");
	is(hear_displaced("alice", "alice-2"), HEARD_SHOWS, "the notice comes first");
	hear_renamed("a.2", "alice", "alice-2");
	ok(is_called("alice-2"), "one is renamed");
	end();
	go_live("alice", "a.1");
	lines_say(&lines, "one");
	lines_sent(&lines);
	hear_renamed("a.2", "alice", "alice-2");
	is(hear_say("a.3", "alice-2", "one", NONCE "0"), HEARD_SHOWS | HEARD_OWN,
	   "one's own line comes before it");
	ok(is_called("alice-2"), "that tells it as well");
	hear_displaced("alice", "alice-2");
	ok(is_called("alice-2"), "one is renamed");
	lines_hear(&lines, "{\"ev\":\"notice\",\"code\":\"renamed\",\"text\":\"x\"}");
	ok(is_called("alice-2"), "a notice that nobody understands changes nothing");
	end();
}

static void test_names(void)
{
	go_live("alice", "a.1");
	is(hear_renamed("a.2", "bob", "b"), HEARD_SHOWS, "another one's name");
	ok(strcmp(chat->name, "alice") == 0, "is not ours");
	hear_renamed("a.3", "alice", "alice-2");
	is(hear_displaced("alice", "alice-2"), HEARD_SHOWS, "one may be renamed");
	ok(is_called("alice-2"), "it is told in a notice");
	lines_say(&lines, "one");
	lines_say(&lines, "/name carol");
	lines_say(&lines, "two");
	sent_is("@n=" NONCE "0 one|/name carol|", "behind /name it waits");
	ok(chat_is_up(chat), "but is live");
	is(hear_notice("bad_name"), HEARD_SHOWS, "a name typed by hand may be refused");
	sent_is("@n=" NONCE "1 two|", "and it goes on");
	lines_say(&lines, "/name carol");
	is(hear_notice("name_ok"), HEARD_SHOWS, "or not");
	ok(strcmp(chat->name, "carol") == 0 && strcmp(chat->wish.name, "carol") == 0, "carol");
	lines_say(&lines, "/name");
	lines_say(&lines, "three");
	sent_is("/name carol|/name|@n=" NONCE "2 three|", "to ask for one's name is nothing");
	end();
}

static void test_name_lost_on_the_way(void)
{
	go_live("alice", "a.1");
	lines_say(&lines, "one");
	lines_say(&lines, "/name bob");
	lines_say(&lines, "two");
	come_back("a.1");
	hear_notice("name_ok");
	hear_replay(0);
	hear_live("a.1");
	sent_is("/json|" PING "/name alice " KEY_1 "|/since a.1|@n=" NONCE
		"0 one|/name bob|/name bob " KEY_1 "|",
		"all again, as alice what was said as alice");
	is(hear_notice("name_taken"), 0, "bob may be held by the old link");
	is(hear_notice("name_taken"), HEARD_SHOWS, "or by somebody else");
	sent_is("@n=" NONCE "1 two|", "it goes on as alice");
	ok(strcmp(chat->name, "alice") == 0, "alice");
	end();
}

static void test_keys(void)
{
	go_live("alice", "a.1");
	come_back("a.1");
	sent_is("/json|" PING "/name alice " KEY_1 "|", "by the key of the first link");
	come_back("a.1");
	sent_is("/json|" PING "/name alice " KEY_1 "|/name alice " KEY_2 "|",
		"lost before it was answered: either link may have it");
	is(hear_notice("name_taken"), 0, "not the first");
	is(hear_notice("name_taken"), HEARD_SHOWS, "somebody else has it");
	ok(chat->state == CHAT_OVER && chat->refused, "that is the end");
	chat_lost(chat);
	ok(chat->state == CHAT_OVER, "for good");
	is(hear_say("a.2", "bob", "x", NULL), 0, "nothing is heard any more");
	end();
	go_live("alice", "a.1");
	come_back("a.1");
	come_back("a.1");
	lines_sent(&lines);
	hear_notice("name_ok");
	sent_is("", "all answers are waited for");
	hear_notice("name_ok");
	sent_is("/since a.1|", "one is enough");
	ok(strcmp(chat->name, "alice") == 0, "it has the name");
	end();
	go_live("alice", "a.1");
	for (int i = 0; i < 2 * CHAT_KEYS_MAX; i++)
		come_back("a.1");
	is(chat->old_key_count, CHAT_KEYS_MAX, "there is an end to keys");
	hear_notice("name_ok");
	end();
}

static void test_refused_at_the_begin(void)
{
	static const char *const codes[] = {"name_taken", "bad_name"};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		begin((struct chat_wish){.name = "alice"});
		chat_connected(chat, &lines.out);
		hear_hello("lobby", "a.1", NULL, KEY_1);
		is(hear_notice(codes[i]), HEARD_SHOWS, "%s shows", codes[i]);
		ok(chat->state == CHAT_OVER && chat->refused, "and ends it");
		end();
	}
}

static void test_rooms(void)
{
	go_live("alice", "a.1");
	lines_say(&lines, "one");
	lines_say(&lines, "/join kitchen");
	lines_say(&lines, "two");
	sent_is("@n=" NONCE "0 one|/join kitchen|", "behind /join it waits");
	is(hear_say("a.2", "bob", "x", NULL), HEARD_SHOWS, "until hello it is where it was");
	is(hear_say("a.3", "alice", "one", NONCE "0"), HEARD_SHOWS | HEARD_OWN, "its own, too");
	is(hear_hello("kitchen", "k.5", "alice", KEY_1), HEARD_SHOWS, "moved");
	sent_is("/since k.5|", "begins there");
	hear_replay(0);
	is(hear_live("k.5"), HEARD_BEGUN, "begun");
	sent_is("@n=" NONCE "1 two|", "and goes on");
	is(hear_say("k.6", "alice", "two", NONCE "1"), HEARD_SHOWS | HEARD_OWN, "there");
	lines_say(&lines, "/join ?");
	is(hear_notice("bad_room"), HEARD_SHOWS, "a bad room is refused");
	ok(chat_is_up(chat), "and it stays");
	come_back("a.9");
	sent_is("/json|" PING "/join kitchen|", "over a loss it goes to its room");
	hear_hello("kitchen", "k.7", NULL, KEY_2);
	hear_notice("name_ok");
	sent_is("/name alice " KEY_1 "|/since k.6|", "and goes on there");
	end();
}

static void test_room_lost_on_the_way(void)
{
	go_live("alice", "a.1");
	lines_say(&lines, "one");
	lines_say(&lines, "/join kitchen");
	lines_say(&lines, "two");
	come_back("a.1");
	hear_notice("name_ok");
	hear_replay(0);
	is(hear_live("a.1"), HEARD_BACK, "back in the old room");
	sent_is("/json|" PING "/name alice " KEY_1 "|/since a.1|@n=" NONCE "0 one|/join kitchen|",
		"what was said there is said there; then it moves");
	hear_hello("kitchen", "k.0", "alice", KEY_2);
	hear_replay(0);
	hear_live("k.0");
	sent_is("/since k.0|@n=" NONCE "1 two|", "and goes on");
	is(chat->waiting.count, 2, "both wait: neither came back");
	end();
}

static void test_no_room_at_the_begin(void)
{
	begin((struct chat_wish){.room = "?", .last = 1});
	chat_connected(chat, &lines.out);
	hear_hello("lobby", "a.1", NULL, KEY_1);
	is(hear_notice("too_many_rooms"), HEARD_SHOWS, "there is no place for the room");
	sent_is("/json|" PING "/join ?|/last 1|", "it goes on where it is");
	ok(strcmp(chat->wish.room, "lobby") == 0, "and means to");
	end();
}

/* Said by somebody while we are still text: a hello, and all that could follow it. */
static void lie(void)
{
	static const char *const lies[] = {
		"{\"ev\":\"pong\",\"token\":\"0000000000000000\"}",
		"{\"ev\":\"pong\",\"token\":\"mtchat\"}",
		"{\"ev\":\"pong\"}",
		"{\"ev\":\"bye\",\"reason\":\"quit\"}",
		"{\"ev\":\"bye\",\"reason\":\"stopping\"}",
		"{\"ev\":\"notice\",\"code\":\"name_ok\",\"text\":\"x\"}",
		"{\"ev\":\"notice\",\"code\":\"name_taken\",\"text\":\"x\"}",
		"{\"ev\":\"replay\",\"last\":1,\"lines\":1}",
		"{\"ev\":\"say\",\"id\":\"t.1\",\"room\":\"trap\",\"from\":\"bob\",\"text\":\"x\"}",
		"{\"ev\":\"live\",\"head\":\"t.1\"}",
	};
	int heard = say_hello("trap", "t.1", "mallory", "somebody's");

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		heard |= lines_hear(&lines, "%s", lies[i]);
	is(heard, 0, "lies are not heard");
	ok(chat->state == CHAT_ASKS && !*chat->key, "and not believed");
}

static void test_false_hello(void)
{
	begin((struct chat_wish){.name = "", .last = 1});
	chat_connected(chat, &lines.out);
	is(hear_pong(LINES_TOKEN), 0, "a pong without a hello");
	lie();
	sent_is("/json|" PING, "what somebody said looked like a hello: is it one?");
	lie();
	say_hello("lobby", "a.1", NULL, KEY_1);
	sent_is("", "it is asked once");
	ok(!*chat->wish.name && !*chat->wish.room && !*chat->room, "and not known before");
	hear_pong(LINES_TOKEN);
	sent_is("/last 1|", "the true one is the last before the pong");
	ok(!*chat->wish.name && strcmp(chat->wish.room, "lobby") == 0, "it says where one is");
	ok(strcmp(chat->room, "lobby") == 0 && !*chat->name && strcmp(chat->key, KEY_1) == 0 &&
		   chat->max_line == 4096 && strcmp(chat->head.epoch, "a") == 0,
	   "all is of the true one");
	hear_replay(0);
	is(hear_live("a.1"), HEARD_SHOWS | HEARD_BEGUN, "and it goes live");
	end();
}

/* A link that is lost after a lie has left nothing of it. */
static void test_false_hello_lost(void)
{
	go_live("alice", "a.1");
	chat_lost(chat);
	chat_connected(chat, &lines.out);
	lie();
	chat_lost(chat);
	ok(strcmp(chat->name, "alice") == 0 && strcmp(chat->room, "lobby") == 0 &&
		   chat->max_line == 4096 && chat->old_key_count == 1,
	   "one is as one was");
	lines_sent(&lines);
	chat_connected(chat, &lines.out);
	is(hear_pong(LINES_TOKEN), 0, "each link asks for itself");
	lie();
	hear_hello("lobby", "a.1", NULL, KEY_2);
	sent_is("/json|" PING "/name alice " KEY_1 "|", "and goes on");
	end();
}

/* It was a /join for the server, and none for us. */
static void test_hello_not_asked_for(void)
{
	go_live("alice", "a.1");
	is(say_hello("kitchen", "k.5", "alice", KEY_1), 0, "the server has moved us");
	sent_is("/since k.5|", "then that is where we are");
	hear_replay(0);
	is(hear_live("k.5"), HEARD_BEGUN, "and begin");
	ok(strcmp(chat->wish.room, "kitchen") == 0, "and mean to be");
	say_hello("x\\n/quit", "a.1", NULL, KEY_1);
	ok(strcmp(chat->room, "?") == 0, "a room is one word");
	say_hello("lobby", "a.1", NULL, "x\\n/quit");
	ok(!*chat->key, "and so is a key");
	end();
}

static void test_no_memory(void)
{
	begin((struct chat_wish){.name = "alice"});
	chat_connected(chat, &lines.out);
	hear_hello("lobby", "a.1", NULL, KEY_1);
	is(hear_notice("no_memory"), HEARD_SHOWS, "the server has no memory for a name");
	ok(chat->state == CHAT_OFF && !chat->refused, "that is a lost link");
	lines_sent(&lines);
	chat_connected(chat, &lines.out);
	hear_hello("lobby", "a.1", NULL, KEY_2);
	sent_is("/json|" PING "/name alice " KEY_1 "|", "and it is asked for again");
	hear_notice("name_ok");
	hear_replay(0);
	hear_live("a.1");
	ok(chat_is_up(chat), "until there is");
	lines_say(&lines, "/name bob");
	is(hear_notice("no_memory"), 0, "not for one that is typed");
	is(hear_notice("no_memory"), HEARD_SHOWS, "without a key or with it");
	ok(chat_is_up(chat) && strcmp(chat->name, "alice") == 0, "then it goes on as it was");
	end();
}

int main(void)
{
	test_names();
	test_name_taken_over();
	test_displaced();
	test_name_lost_on_the_way();
	test_keys();
	test_refused_at_the_begin();
	test_rooms();
	test_room_lost_on_the_way();
	test_no_room_at_the_begin();
	test_false_hello();
	test_false_hello_lost();
	test_hello_not_asked_for();
	test_no_memory();
	return done();
}
