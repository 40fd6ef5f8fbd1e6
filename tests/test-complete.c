/* test-complete.c - what TAB makes of a line, wherever the cursor stands */
#include <errno.h>
#include <string.h>

#include "mtchat/complete.h"
#include "mtchat/settings.h"

#include "heard.h"
#include "scarce.h"
#include "tap.h"

static struct known known;

/* want: the words with a space behind each. */
static void becomes(const char *line, const char *want, size_t start, const char *after)
{
	struct completions found;
	char got[1024] = "";
	bool good;

	if (complete(&found, &known, line, strlen(line)) < 0)
		abort();
	for (size_t i = 0; i < found.count; i++) {
		strncat(got, found.words[i], sizeof(got) - strlen(got) - 1);
		strncat(got, " ", sizeof(got) - strlen(got) - 1);
	}
	good = strcmp(got, want) == 0 && found.start == start && strcmp(found.after, after) == 0;
	ok(good, "'%s': %s", line, want);
	if (!good)
		printf("# got '%s' from %zu, then '%s'\n", got, found.start, found.after);
	completions_done(&found);
	ok(!found.words && found.count == 0, "... nothing is left");
}

static void test_commands(void)
{
	becomes("/",
		"/name /me /msg /who /join /rooms /last /since /ping /help /quit /set /ignore /reconnect ",
		0, " ");
	becomes("/m", "/me /msg ", 0, " ");
	becomes("/S", "/since /set ", 0, " ");
	becomes("/js", "", 0, " ");
	becomes("/ignore", "/ignore ", 0, " ");
	becomes("//", "", 0, " ");
	becomes("/nothing", "", 0, " ");
	becomes("say /m", "", 4, " ");
}

static void test_names(void)
{
	becomes("al", "alan Alice ", 0, ": ");
	becomes("ali", "Alice ", 0, ": ");
	becomes("ALICE", "Alice ", 0, ": ");
	becomes("", "\uBBFC\uC218 bob alan Alice ", 0, ": ");
	becomes("alice, al", "alan Alice ", 7, " ");
	becomes("hi bo", "bob ", 3, " ");
	becomes("hi\tbo", "bob ", 3, " ");
	becomes(" bo", "bob ", 1, " ");
	becomes("\uBBFC", "\uBBFC\uC218 ", 0, ": ");
	becomes("\u1106\u1175\u11AB", "\uBBFC\uC218 ", 0, ": ");
	becomes("nobody", "", 0, ": ");
	becomes("one\nbo", "bob ", 4, ": ");
	becomes("/join lob\nhi bo", "bob ", 13, " ");
	becomes("\xFF", "", 0, ": ");
	becomes("@bo", "bob ", 1, " ");
	becomes("hi @AL", "alan Alice ", 4, " ");
	becomes("@nobody", "", 1, " ");
	known.own = "Alice";
	becomes("al", "alan ", 0, ": ");
	becomes("@al", "alan ", 1, " ");
	becomes("/msg al", "alan ", 5, " ");
	known.own = NULL;
}

static void test_arguments(void)
{
	becomes("/msg b", "bob ", 5, " ");
	becomes("/msg  b", "bob ", 6, " ");
	becomes("/msg bob al", "alan Alice ", 9, " ");
	becomes("/ignore B", "bob ", 8, " ");
	becomes("/me greets b", "bob ", 11, " ");
	becomes("/join L", "lobby ", 6, " ");
	becomes("/join ", "tea lobby ", 6, " ");
	becomes("/rooms t", "tea ", 7, " ");
	becomes("/who t", "tea ", 5, " ");
	becomes("/who tea b", "bob ", 9, " ");
	becomes("/joint l", "", 7, " ");
	becomes("join l", "", 5, " ");
}

static void test_settings(void)
{
	becomes("/set ", "bell notify colour comings timeout ", 5, " ");
	becomes("/set CO", "colour comings ", 5, " ");
	becomes("/set bell ", "off mention all ", 10, " ");
	becomes("/set  bell  M", "mention ", 12, " ");
	becomes("/set notify osc", "osc9 osc777 ", 12, " ");
	becomes("/set colour o", "on off ", 12, " ");
	becomes("/set comings of", "off ", 13, " ");
	becomes("/set timeout ", "", 13, " ");
	becomes("/set nothing ", "", 13, " ");
	becomes("/set bell off ", "", 14, " ");
}

/* What can be set is what is offered. */
static void test_all_settings(void)
{
	char want[1024] = "";
	struct settings settings;
	struct setting_row row;

	settings_init(&settings);
	for (size_t i = 0; settings_each(&settings, i, &row); i++) {
		char line[128], values[512] = "";
		size_t size = strlen(want);

		snprintf(want + size, sizeof(want) - size, "%s ", row.name);
		snprintf(line, sizeof(line), "/set %s ", row.name);
		if (!strchr(row.values, ' ')) /* a number, or what it says itself */
			continue;
		snprintf(values, sizeof(values), "%s ", row.values);
		becomes(line, values, strlen(line), " ");
	}
	becomes("/set ", want, 5, " ");
}

/* What stands behind the cursor is not looked at. */
static void test_point(void)
{
	struct completions found;

	if (complete(&found, &known, "alice", 2) < 0)
		abort();
	is(found.count, 2, "the word up to the cursor counts");
	completions_done(&found);
	if (complete(&found, &known, "/join lobby", 3) < 0)
		abort();
	is(found.count, 1, "in a command, too");
	completions_done(&found);
}

static void test_long_word(void)
{
	static char word[100000];
	struct completions found;

	memset(word, 'a', sizeof(word));
	is(complete(&found, &known, word, sizeof(word)), 0, "a long word");
	is(found.count, 0, "has no completion");
	completions_done(&found);
}

static void test_many(void)
{
	struct known many = {0};
	struct completions found;
	char line[64];

	for (int i = 0; i < KNOWN_MAX; i++) {
		struct event event;

		snprintf(line, sizeof(line), "{\"ev\":\"join\",\"name\":\"n%d\"}", i);
		event = heard(line);
		known_hear(&many, &event);
		event_done(&event);
	}
	is(complete(&found, &many, "n", 1), 0, "as many as are known");
	is(found.count, KNOWN_MAX, "are all offered");
	completions_done(&found);
	known_done(&many);
}

static void test_memory(void)
{
	struct completions found = {.start = 77};
	int wrong = 0, r = -ENOMEM, tries = 0;

	for (; r < 0 && tries < 100; tries++) {
		scarce_left = tries;
		r = complete(&found, &known, "al", 2);
		scarce_left = SCARCE_NOT;
		wrong += r < 0 && (r != -ENOMEM || found.start != 77);
	}
	ok(r == 0 && tries > 2 && wrong == 0, "-ENOMEM, and untouched, while there is no memory");
	completions_done(&found);
}

int main(void)
{
	static const char *const lines[] = {
		"{\"ev\":\"who\",\"names\":[\"Alice\",\"alan\",\"bob\",\"\uBBFC\uC218\"]}",
		"{\"ev\":\"hello\",\"room\":\"lobby\"}",
		"{\"ev\":\"rooms\",\"rooms\":[{\"name\":\"tea\"}]}",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct event event = heard(lines[i]);

		known_hear(&known, &event);
		event_done(&event);
	}
	test_commands();
	test_names();
	test_arguments();
	test_settings();
	test_all_settings();
	test_point();
	test_long_word();
	test_many();
	test_memory();
	known_done(&known);
	return done();
}
