/* test-settings.c - files, environment and /set: what is taken, what is refused, and who wins */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "mtchat/settings.h"

#include "capture.h"
#include "tap.h"

static char folder[] = "/tmp/test-settings.XXXXXX", path[64];
static struct settings settings;

static void write_bytes(const char *bytes, size_t size)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
}

static void write_text(const char *text)
{
	write_bytes(text, strlen(text));
}

/* Reads the text as a file, over the defaults. */
static int read_text(const char *text)
{
	write_text(text);
	settings_init(&settings);
	return settings_read(&settings, path);
}

static void is_refused(const char *text, const char *where, const char *why)
{
	struct capture capture;
	char line[1024];
	int r;

	capture_begin(&capture);
	r = read_text(text);
	capture_line(&capture, line, sizeof(line));
	capture_end(&capture);
	is(r, -EINVAL, "refused: %.*s", (int)strcspn(text, "\n"), text);
	ok(strstr(line, where) && strstr(line, why), "... %s", line);
	if (strchr(where, ':'))
		ok(strstr(line, path), "... with the file");
}

static void test_defaults(void)
{
	settings_init(&settings);
	ok(!*settings.server && !*settings.wish.name && !*settings.wish.room, "nobody, nowhere");
	ok(!*settings.wish.since.epoch && !settings.wish.looks, "from no line on");
	is(settings.wish.last, 50, "history");
	ok(settings.style.colour && settings.style.comings && !settings.style.dates, "style");
	is(settings.style.bell, BELL_MENTION, "bell");
	is(settings.style.notify, NOTIFY_BELL, "notify");
	is(settings.timeout, 30, "timeout");
	is(settings.ignored.count, 0, "nobody is ignored");
}

static void test_all(void)
{
	is(read_text(
		   "server = \"ssh:bob@chat.lan\"; name = \"alice\"\nroom = \"민수\";"
		   "history = 0; bell = \"all\"; notify = \"osc777\"; colour = false;"
		   "comings = false; timeout = 3600; ignore = [\"bob\", \"Bob\", \"carol\"] # end"),
	   0, "a file with all settings");
	ok(strcmp(settings.server, "ssh:bob@chat.lan") == 0, "server");
	ok(strcmp(settings.wish.name, "alice") == 0, "name");
	ok(strcmp(settings.wish.room, "민수") == 0, "room");
	is(settings.wish.last, 0, "history");
	is(settings.style.bell, BELL_ALL, "bell");
	is(settings.style.notify, NOTIFY_OSC777, "notify");
	ok(!settings.style.colour && !settings.style.comings, "switches");
	is(settings.timeout, 3600, "timeout");
	is(settings.ignored.count, 2, "a name twice, in any case, is one");
	ok(ignored_has(&settings.ignored, "BOB") && ignored_has(&settings.ignored, "carol"),
	   "... and is ignored");

	write_text("ignore = (\"dave\"); history = 7;");
	is(settings_read(&settings, path), 0, "a second file over it");
	is(settings.wish.last, 7, "... wins");
	is(settings.style.bell, BELL_ALL, "... what it does not say stays");
	ok(settings.ignored.count == 1 && ignored_has(&settings.ignored, "dave"),
	   "... its list is in place of the other");
}

static void test_harmless(void)
{
	is(read_text(""), 0, "an empty file");
	is(read_text("# server = @include 12345678901"), 0, "a comment without an end of line");
	is(read_text("/* 12345678901\n@ \" */ // \"\nhistory = 100000;"), 0, "comments");
	is(settings.wish.last, 100000, "... are passed over");
	is(read_text("name = \"a@12345678901\\\"2\";"), 0, "what is in a string is not looked at");
	is(read_text("ignore = [];"), 0, "an empty list");
	is(unlink(path), 0, "the file goes");
	is(settings_read(&settings, path), -ENOENT, "no file");
}

