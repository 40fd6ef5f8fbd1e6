/* test-command.c - what is answered to whom asks, and what is refused */
#include "asker.h"

/* Lines, each with "* " before it and an LF behind. */
static bool is_well_formed(void)
{
	const struct answer *answer = &order.answer;
	size_t at = 0;

	while (at < answer->size) {
		const char *newline = memchr(answer->text + at, '\n', answer->size - at);

		if (!newline || memcmp(answer->text + at, "* ", 2) != 0)
			return false;
		at = (size_t)(newline + 1 - answer->text);
	}
	return answer->size <= sizeof(answer->text);
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
	type_it("/가나다라마바사아자차카");
	ok(answers("* unknown command /가나다라마바사아자차...; to say it, "
		   "type //가나다라마바사아자차...\n"),
	   "within no character");
}

/* What was meant as a command is none that is obeyed, and never said. */
static void test_misspelt(void)
{
	type_it("/PING x");
	ok(answers("* pong x\n"), "the case does not matter");
	type_it(" /ping x");
	ok(answers("* /ping was not obeyed: write it without a blank before it; "
		   "to say it, type //ping\n"),
	   "blanks before it do");
	type_it("\uff0fPing x");
	ok(answers("* /ping was not obeyed: write it with a plain slash; to say it, type "
		   "//ping\n"),
	   "so does another slash");
	type_it("/quit, then");
	ok(answers("* /quit was not obeyed: write it with a space behind it; "
		   "to say it, type //quit\n") &&
		   !order.quits,
	   "and a comma");
	type_it("\u3000/ㅡㄴㅎ,");
	ok(answers("* unknown command /ㅡㄴㅎ; to say it, type //ㅡㄴㅎ\n"),
	   "what there is not is not found by that");
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
	ok(order.taking.which && strcmp(order.taking.name.text, "dora") == 0, "it follows");
	type_it("/name dora 0123456789abcdef0123456789abcdef ");
	ok(answers("* you are dora now\n"), "the key for a free name does not matter");
	type_it("/name BOB");
	ok(answers("* the name BOB is taken\n") && !order.taking.which, "one that is taken");
	type_it("/name BOB 0123456789abcdef0123456789abcdef");
	ok(answers("* the name BOB is taken\n") && !order.taking.which, "and not its key");
	type_it("/name dora some-key");
	ok(answers("* a name is one word, not dora some-key\n") && !order.taking.which,
	   "what is no key is another word");
	type_it("/name do ra mi");
	ok(answers("* a name is one word, not do ra mi\n"), "one word");
	ok(!order.taking.which, "so none is taken");
	type_it("/name a/b c d");
	ok(mentions("* a/b cannot be a name: "), "what is wrong with the first word goes first");
}

static void test_deeds(void)
{
	type_as(NAMED, "/me  waves ");
	ok(answers("") && order.acts, "/me is said");
	type_as(NAMED, "/me");
	ok(answers("* what do you do? /me TEXT\n") && !order.acts, "but not without a text");
	type_it("/me waves");
	ok(answers("* take a name first: /name NAME\n") && !order.acts, "nor without a name");
}

