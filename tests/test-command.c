/* test-command.c - what is answered to whom asks, and what is refused */
#include "mtchatd/command.h"

#include "talkers.h"

enum { NAMED, NAMELESS, OTHER }; /* the clients */

static struct order order;
static struct answer answer;

/* A client types a line, and nothing comes of it; false: it is no command. */
static bool type_as(uint32_t number, const char *line)
{
	struct client *client = &core->clients[number];
	struct feed feed = {.handler = client->handler, .client = client};

	order = (struct order){.said = protocol_parse(line, strlen(line)), .feed = &feed};
	memset(order.answer.text, 0xee, sizeof(order.answer.text)); /* nobody relies on it */
	if (order.said.command) {
		feed.said = room_begin(client->room, 0);
		command_run(&order);
		feed_unlock(&feed);
		room_end(&feed.said);
		if (feed.tag) /* it is not to hold */
			names_give_back(&core->names,
					&(struct name){.folded_size = 4, .folded = "dora"}, number);
	}
	answer = order.answer;
	return order.said.command;
}

static bool type_it(const char *line)
{
	return type_as(NAMELESS, line);
}

static bool answers(const char *text)
{
	bool same = answer.size == strlen(text) && memcmp(answer.text, text, answer.size) == 0;

	if (!same)
		printf("# %.*s\n", (int)answer.size, answer.text);
	return same;
}

static bool mentions(const char *part)
{
	return memmem(answer.text, answer.size, part, strlen(part)) != NULL;
}

/* Lines, each with "* " before it and an LF behind. */
static bool is_well_formed(void)
{
	size_t at = 0;

	while (at < answer.size) {
		const char *newline = memchr(answer.text + at, '\n', answer.size - at);

		if (!newline || memcmp(answer.text + at, "* ", 2) != 0)
			return false;
		at = (size_t)(newline + 1 - answer.text);
	}
	return answer.size <= sizeof(answer.text);
}

static void test_ping(void)
{
	char line[128], want[128];

	type_it("/ping");
	ok(answers("* pong\n"), "/ping");
	ok(!order.quits, "goes on");
	type_it("/ping  ");
	ok(answers("* pong\n"), "/ping with spaces");
	type_it("/ping  some thing ");
	ok(answers("* pong some thing \n"), "a token comes back as it is");
	type_it("/ping %s%n é");
	ok(answers("* pong %s%n é\n"), "whatever is in it");

	snprintf(line, sizeof(line), "/ping %064d", 7);
	snprintf(want, sizeof(want), "* pong %064d\n", 7);
	type_it(line);
	ok(answers(want), "64 bytes are a token");
	snprintf(line, sizeof(line), "/ping %065d", 7);
	type_it(line);
	ok(answers("* token too long (65 > 64 bytes)\n"), "65 are too long");
}

static void test_quit(void)
{
	type_it("/quit");
	ok(order.quits, "/quit ends it");
	ok(answers(""), "without a word");
	type_it("/quit now");
	ok(order.quits, "whatever else is said");
}

static void test_unknown(void)
{
	type_it("/mgs bob secret");
	ok(answers("* unknown command /mgs; to say it, type //mgs\n"), "an unknown one is refused");
	ok(!mentions("secret"), "and its arguments are not repeated");
	ok(!order.quits, "it goes on");
	type_it("/pin");
	ok(answers("* unknown command /pin; to say it, type //pin\n"), "the start of one is none");
	type_it("/pingg");
	ok(answers("* unknown command /pingg; to say it, type //pingg\n"), "nor is more than one");

	type_it("/abcdefghijklmnopqrstuvwxyzabcdef");
	ok(answers("* unknown command /abcdefghijklmnopqrstuvwxyzabcdef; to say it, "
		   "type //abcdefghijklmnopqrstuvwxyzabcdef\n"),
	   "a word of 32 letters is shown");
	type_it("/abcdefghijklmnopqrstuvwxyzabcdefg");
	ok(answers("* unknown command /abcdefghijklmnopqrstuvwxyzabcdef...; to say it, "
		   "type //abcdefghijklmnopqrstuvwxyzabcdef...\n"),
	   "a longer one is cut off");
}

/* What follows from a command besides the answer. */
static void test_names(void)
{
	type_as(NAMED, "/name");
	ok(answers("* your name is alice\n"), "/name tells the present one");
	type_it("/name");
	ok(answers("* you have no name; take one: /name NAME\n"), "or how to get one");
	type_it("/name  dora ");
	ok(answers("* you are dora now\n"), "/name takes one, whatever spaces there are");
	type_it("/name do ra");
	ok(answers("* a name is one word, not do ra\n"), "one word");
	type_as(NAMED, "/me  waves ");
	ok(answers("") && order.acts, "/me is said");
	type_as(NAMED, "/me");
	ok(answers("* what do you do? /me TEXT\n") && !order.acts, "but not without a text");
	type_as(NAMED, "/msg bob  psst ");
	ok(answers("") && order.whispers_to == &core->clients[OTHER], "/msg is for one");
	ok(order.size == 5 && memcmp(order.text, "psst ", 5) == 0, "with its text");
	type_as(NAMED, "/msg you psst");
	ok(answers("* nobody here is called you\n") && !order.whispers_to, "/msg to nobody");
	type_it("/who");
	ok(mentions("* 0 here: ") && mentions(" alice") && mentions(" bob"), "/who names both");
}

