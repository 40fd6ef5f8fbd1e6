/* test-feed.c - names and private lines: all of a command becomes true, or nothing of it */
#include "talkers.h"

enum { ALICE, BOB, CAROL, NOBODY }; /* the clients; ALICE and CAROL are one handler's */

static const char *name_of(uint32_t number)
{
	return slot_has(&core->slots[number], TRAIT_NAMED) ? tag_text(&core->tags[number]) : "";
}

static bool is_called(uint32_t number, const char *name)
{
	return strcmp(name_of(number), name) == 0;
}

static bool waits_for_outbox(uint32_t number)
{
	return core->clients[number].pauses & PAUSE_OUTBOX;
}

/* As delivery.c does it when all of the outbox is gone. */
static void take_all(uint32_t number)
{
	struct client *client = &core->clients[number];

	empty_outbox(number);
	if (waits_for_outbox(number))
		intake_resume(served_by(client), client, PAUSE_OUTBOX);
}

static void name_all(void)
{
	static const char *const lines[] = {"/name alice", "/name bob", "/name carol"};

	for (uint32_t i = ALICE; i <= CAROL; i++) {
		type_line(i, lines[i]);
		empty_outbox(i);
		core->clients[i].answering = false; /* it was seen to */
	}
}

/* Nobody holds a lock that is not his any more. */
static bool is_unlocked(void)
{
	bool mail = pthread_mutex_trylock(&core->mail) == 0;
	bool names = pthread_mutex_trylock(&core->names.lock) == 0;
	bool room = pthread_mutex_trylock(&core_room(core, LOBBY)->lock) == 0;

	if (mail)
		pthread_mutex_unlock(&core->mail);
	if (names)
		pthread_mutex_unlock(&core->names.lock);
	if (room)
		pthread_mutex_unlock(&core_room(core, LOBBY)->lock);
	return mail && names && room;
}

static void test_name(void)
{
	talkers_open();
	type_line(ALICE, "/name");
	ok(is_told(ALICE, "* you have no name; take one: /name NAME\n"), "no name at first");
	type_line(ALICE, "/name alice");
	ok(is_told(ALICE, "* you are alice now\n"), "a name is taken");
	ok(is_called(ALICE, "alice") && holder_of("alice") == ALICE, "and held");
	type_line(ALICE, "hello");
	ok(is_last_said("[alice] hello"), "it stands before each line");
	type_line(ALICE, "/name alice");
	ok(is_told(ALICE, "* you are alice now\n"), "it may be taken twice");
	type_line(ALICE, "/name ALICE");
	ok(is_told(ALICE, "* you are ALICE now\n"), "and in another spelling");
	ok(is_called(ALICE, "ALICE") && holder_of("alice") == ALICE, "which is the same name");
	is(core->names.count, 1, "and one entry");

	type_line(BOB, "/name aLiCe");
	ok(is_told(BOB, "* the name aLiCe is taken\n"), "taken by somebody else: refused");
	ok(is_called(BOB, "") && holder_of("alice") == ALICE, "nothing has changed");
	type_line(BOB, "[Alice] I am another");
	ok(is_last_said("[~Alice] I am another"), "nor can it be claimed");

	type_line(ALICE, "/name carol");
	ok(is_told(ALICE, "* you are carol now\n"), "another name");
	ok(is_called(ALICE, "carol") && holder_of("carol") == ALICE, "is held");
	is(holder_of("alice"), -1, "the one before is free");
	type_line(BOB, "/name alice");
	ok(is_told(BOB, "* you are alice now\n"), "for anybody");
	is(core->names.count, 2, "two names for two");
	ok(is_unlocked(), "no lock is held");
	talkers_close();
}