static void test_letters(void)
{
	enum { MOST = OUTBOX_CAPACITY / 2 - RENDER_OVERHEAD };
	static char line[MOST + 32] = "/msg bob ";
	char want[80];

	type_as(NAMED, "/msg bob  psst ");
	ok(answers("") && order.whispers_to == &core->clients[OTHER], "/msg is for one");
	ok(order.size == 5 && memcmp(order.text, "psst ", 5) == 0, "with its text");
	type_as(NAMED, "/msg you psst");
	ok(answers("* nobody here is called you\n") && !order.whispers_to, "/msg to nobody");
	type_as(NAMED, "/msg bob ");
	ok(answers("* to whom, and what? /msg NAME TEXT\n"), "/msg without a text");
	type_it("/msg bob psst");
	ok(answers("* take a name first: /name NAME\n"), "/msg without a name");

	memset(line + 9, 'x', MOST);
	type_as(NAMED, line);
	ok(answers("") && order.whispers_to && order.size == MOST, "%d bytes", MOST);
	line[9 + MOST] = 'x';
	type_as(NAMED, line);
	snprintf(want, sizeof(want), "* too long for a private line (%d > %d bytes)\n", MOST + 1,
		 MOST);
	ok(answers(want) && !order.whispers_to, "one more is too long");
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

static void test_help(void)
{
	type_it("/help");
	ok(!order.quits, "/help goes on");
	ok(is_well_formed(), "lines, each marked as an answer");
	ok(order.answer.size < ANSWER_MAX / 2, "short of what an answer may hold");
	ok(mentions("* /help "), "it has /help");
	ok(mentions("* /ping [TOKEN] "), "/ping, with its argument");
	ok(mentions("* /who [ROOM [AFTER]] "), "/who, with both");
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
	static struct answer help;
	char name[32];
	size_t at = 0;

	type_it("/help");
	help = order.answer;
	while (next_word(&help, &at, name)) {
		if (strcmp(name, "/") == 0) /* of //TEXT */
			continue;
		ok(type_it(name) && !mentions("unknown command"), "%s is what /help says", name);
	}
}

/* All words of up to four letters: the commands among them are those that /help lists. */
static void test_help_is_complete(void)
{
	static struct answer help;
	int commands = 0, unlisted = 0;

	type_it("/help");
	help = order.answer;
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

/* Programs are told by a code what was wrong. */
static void test_codes(void)
{
	static const struct {
		uint32_t asker;
		const char *line, *code;
	} cases[] = {
		{NAMELESS, "/nosuch", "unknown_command"},
		{NAMELESS, "/help", "help"},
		{NAMELESS, "/name", "name"},
		{NAMED, "/name", "name"},
		{NAMELESS, "/name dora", "name_ok"},
		{NAMELESS, "/name bob", "name_taken"},
		{NAMELESS, "/name -x", "bad_name"},
		{NAMELESS, "/name a b c", "bad_name"},
		{NAMELESS, "/me waves", "no_name"},
		{NAMED, "/me", "usage"},
		{NAMELESS, "/msg bob psst", "no_name"},
		{NAMED, "/msg bob", "usage"},
		{NAMED, "/msg nobody psst", "no_such_name"},
		{NAMELESS, "/join", "usage"},
		{NAMELESS, "/join all", "bad_room"},
		{NAMELESS, "/join a b", "bad_room"},
		{NAMELESS, "/who nowhere", "no_such_room"},
		{NAMELESS, "/who lobby -x", "usage"},
		{NAMELESS, "/rooms -x", "usage"},
		{NAMELESS, "/last x", "usage"},
		{NAMELESS, "/since", "bad_id"},
		{NAMELESS, "/since zzzz.1", "history_restarted"},
	};

	put_into(NAMED, LOBBY, RENDERING_JSON);
	put_into(NAMELESS, LOBBY, RENDERING_JSON);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char want[64];
		int size = snprintf(want, sizeof(want), "{\"ev\":\"notice\",\"code\":\"%s\",",
				    cases[i].code);

		type_as(cases[i].asker, cases[i].line);
		ok(order.answer.size > (size_t)size &&
			   memcmp(order.answer.text, want, (size_t)size) == 0,
		   "%s: %s", cases[i].line, cases[i].code);
	}
	type_it("/ping");
	ok(answers("{\"ev\":\"pong\",\"token\":null}\n"), "/ping");
	put_into(NAMED, LOBBY, RENDERING_TEXT);
	put_into(NAMELESS, LOBBY, RENDERING_TEXT);
}

int main(void)
{
	asker_open();
	test_ping();
	test_quit();
	test_unknown();
	test_misspelt();
	test_names();
	test_deeds();
	test_letters();
	test_long_words();
	test_help();
	test_help_is_true();
	test_help_is_complete();
	test_codes();
	talkers_close();
	return done();
}