static void test_refused(void)
{
	is_refused("# one\nhistorie = 1;", ":2: ", "historie is no setting");
	is_refused("name = \"a\";\n\nname = \"b\";", ":3: ", "duplicate");
	is_refused("history = 1;\nname = \"a\nroom = 5; # \\\"", ":2: ", "does not end");
	is_refused("\n/* history = 1;", ":2: ", "does not end");
	is_refused("= 3", ":1: ", "syntax error");
	is_refused("\nserver = \":9190\";", ":2: ", "server: no host");
	is_refused("server = 1;", ":1: ", "server: it must be a text");
	is_refused("name = \"\";", ":1: ", "name must have 1 to 64 bytes");
	is_refused("name = \"a b\";", ":1: ", "name must have");
	is_refused("name = \"a\\x1b\";", ":1: ", "name must have");
	is_refused("name = 5;", ":1: ", "name must have");
	is_refused("room = [\"a\"];", ":1: ", "room must have");
	is_refused("history = -1;", ":1: ", "history must be 0 to 100000");
	is_refused("history = 100001;", ":1: ", "history must be 0 to 100000");
	is_refused("history = \"5\";", ":1: ", "history must be");
	is_refused("history = 1.5;", ":1: ", "history must be");
	is_refused("timeout = 0;", ":1: ", "timeout must be 1 to 3600");
	is_refused("timeout = 3601;", ":1: ", "timeout must be 1 to 3600");
	is_refused("bell = \"loud\";", ":1: ", "quotes: off mention all");
	is_refused("bell = \"off mention\";", ":1: ", "off mention all");
	is_refused("bell = \"\";", ":1: ", "off mention all");
	is_refused("notify = true;", ":1: ", "quotes: bell osc9 osc777");
	is_refused("colour = \"on\";", ":1: ", "colour must be true or false");
	is_refused("comings = 1;", ":1: ", "comings must be true or false");
	is_refused("ignore = \"bob\";", ":1: ", "ignore must be a list of at most 100 names");
	is_refused("ignore = [1];", ":1: ", "ignore must be a list");
	is_refused("ignore = [\"\"];", ":1: ", "ignore must be a list");
	is_refused("alice = { name = \"a\"; };", ":1: ", "alice is no setting");
}

/* What libconfig would make something else of. */
static void test_numbers(void)
{
	is_refused("\nhistory = 4294967346;", ":2: ", "the number 4294967346 is too large");
	is_refused("history = 99999999999999999999;", ":1: ", "too large");
	is_refused("history = 0x100000032;", ":1: ", "too large");
	is_refused("history = -4294967246;", ":1: ", "too large");
	is_refused("name = \"a\"; /*\n\n*/ timeout=4294967326;", ":3: ", "too large");
	is_refused("@include \"/dev/zero\"", ":1: ", "@include is not supported");
	is(read_text("timeout = 000000030;"), 0, "nine digits are not too many");
}

static void test_files(void)
{
	char *large = malloc(SETTINGS_FILE_MAX + 2), text[8192] = "ignore = [";

	if (!large)
		abort();
	memset(large, ' ', SETTINGS_FILE_MAX + 1);
	large[SETTINGS_FILE_MAX] = '\0';
	is(read_text(large), 0, "the largest file");
	large[SETTINGS_FILE_MAX] = ' ';
	large[SETTINGS_FILE_MAX + 1] = '\0';
	is_refused(large, path, "larger than 64 KiB");
	free(large);

	write_bytes("history = 5;\0", 13);
	is(settings_read(&settings, path), -EINVAL, "a NUL");
	unlink(path);
	is(mkfifo(path, 0600), 0, "a FIFO");
	is(settings_read(&settings, path), -EINVAL, "... is refused, and not waited for");
	unlink(path);
	is(settings_read(&settings, folder), -EINVAL, "a folder is refused");
	is(settings_read(&settings, "/dev/null/mtchat/config"), -ENOENT, "no folder there");

	for (int i = 0; i <= IGNORED_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\"n%d\"",
			 i ? ", " : "", i);
	strcat(text, "];");
	is_refused(text, ":1: ", "at most 100 names");
}

static void test_other_spelling(void)
{
	settings_init(&settings);
	is(settings_set(&settings, "color", "off"), 0, "/set color off");
	ok(!settings.style.colour, "... is /set colour off");
	is(settings_set(&settings, "colours", "off"), -ENOENT, "colours are no setting");
}

static void test_set(void)
{
	static const char *const good[][2] = {{"bell", "off"},     {"bell", "all"},
					      {"bell", "mention"}, {"notify", "osc9"},
					      {"notify", "bell"},  {"colour", "off"},
					      {"colour", "on"},    {"comings", "off"},
					      {"timeout", "1"},    {"timeout", "3600"}};
	static const char *const bad[][2] = {{"bell", "bell"},
					     {"bell", ""},
					     {"bell", "off "},
					     {"notify", "osc"},
					     {"colour", "true"},
					     {"comings", "ON"},
					     {"timeout", "0"},
					     {"timeout", "3601"},
					     {"timeout", "5s"},
					     {"timeout", "-5"},
					     {"timeout", ""},
					     {"timeout", "+5"},
					     {"timeout", "99999999999999999999999"}};
	struct setting_row row;

	settings_init(&settings);
	setenv("TERM", "xterm", 1);
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		size_t k = 0;

		is(settings_set(&settings, good[i][0], good[i][1]), 0, "/set %s %s", good[i][0],
		   good[i][1]);
		while (settings_each(&settings, k, &row) && strcmp(row.name, good[i][0]) != 0)
			k++;
		ok(strcmp(row.value, good[i][1]) == 0, "... is listed: %s", row.value);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		is(settings_set(&settings, bad[i][0], bad[i][1]), -EINVAL, "not: /set %s %s",
		   bad[i][0], bad[i][1]);
	is(settings.timeout, 3600, "what is refused changes nothing");
	is(settings_set(&settings, "server", "x"), -ENOENT, "only some can be set");
	is(settings_set(&settings, "colours", "on"), -ENOENT, "no such setting");
	is(settings_set(&settings, "", ""), -ENOENT, "no name");
}