static void test_bad_names(void)
{
	static const struct {
		const char *line, *answer;
	} samples[] = {
		{"/name you", "* you cannot be a name: is reserved\n"},
		{"/name -x", "* -x cannot be a name: begins with -, . or a mark\n"},
		{"/name a/b",
		 "* a/b cannot be a name: has something in it that is no letter, mark, "
		 "digit, _, - or .\n"},
		{"/name abcdefghijklmnopqrstuvwxy", "* abcdefghijklmnopqrstuvwxy cannot be a name: "
						    "is longer than 24 characters or 64 bytes\n"},
		{"/name in three words", "* a name is one word, not in three words\n"},
		{"/me waves", "* take a name first: /name NAME\n"},
		{"/me", "* take a name first: /name NAME\n"},
		{"/msg bob psst", "* take a name first: /name NAME\n"},
	};

	talkers_open();
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		type_line(ALICE, samples[i].line);
		ok(is_told(ALICE, samples[i].answer), "%s", samples[i].line);
	}
	is(core->names.count, 0, "nobody has a name");
	is((long long)rendering_head(lobby_text()), 0, "and nothing was said");
	talkers_close();
}

/* What nobody was told of has not happened. */
static void test_name_undone(void)
{
	talkers_open();
	fill_outbox_but(ALICE, 5);
	type_line(ALICE, "/name alice");
	ok(waits_for_outbox(ALICE), "no place for the answer: it waits");
	ok(is_called(ALICE, "") && holder_of("alice") == -1, "and has no name yet");
	ok(is_unlocked(), "nor a lock");
	type_line(BOB, "/name alice");
	ok(is_told(BOB, "* you are alice now\n"), "somebody else takes it");
	take_all(ALICE);
	ok(is_told(ALICE, "* the name alice is taken\n"), "it comes too late");
	ok(holder_of("alice") == BOB && !waits_for_outbox(ALICE), "and goes on");

	type_line(ALICE, "/name carol");
	empty_outbox(ALICE);
	fill_outbox_but(ALICE, 5);
	type_line(ALICE, "/name dora");
	ok(is_called(ALICE, "carol") && holder_of("carol") == ALICE, "it keeps the name it has");
	is(holder_of("dora"), -1, "the other one is free");
	type_line(BOB, "x");
	take_all(ALICE);
	ok(is_told(ALICE, "* you are dora now\n"), "when there is place, it is taken");
	ok(holder_of("dora") == ALICE && holder_of("carol") == -1, "for the one before");

	fill_outbox_but(ALICE, 0);
	type_line(ALICE, "/name DORA");
	ok(is_called(ALICE, "dora") && holder_of("dora") == ALICE,
	   "another spelling that has to wait takes nothing away");
	take_all(ALICE);
	ok(is_called(ALICE, "DORA") && holder_of("dora") == ALICE, "nor when it is taken");
	is(core->names.count, 2, "two names for two");
	talkers_close();
}

/* Of an arena that was damaged: what lies in the tag of one that never took a name. */
static void test_strange_tag(void)
{
	talkers_open();
	memset(&core->tags[ALICE], 0xff, sizeof(core->tags[ALICE]));
	type_line(ALICE, "/name");
	ok(is_told(ALICE, "* you have no name; take one: /name NAME\n"), "it is not looked at");
	type_line(ALICE, "hello");
	ok(is_last_said("hello"), "in no line");
	memcpy(core->tags[ALICE].text[0], "alice", 6);
	word_set(&core->tags[ALICE].which, 1);
	fill_outbox_but(ALICE, 5);
	type_line(ALICE, "/name alice");
	is(holder_of("alice"), -1, "a name that is given up is free, whatever was there");
	take_all(ALICE);
	ok(is_called(ALICE, "alice") && holder_of("alice") == ALICE, "and is taken then");
	talkers_close();
}

