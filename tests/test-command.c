/* test-command.c - what is answered to whom asks, and what is refused */
#include <stdbool.h>
#include <string.h>

#include "mtchatd/command.h"

#include "tap.h"

static struct answer answer;
static enum command_effect effect;

/* Types a line; false: it is no command. */
static bool type(const char *line)
{
	struct utterance said = protocol_parse(line, strlen(line));

	memset(&answer, 0xee, sizeof(answer)); /* nobody relies on what was there */
	answer.size = 0;
	if (said.command)
		effect = command_run(&said, &answer);
	return said.command;
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

	type("/ping");
	ok(answers("* pong\n"), "/ping");
	is(effect, COMMAND_ANSWERS, "goes on");
	type("/ping  ");
	ok(answers("* pong\n"), "/ping with spaces");
	type("/ping  some thing ");
	ok(answers("* pong some thing \n"), "a token comes back as it is");
	type("/ping %s%n é");
	ok(answers("* pong %s%n é\n"), "whatever is in it");

	snprintf(line, sizeof(line), "/ping %064d", 7);
	snprintf(want, sizeof(want), "* pong %064d\n", 7);
	type(line);
	ok(answers(want), "64 bytes are a token");
	snprintf(line, sizeof(line), "/ping %065d", 7);
	type(line);
	ok(answers("* token too long (65 > 64 bytes)\n"), "65 are too long");
}

static void test_quit(void)
{
	type("/quit");
	is(effect, COMMAND_QUITS, "/quit ends it");
	ok(answers(""), "without a word");
	type("/quit now");
	is(effect, COMMAND_QUITS, "whatever else is said");
}

static void test_unknown(void)
{
	type("/mgs bob secret");
	ok(answers("* unknown command /mgs; to say it, type //mgs\n"), "an unknown one is refused");
	ok(!mentions("secret"), "and its arguments are not repeated");
	is(effect, COMMAND_ANSWERS, "it goes on");
	type("/pin");
	ok(answers("* unknown command /pin; to say it, type //pin\n"), "the start of one is none");
	type("/pingg");
	ok(answers("* unknown command /pingg; to say it, type //pingg\n"), "nor is more than one");

	type("/abcdefghijklmnopqrstuvwxyzabcdef");
	ok(answers("* unknown command /abcdefghijklmnopqrstuvwxyzabcdef; to say it, "
		   "type //abcdefghijklmnopqrstuvwxyzabcdef\n"),
	   "a word of 32 letters is shown");
	type("/abcdefghijklmnopqrstuvwxyzabcdefg");
	ok(answers("* unknown command /abcdefghijklmnopqrstuvwxyzabcdef...; to say it, "
		   "type //abcdefghijklmnopqrstuvwxyzabcdef...\n"),
	   "a longer one is cut off");
}

static void test_help(void)
{
	type("/help");
	is(effect, COMMAND_ANSWERS, "/help goes on");
	ok(is_well_formed(), "lines, each marked as an answer");
	ok(answer.size < ANSWER_MAX / 2, "short of what an answer may hold");
	ok(mentions("* /help "), "it has /help");
	ok(mentions("* /ping [TOKEN] "), "/ping, with its argument");
	ok(mentions("* /quit "), "/quit");
	ok(mentions("* //TEXT "), "and how to say a slash");
}

/* "/WORD" of each line of /help; the next one at or behind `at`, NULL at the end. */
static const char *next_word(const struct answer *help, size_t *at, char word[32])
{
	const char *start = memmem(help->text + *at, help->size - *at, "* /", 3);
	size_t size = 1;

	if (!start)
		return NULL;
	start += 2;
	while (start[size] >= 'a' && start[size] <= 'z' && size < 31)
		size++;
	memcpy(word, start, size);
	word[size] = '\0';
	*at = (size_t)(start + size - help->text);
	return word;
}

static void test_help_is_true(void)
{
	struct answer help;
	char word[32];
	size_t at = 0;

	type("/help");
	help = answer;
	while (next_word(&help, &at, word)) {
		if (strcmp(word, "/") == 0) /* of //TEXT */
			continue;
		ok(type(word) && !mentions("unknown command"), "%s is what /help says", word);
	}
}

/* All words of up to four letters: the commands among them are those that /help lists. */
static void test_help_is_complete(void)
{
	int commands = 0, unlisted = 0;
	struct answer help;

	type("/help");
	help = answer;
	for (int number = 1; number < 27 * 27 * 27 * 27; number++) {
		char line[8] = "/", listed[16];
		size_t size = 1;

		for (int rest = number; rest > 0 && rest % 27; rest /= 27)
			line[size++] = (char)('a' - 1 + rest % 27);
		line[size] = '\0';
		if (!type(line) || mentions("unknown command"))
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
	test_ping();
	test_quit();
	test_unknown();
	test_help();
	test_help_is_true();
	test_help_is_complete();
	test_add();
	test_cut_off();
	return done();
}