static void test_each(void)
{
	static const char *const want[] = {"bell", "notify", "colour", "comings", "timeout"};
	struct setting_row row;
	size_t i = 0;

	settings_init(&settings);
	for (; settings_each(&settings, i, &row); i++)
		ok(i < 5 && strcmp(row.name, want[i]) == 0 && *row.values && *row.value,
		   "%s is %s of %s", row.name, row.value, row.values);
	is(i, 5, "that is all");
}

/* The system's file is not this test's to write: the user's and the environment are. */
static void test_load(void)
{
	char own[128];

	unlink(path);
	snprintf(own, sizeof(own), "%s/mtchat", folder);
	mkdir(own, 0700);
	snprintf(path, sizeof(path), "%s/mtchat/config", folder);
	write_text("name = \"alice\"; server = \"here\"; colour = true;");
	setenv("XDG_CONFIG_HOME", folder, 1);
	unsetenv("NO_COLOR");
	unsetenv("MTCHAT_SERVER");
	setenv("MTCHAT_NAME", "", 1);
	settings_init(&settings);
	is(settings_load(&settings), 0, "the user's file is read");
	ok(strcmp(settings.wish.name, "alice") == 0 && strcmp(settings.server, "here") == 0,
	   "... and taken; an empty variable is none");

	setenv("MTCHAT_NAME", "bob", 1);
	setenv("MTCHAT_SERVER", "there", 1);
	is(settings_load(&settings), 0, "the environment");
	ok(strcmp(settings.wish.name, "bob") == 0 && strcmp(settings.server, "there") == 0,
	   "... wins");
	ok(settings.style.colour, "... and says nothing of colour");

	setenv("XDG_CONFIG_HOME", "relative", 1);
	setenv("HOME", folder, 1);
	settings_init(&settings);
	is(settings_load(&settings), 0, "a relative folder does not count");
	is(settings.style.colour, true, "no file, no change");
}

static void test_colour(void)
{
	struct setting_row row;

	setenv("NO_COLOR", "1", 1);
	settings_init(&settings);
	is(settings_load(&settings), 0, "NO_COLOR");
	ok(!settings.style.colour, "... is heeded");
	is(settings_set(&settings, "colour", "on"), 0, "... until it is set");
	ok(settings.style.colour, "... on");
	setenv("NO_COLOR", "", 1);
	setenv("TERM", "dumb", 1);
	settings_init(&settings);
	is(settings_load(&settings), 0, "a dumb terminal");
	ok(!settings.style.colour, "... has no colour");
	is(settings_set(&settings, "colour", "on"), -EINVAL, "... and gets none");
	ok(settings_each(&settings, 2, &row) && strcmp(row.values, "off") == 0, "... as it says");
	unsetenv("TERM");
	settings_init(&settings);
	is(settings_load(&settings), 0, "no TERM");
	ok(!settings.style.colour, "... is as dumb");
}

static void test_bad_environment(void)
{
	char server[TARGET_TEXT_SIZE + 1];

	setenv("MTCHAT_NAME", "a b", 1);
	is(settings_load(&settings), -EINVAL, "a bad name in the environment");
	unsetenv("MTCHAT_NAME");
	memset(server, 's', sizeof(server) - 1);
	server[sizeof(server) - 1] = '\0';
	setenv("MTCHAT_SERVER", server, 1);
	is(settings_load(&settings), -EINVAL, "a server that is too long");
	setenv("MTCHAT_SERVER", server + 1, 1);
	is(settings_load(&settings), 0, "the longest one");
	is(strlen(settings.server), TARGET_TEXT_SIZE - 1, "... is kept whole");
}

int main(void)
{
	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof(path), "%s/file", folder);
	test_defaults();
	test_all();
	test_harmless();
	test_refused();
	test_numbers();
	test_files();
	test_set();
	test_other_spelling();
	test_each();
	test_load();
	test_colour();
	test_bad_environment();
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(folder);
	return done();
}