static void test_whisper(void)
{
	static const char several[] = "1\n/msg bob 2\n3\n/msg bob 4\n/me 5\n";

	talkers_open();
	name_all();
	type_line(ALICE, "before");
	type_line(ALICE, "/msg BOB psst, you");
	ok(is_told(BOB, "[alice -> you] psst, you\n"), "it is for whom it is for");
	ok(is_told(ALICE, "[you -> bob] psst, you\n"), "who said it sees it as well");
	ok(is_told(CAROL, "") && is_last_said("[alice] before"), "and nobody else");
	is((long long)outbox_last_due(outbox_of(BOB)), (long long)rendering_head(lobby_text()),
	   "it stands behind what was said before");
	is((long long)handlers[1]->letters.count, 1, "the other handler has post");
	arrival_take_all(handlers[1]);
	ok(core->clients[BOB].answering, "and sees to its client");
	ok(handlers[1]->letters.count == 0 && !core->clients[CAROL].answering, "to that one only");

	type_line(ALICE, "/msg carol on our handler");
	ok(is_told(CAROL, "[alice -> you] on our handler\n"), "also to one of the same handler");
	empty_outbox(ALICE);
	type_line(ALICE, "/msg alice note");
	ok(is_told(ALICE, "[alice -> you] note\n[you -> alice] note\n"), "and to oneself");
	type(ALICE, several, strlen(several));
	ok(is_told(BOB, "[alice -> you] 2\n[alice -> you] 4\n"), "several at once");
	ok(is_told(ALICE, "[you -> bob] 2\n[you -> bob] 4\n"), "in their order");
	ok(is_last_said("** alice 5"), "with what is said in between");

	type_line(ALICE, "/msg dora hm");
	ok(is_told(ALICE, "* nobody here is called dora\n"), "nobody has that name");
	type_line(ALICE, "/msg bob");
	type_line(ALICE, "/msg");
	ok(is_told(ALICE, "* to whom, and what? /msg NAME TEXT\n"
			  "* to whom, and what? /msg NAME TEXT\n"),
	   "nothing to say");
	ok(is_told(BOB, "") && is_unlocked(), "bob hears nothing of it");
	talkers_close();
}

/* The outbox of whom it is for has no place. */
static void test_whisper_busy(void)
{
	uint64_t head, count;

	talkers_open();
	name_all();
	for (size_t left = 0; left < 22; left++) { /* "[alice -> you] psst?!\n" is 22 bytes */
		fill_outbox_but(BOB, left);
		head = word_get(&outbox_of(BOB)->head);
		count = word_get(&outbox_of(BOB)->count);
		type_line(ALICE, "/msg bob psst?!");
		if (!is_told(ALICE, "* bob is busy, try again later\n") ||
		    word_get(&outbox_of(BOB)->head) != head ||
		    word_get(&outbox_of(BOB)->count) != count)
			break;
		empty_outbox(BOB);
		if (left == 21)
			ok(true,
			   "too little place by 1 to 22 bytes: told, and nothing half written");
	}
	fill_outbox_but(BOB, 22);
	head = word_get(&outbox_of(BOB)->head);
	type_line(ALICE, "/msg bob psst?!");
	is((long long)(word_get(&outbox_of(BOB)->head) - head), 22, "just enough");
	ok(memcmp(outbox_of(BOB)->bytes + head, "[alice -> you] psst?!\n", 22) == 0, "is used");
	ok(is_told(ALICE, "[you -> bob] psst?!\n"), "and confirmed");
	type_line(ALICE, "/msg bob x");
	ok(is_told(ALICE, "* bob is busy, try again later\n"), "not one more");
	talkers_close();
}

/* One's own outbox has none. */
static void test_whisper_waits(void)
{
	talkers_open();
	name_all();
	fill_outbox_but(ALICE, 10);
	type_line(ALICE, "/msg bob psst");
	ok(waits_for_outbox(ALICE), "no place for one's own copy: it waits");
	ok(is_told(BOB, "") && handlers[1]->letters.count == 0, "and nothing was said yet");
	ok(is_unlocked(), "no lock is held");
	type_line(BOB, "/msg carol in between");
	take_all(ALICE);
	ok(is_told(BOB, "[you -> carol] in between\n[alice -> you] psst\n"), "then once");
	ok(is_told(ALICE, "[you -> bob] psst\n"), "on both sides");

	fill_outbox_but(ALICE, 30);
	type_line(ALICE, "/msg alice note");
	ok(waits_for_outbox(ALICE), "place for one copy only, to oneself: it waits");
	take_all(ALICE);
	ok(is_told(ALICE, "[alice -> you] note\n[you -> alice] note\n"), "then both");
	talkers_close();
}

/* A private line with so many bytes of text, all the same. */
static void type_long(uint32_t number, const char *to, char byte, int size)
{
	static char line[70000];
	int begin = snprintf(line, sizeof(line), "/msg %s ", to);

	memset(line + begin, byte, (size_t)size);
	line[begin + size] = '\n';
	type(number, line, (size_t)(begin + size + 1));
}

static bool is_told_too_long(uint32_t number, int size, int most)
{
	char answer[100];

	snprintf(answer, sizeof(answer), "* too long for a private line (%d > %d bytes)\n", size,
		 most);
	return is_told(number, answer);
}