/* A word that is shown in an answer is cut between two characters. */
static void test_long_words(void)
{
	char line[300] = "/name ", want[300];

	for (int shift = 0; shift < 3; shift++) {
		memset(line + 6, 'x', (size_t)shift);
		for (int i = 0; i < 30; i++)
			memcpy(line + 6 + shift + (ptrdiff_t)3 * i, "\xea\xb0\x80", 4);
		type_it(line);
		snprintf(want, sizeof(want),
			 "* %.*s cannot be a name: is longer than 24 characters or 64 bytes\n",
			 shift + (80 - shift) / 3 * 3, line + 6);
		ok(answers(want), "a long word of Korean, %d bytes before it", shift);
	}
}

/* As many names as an answer holds; the rest is counted. */
static void test_many(void)
{
	struct name name;
	char text[48];
	int shown = 0;

	for (uint32_t i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "number-%03u", i);
		if (name_parse(&name, text, strlen(text)) != NAME_GOOD ||
		    names_add(&core->names, &name, 100 + i) < 0)
			abort();
		strcpy(core->tags[100 + i].text[0], text);
		word_set(&core->tags[100 + i].which, 1);
	}
	type_it("/who");
	ok(is_well_formed() && mentions("* 0 here: "), "/who with many names");
	for (size_t at = 0; at + 10 <= answer.size; at++)
		shown += memcmp(answer.text + at, "number-", 7) == 0;
	shown += mentions(" alice") + mentions(" bob");
	snprintf(text, sizeof(text), "* and %d more with a name\n", 202 - shown);
	ok(shown > 50 && mentions(text), "shows %d of 202 and counts the rest", shown);
}

static void test_help(void)
{
	type_it("/help");
	ok(!order.quits, "/help goes on");
	ok(is_well_formed(), "lines, each marked as an answer");
	ok(answer.size < ANSWER_MAX / 2, "short of what an answer may hold");
	ok(mentions("* /help "), "it has /help");
	ok(mentions("* /ping [TOKEN] "), "/ping, with its argument");
	ok(mentions("* /msg NAME TEXT "), "/msg, with both");
	ok(mentions("* /quit "), "/quit");
	ok(mentions("* //TEXT "), "and how to say a slash");
}

/* "/WORD" of each line of /help; the next one at or behind `at`, NULL at the end. */
static const char *next_word(const struct answer *help, size_t *at, char name[32])
{
	const char *start = memmem(help->text + *at, help->size - *at, "* /", 3);
	size_t size = 1;

	if (!start)
		return NULL;
	start += 2;
	while (start[size] >= 'a' && start[size] <= 'z' && size < 31)
		size++;
	memcpy(name, start, size);
	name[size] = '\0';
	*at = (size_t)(start + size - help->text);
	return name;
}

static void test_help_is_true(void)
{
	struct answer help;
	char name[32];
	size_t at = 0;

	type_it("/help");
	help = answer;
	while (next_word(&help, &at, name)) {
		if (strcmp(name, "/") == 0) /* of //TEXT */
			continue;
		ok(type_it(name) && !mentions("unknown command"), "%s is what /help says", name);
	}
}

/* All words of up to four letters: the commands among them are those that /help lists. */
static void test_help_is_complete(void)
{
	int commands = 0, unlisted = 0;
	struct answer help;

	type_it("/help");
	help = answer;
	for (int number = 1; number < 27 * 27 * 27 * 27; number++) {
		char line[8] = "/", listed[16];
		size_t size = 1;

		for (int rest = number; rest > 0 && rest % 27; rest /= 27)
			line[size++] = (char)('a' - 1 + rest % 27);
		line[size] = '\0';
		if (!type_it(line) || mentions("unknown command"))
			continue;
		commands++;
		snprintf(listed, sizeof(listed), "* %s ", line);
		unlisted += !memmem(help.text, help.size, listed, strlen(listed));
	}
	ok(commands >= 3, "some words are commands");
	is(unlisted, 0, "and /help lists each of them");
}

static void test_add(void)
{
	struct answer many = {0};

	answer.size = 0;
	answer_add(&answer, "%s", "");
	ok(answers("* \n"), "an empty line");
	answer_add(&answer, "%d%%", 7);
	ok(answers("* \n* 7%\n"), "and another behind it");

	for (int i = 0; i < ANSWER_MAX; i++)
		answer_add(&many, "%d", i);
	answer = many;
	ok(answer.size > ANSWER_MAX - 16, "an answer may be full");
	ok(is_well_formed(), "and is whole lines nevertheless");
}

/* A line of any length behind an answer of any length. */
static void test_cut_off(void)
{
	static char text[2 * ANSWER_MAX];
	int faults = 0;

	memset(text, 'x', sizeof(text) - 1);
	for (size_t used = 3; used <= ANSWER_MAX; used++) {
		answer = (struct answer){.size = used};
		memset(answer.text, 'y', used);
		memcpy(answer.text, "* ", 2);
		answer.text[used - 1] = '\n';
		answer_add(&answer, "%s", text);
		faults += !is_well_formed();
		faults += used + 4 <= ANSWER_MAX && answer.size != ANSWER_MAX;
		answer_add(&answer, "more");
		faults += !is_well_formed();
	}
	is(faults, 0, "what does not fit is cut off, and no byte lies outside");

	for (size_t size = ANSWER_MAX - 8; size < ANSWER_MAX + 8; size++) {
		size_t want = size + 3 < ANSWER_MAX ? size + 3 : ANSWER_MAX;

		answer.size = 0;
		answer_add(&answer, "%.*s", (int)size, text);
		is((long long)answer.size, (long long)want, "a line of %zu bytes", size);
	}
}

int main(void)
{
	talkers_open();
	type_line(NAMED, "/name alice");
	type_line(OTHER, "/name bob");
	test_ping();
	test_quit();
	test_unknown();
	test_names();
	test_long_words();
	test_help();
	test_help_is_true();
	test_help_is_complete();
	test_add();
	test_cut_off();
	test_many();
	talkers_close();
	return done();
}
