/* test-options.c - what a command line becomes, with the settings below it */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mtchat/options.h"

#include "tap.h"

enum { ARGUMENTS_MAX = 15 };

static struct settings settings;
static struct options options;

/* Words with single blanks between them; `line` is cut up, and the options point into it. */
static int parse(char *line)
{
	char *argv[ARGUMENTS_MAX + 2] = {NULL}, *rest = line;
	int argc = 0;

	for (char *word; (word = strsep(&rest, " ")) && argc <= ARGUMENTS_MAX;)
		argv[argc++] = word;
	optind = 0; /* getopt begins anew */
	settings_init(&settings);
	return options_parse(&options, &settings, argc, argv);
}

#define good(line, way_)                                                                           \
	do {                                                                                       \
		static char line_[] = line;                                                        \
		is(parse(line_), 1, "good: %s", line);                                             \
		is(options.way, way_, "... its way");                                              \
	} while (0)

#define bad(line)                                                                                  \
	do {                                                                                       \
		static char line_[] = line;                                                        \
		is(parse(line_), -EINVAL, "bad: %s", line);                                        \
	} while (0)

static bool same(const char *text, const char *want)
{
	return text && strcmp(text, want) == 0;
}

static void test_servers(void)
{
	good("mtchat chat.lan", WAY_AUTO);
	ok(same(options.server, "chat.lan") && same(options.host, "chat.lan"), "a host");
	ok(same(options.target.port, TARGET_PORT), "... and its port");
	good("mtchat [::1]:80", WAY_AUTO);
	ok(same(options.host, "::1") && same(options.target.port, "80"), "an address");
	good("mtchat unix:/run/x", WAY_AUTO);
	ok(same(options.host, "/run/x") && same(options.target.path, "/run/x"), "a path");
	good("mtchat ssh:bob@chat.lan", WAY_AUTO);
	ok(same(options.host, "bob@chat.lan") && same(options.target.ssh, "bob@chat.lan"), "ssh");
	good("mtchat ::1 80 bob", WAY_TEXTBOOK);
	ok(!options.server && same(options.host, "::1") && same(options.name, "bob"), "textbook");
	good("mtchat --plain ::1 80 bob", WAY_TEXTBOOK);
	good("mtchat -- ::1 80 -n", WAY_TEXTBOOK);
	ok(same(options.name, "-n"), "a name with a dash");

	setenv("MTCHAT_SERVER", "there:1", 1);
	good("mtchat", WAY_AUTO);
	ok(!options.server && same(options.host, "there"), "the environment's server");
	good("mtchat here", WAY_AUTO);
	ok(same(options.host, "here"), "the argument is stronger");
	setenv("MTCHAT_SERVER", "there:x", 1);
	good("mtchat here", WAY_AUTO);
	bad("mtchat");
	unsetenv("MTCHAT_SERVER");
}

static void test_ways(void)
{
	good("mtchat --plain", WAY_PLAIN);
	good("mtchat --stdio --stdio", WAY_STDIO);
	good("mtchat h --tail", WAY_TAIL);
	ok(options.follow, "follows");
	good("mtchat --json --no-follow h", WAY_JSON);
	ok(!options.follow, "does not");
	good("mtchat --tail --no-follow --follow", WAY_TAIL);
	ok(options.follow, "the last one counts");
	good("mtchat h -m hello", WAY_SAY);
	ok(same(options.message, "hello"), "a message");
	good("mtchat -m --tail", WAY_SAY);
	ok(same(options.message, "--tail"), "a message like an option");
	good("mtchat --message= h", WAY_SAY);
	ok(same(options.message, ""), "none is for say.h to refuse");

	bad("mtchat --tail --json");
	bad("mtchat --plain -m x");
	bad("mtchat -m x -m y");
	bad("mtchat --stdio --plain");
	bad("mtchat --no-follow");
	bad("mtchat -m x --follow");
	bad("mtchat --plain --no-follow");
	bad("mtchat ::1 80 bob --tail");
	bad("mtchat ::1 80 bob -n alice");
	bad("mtchat ::1 80 bob --room x");
	bad("mtchat --stdio -n alice");
	bad("mtchat --plain --last 5");
	bad("mtchat --plain --since a.1");
}

static void test_wish(void)
{
	good("mtchat", WAY_AUTO);
	is(settings.wish.last, 50, "history of the settings");
	good("mtchat h -n alice -r kitchen -l 7", WAY_AUTO);
	ok(same(settings.wish.name, "alice") && same(settings.wish.room, "kitchen"), "name, room");
	is(settings.wish.last, 7, "last");
	good("mtchat --last=0 --since=k3f9.18231", WAY_AUTO);
	ok(same(settings.wish.since.epoch, "k3f9") && settings.wish.since.number == 18231, "since");
	is(settings.wish.last, 0, "... and last");
	good("mtchat --tail", WAY_TAIL);
	is(settings.wish.last, 0, "who follows begins now");
	good("mtchat --tail --no-follow", WAY_TAIL);
	is(settings.wish.last, 50, "who does not begins with history");
	good("mtchat --json -l 100000", WAY_JSON);
	is(settings.wish.last, SETTINGS_HISTORY_MAX, "... or with what is asked for");
	ok(!settings.wish.looks, "who looks is for others to say");

	setenv("MTCHAT_NAME", "bob", 1);
	good("mtchat", WAY_AUTO);
	ok(same(settings.wish.name, "bob"), "the environment's name");
	good("mtchat -n alice", WAY_AUTO);
	ok(same(settings.wish.name, "alice"), "the option is stronger");
	unsetenv("MTCHAT_NAME");

	bad("mtchat -l 100001");
	bad("mtchat -l -1");
	bad("mtchat -l 1x");
	bad("mtchat --last=");
	bad("mtchat --since 5");
	bad("mtchat --since a.");
	bad("mtchat --name=");
	bad("mtchat --name=a\tb");
	bad("mtchat --room=\x7f");
	bad("mtchat --since");
	bad("mtchat -x");
	bad("mtchat one two");
	bad("mtchat one two three four");
}

int main(void)
{
	/* nobody's settings but ours; HOME leads nowhere */
	setenv("HOME", "/dev/null", 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("MTCHAT_NAME");
	unsetenv("MTCHAT_SERVER");
	test_servers();
	test_ways();
	test_wish();
	return done();
}