static int size_told(uint32_t number)
{
	const struct outbox *outbox = outbox_of(number);

	return (int)(word_get(&outbox->head) - word_get(&outbox->sent));
}

/* One that no outbox would ever take must not wait for one. */
static void test_whisper_long(void)
{
	const int most = OUTBOX_CAPACITY / 2 - RENDER_OVERHEAD;

	talkers_open();
	name_all();
	type_long(ALICE, "alice", 'x', most);
	is(size_told(ALICE), 2 * most + 32, "the longest, twice in an outbox");
	empty_outbox(ALICE);
	type_long(ALICE, "alice", 'x', most + 1);
	ok(is_told_too_long(ALICE, most + 1, most), "one byte more is refused");
	type_long(ALICE, "alice", 'x', 65525);
	ok(!waits_for_outbox(ALICE), "and nobody waits for ever");
	talkers_close();
}

/* In JSON Lines it can be three times as long: for whom it is, or for who says it. */
static void test_whisper_grows(void)
{
	static const uint32_t programs[] = {ALICE, BOB};
	const int half = OUTBOX_CAPACITY / 2;

	for (size_t i = 0; i < 2; i++) {
		talkers_open();
		name_all();
		atomic_store(&core->limits.raw, true);
		core->clients[programs[i]].rendering = core_log(core,
								log_number(LOBBY, RENDERING_JSON));
		type_long(ALICE, "bob", 'x', half - RENDER_OVERHEAD);
		ok(size_told(ALICE) > half - RENDER_OVERHEAD && size_told(BOB) > half / 2,
		   "the longest of letters goes to or from a program, too");
		empty_outbox(ALICE);
		empty_outbox(BOB);
		type_long(ALICE, "bob", '\xff', half / 3 - 40);
		ok(size_told(ALICE) > 0 && size_told(BOB) > 0 && size_told(programs[i]) <= half &&
			   size_told(programs[i]) > half - 100,
		   "one that grows to just what there is place for");
		empty_outbox(ALICE);
		empty_outbox(BOB);
		type_long(ALICE, "bob", '\xff', half / 3);
		ok(!waits_for_outbox(ALICE) && !outbox_of(BOB), "one that grows beyond: refused");
		ok(outbox_of(ALICE) && size_told(ALICE) < 200, "and it is told");
		talkers_close();
	}
}

/* Who has asked for JSON Lines reads in JSON Lines what stands behind that. */
static void test_whisper_behind_json(void)
{
	talkers_open();
	name_all();
	type_line(BOB, "/json");
	type_line(ALICE, "/msg bob psst");
	ok(size_told(BOB) > 0 &&
		   memcmp(outbox_of(BOB)->bytes + OUTBOX_BEGIN, "{\"ev\":\"priv\"", 12) == 0,
	   "he who is about to read JSON Lines is told in these");
	talkers_close();
}

static void test_who(void)
{
	talkers_open();
	type_line(ALICE, "/who");
	ok(is_told(ALICE, "* 0 here: nobody has a name\n"), "nobody has a name"); /* nor a place */
	type_line(BOB, "/name bob");
	type_line(ALICE, "/who");
	ok(is_told(ALICE, "* 1 here: bob\n"), "one has");
	talkers_close();
}

/* Who has gone when the other handler opens its post. */
static void test_post_late(void)
{
	talkers_open();
	name_all();
	type_line(ALICE, "/msg bob psst");
	word_set(&core->slots[BOB].id, 99); /* somebody else is there by now */
	atomic_store(&core->clients[BOB].handler, 0);
	arrival_take_all(handlers[1]);
	ok(!core->clients[BOB].answering, "post for one who has gone is for nobody");
	handler_post(handlers[1], &core->clients[BOB], 2);
	arrival_take_all(handlers[1]);
	ok(!core->clients[BOB].answering, "and nothing of the next one is looked at");
	talkers_close();
}

int main(void)
{
	test_name();
	test_bad_names();
	test_name_undone();
	test_strange_tag();
	test_whisper();
	test_whisper_busy();
	test_whisper_waits();
	test_whisper_long();
	test_whisper_grows();
	test_whisper_behind_json();
	test_who();
	test_post_late();
	return done();
}
