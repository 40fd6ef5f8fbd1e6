/* test-config.c - the table of settings, and texts that become a checked struct config */
#include <errno.h>
#include <string.h>

#include "mtchatd/config-read.h"
#include "mtchatd/config-source.h"
#include "mtchatd/config.h"
#include "mtchatd/settings.h"

#include "tap.h"
#include "told.h"

static int parse(struct config *ret, const char *text)
{
	told_begin();
	return config_parse(ret, text, strlen(text), "f");
}

static void test_table(void)
{
	struct config config;

	config_default(&config);
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting *s = &settings[i];
		char allowed[SETTING_TEXT_MAX];

		setting_allowed_text(s, allowed);
		ok(s->about && s->unit && s->size > 0, "the row of %s is whole", s->name);
		ok(strlen(allowed) < SETTING_TEXT_MAX - 1, "what it allows fits");
		ok(setting_find(s->name, strlen(s->name)) == s, "it is found by its name, once");
		if (s->type == SETTING_NUMBER)
			ok(setting_allows(s, s->standard) && setting_allows(s, s->min) &&
				   setting_allows(s, s->max) && !setting_allows(s, s->min - 1LL) &&
				   !setting_allows(s, s->max + 1LL),
			   "it allows its default and its range, and no more");
		if (s->type == SETTING_NUMBER || s->type == SETTING_WORD)
			is(*setting_field(s, &config), s->standard, "its field has the default");
	}
	ok(!setting_find("por", 3) && !setting_find("ports", 5) && !setting_find("", 0),
	   "no other name is found");
}

static void test_nearest(void)
{
	static const struct {
		const char *wrong, *right; /* NULL: none is near */
	} cases[] = {
		{"max_client", "max_clients"},
		{"maxclients", "max_clients"},
		{"PORT", "port"},
		{"prot", "port"},
		{"lsten", "listen"},
		{"nonsense", NULL},
		{"x", NULL},
		{"history_of_the_whole_wide_world", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct setting *s = setting_nearest(cases[i].wrong, strlen(cases[i].wrong));

		ok(cases[i].right ? s && strcmp(s->name, cases[i].right) == 0 : !s,
		   "near to %s: %s", cases[i].wrong, cases[i].right ? cases[i].right : "nothing");
	}
}

static void test_good(void)
{
	struct config c;

	is(parse(&c, "port = 0x23E7L; max_clients = 100000L, mode : \"ec\" \"ho\" handlers = 256\n"
		     "max_line=64;text=\"raw\";rate_lines=1000000;rate_burst=1;slow_grace_ms=0;"
		     "room_log_kib=65536;max_rooms=1;history=0;max_per_address=3;"
		     "max_rooms_per_address=5;"
		     "log_level=\"debug\";socket=\"/run/\\x61\"; listen=[\"127.0.0.1\", \"::1\"];"
		     "proxy=(\"10.0.0.0/8\", \"2001:DB8::1\");"
		     "// the last line has no end"),
	   0, "every setting, in many a way of writing");
	is(c.port, 9191, "port");
	is(c.max_clients, 100000, "max_clients");
	is(c.mode, MODE_ECHO, "mode");
	is(c.handlers, 256, "handlers");
	is(c.max_line, 64, "max_line");
	is(c.text, TEXT_RAW, "text");
	is(c.rate_lines, 1000000, "rate_lines");
	is(c.rate_burst, 1, "rate_burst");
	is(c.slow_grace_ms, 0, "slow_grace_ms");
	is(c.room_log_kib, 65536, "room_log_kib");
	is(c.max_rooms, 1, "max_rooms");
	is(c.history, 0, "history");
	is(c.max_per_address, 3, "max_per_address");
	is(c.max_rooms_per_address, 5, "max_rooms_per_address");
	is(c.log_level, LOG_DEBUG, "log_level");
	ok(strcmp(c.socket, "/run/a") == 0, "socket");
	ok(strcmp(c.listen[0], "127.0.0.1") == 0 && strcmp(c.listen[1], "::1") == 0 &&
		   !c.listen[2][0],
	   "listen");
	ok(strcmp(c.proxy[0], "10.0.0.0/8") == 0 && strcmp(c.proxy[1], "2001:db8::1") == 0 &&
		   !c.proxy[2][0],
	   "proxy");
	is(told_count, 0, "nothing is told");
}

static void test_proxy(void)
{
	static const char *const bad[] = {
		"\"\"",
		"\"10.0.0.1/8\"",
		"\"10.0.0.0/33\"",
		"\"10.0.0.0/08\"",
		"\"10.0.0.0/\"",
		"\"10.0.0.0/-1\"",
		"\"/8\"",
		"\"2001:db8::/129\"",
		"\"2001:db8::1/64\"",
		"\"balancer\"",
		"\"10.0.0.0/8/8\"",
		"8",
	};
	struct config c;
	char text[64];

	is(parse(&c, "port = 1; proxy = \"0.0.0.0/0\";"), 0, "all of IPv4");
	ok(strcmp(c.proxy[0], "0.0.0.0/0") == 0 && !c.proxy[1][0], "is one network");
	is(parse(&c, "port = 1; proxy = [\"10.0.0.1/32\", \"::/0\", \"fe80::/10\"];"), 0, "a list");
	ok(strcmp(c.proxy[0], "10.0.0.1") == 0, "a network of one is an address");
	is(parse(&c, "port = 1; proxy = [];"), 0, "nobody");
	ok(!c.proxy[0][0], "is an empty list");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "port = 1;\nproxy = %s;", bad[i]);
		is(parse(&c, text), -EINVAL, "%s is refused", bad[i]);
		ok(told_has("f:2: proxy must be an address or network (10.0.0.0/8)"), "and told");
	}
	is(parse(&c, "proxy = [\"10.0.0.1\", \"10.0.0.1/32\"];"), -EINVAL, "twice the same");
	ok(told_has("proxy has 10.0.0.1 twice"), "is told");
}

static void test_listen(void)
{
	struct config c;

	ok(parse(&c, "listen = \"0:0::1\";") == 0 && strcmp(c.listen[0], "::1") == 0,
	   "one address alone, in its normal form");
	ok(parse(&c, "listen = [\"::FFFF:10.1.2.3\", \"0.0.0.1\"];") == 0 &&
		   strcmp(c.listen[0], "10.1.2.3") == 0,
	   "IPv4 within IPv6 is IPv4");
	ok(parse(&c, "listen = [\"0.0.0.0\", \"::\"];") == 0, "all of both kinds");
	ok(parse(&c, "listen = ();") == 0 && !c.listen[0][0], "an empty list stands for all");
	ok(parse(&c, "listen = [\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"1.1.1.4\",\"1.1.1.5\","
		     "\"1.1.1.6\",\"1.1.1.7\",\"1.1.1.8\",\"1.1.1.9\",\"1.1.1.10\",\"1.1.1.11\","
		     "\"1.1.1.12\",\"1.1.1.13\",\"1.1.1.14\",\"1.1.1.15\","
		     "\"fdff:ffff:ffff:ffff:ffff:ffff:255.255.255.255\"]") == 0 &&
		   c.listen[15][0] == 'f',
	   "16 addresses, the longest among them");
	is(parse(&c, "\nlisten = [\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\","
		     "\"\",\"\",\"\",\"\",\"\"]"),
	   -EINVAL, "17 are too many");
	ok(told_is("f:2: listen must be at most 16 addresses, not 17"), "and told");
}

struct refusal {
	const char *text, *message;
};

static const struct refusal refusals[] = {
	{"port = 0", "f:1: port must be 1 to 65535, not 0"},
	{"port = 65536", "f:1: port must be 1 to 65535, not 65536"},
	{"\n\nport = -1", "f:3: port must be 1 to 65535, not -1"},
	{"port = \"9190\"", "f:1: port must be 1 to 65535, not \"9190\""},
	{"port = 9190.5", "f:1: port must be 1 to 65535, not 9190.5"},
	{"port = 8589943782", "f:1: port must be 1 to 65535, not 8589943782"},
	{"port = 0x2000023E6", "f:1: port must be 1 to 65535, not 0x2000023E6"},
	{"port = 8589943782L", "f:1: port must be 1 to 65535, not 8589943782L"},
	{"port = true", "f:1: port must be 1 to 65535, not true"},
	{"port = [ 9190 ]", "f:1: port must be 1 to 65535, not [ 9190 ]"},
	{"port = { a = 1; }", "f:1: port must be 1 to 65535, not { a = 1; }"},
	{"max_clients = 0", "f:1: max_clients must be 1 to 100000, not 0"},
	{"max_clients = -5", "f:1: max_clients must be 1 to 100000, not -5"},
	{"max_clients = \"many\"", "f:1: max_clients must be 1 to 100000, not \"many\""},
	{"max_clients = 99999999999", "f:1: max_clients must be 1 to 100000, not 99999999999"},
	{"max_clients = 4294967296", "f:1: max_clients must be 1 to 100000, not 4294967296"},
	{"history = 99999999999999999999",
	 "f:1: history must be 0 to 100000, not 99999999999999999999"},
	{"mode = \"shout\"", "f:1: mode must be \"broadcast\" or \"echo\", not \"shout\""},
	{"mode = 3", "f:1: mode must be \"broadcast\" or \"echo\", not 3"},
	{"mode = broadcast", "f:1: mode must be \"broadcast\" or \"echo\", not broadcast"},
	{"mode = \"\"", "f:1: mode must be \"broadcast\" or \"echo\", not \"\""},
	{"text = [\"raw\"]", "f:1: text must be \"utf8\" or \"raw\", not [\"raw\"]"},
	{"room_log_kib = 300", "f:1: room_log_kib must be a power of two, 256 to 65536, not 300"},
	{"max_client = 1", "f:1: max_client is no setting; is max_clients meant?"},
	{"nonsense = { b = 1; }", "f:1: nonsense is no setting"},
	{"port = 1;\nport = 2;", "f:2: port is given twice, first on line 1"},
	{"listen = \"localhost\"", "f:1: listen must be an IPv4 or IPv6 address in quotes, or a "
				   "list of at most 16, not \"localhost\""},
	{"listen = [\"::1\", \"\"]", "f:1: listen must be an IPv4 or IPv6 address in quotes, or a "
				     "list of at most 16, not \"\""},
	{"listen = [\"::1\", \"0::1\"]", "f:1: listen has ::1 twice"},
	{"listen = [\"::\", \"0.0.0.0\", \"::1\"]",
	 "f:1: listen has ::1 beside ::, which stands for it already: leave out one"},
	{"listen = [\"127.0.0.1\", \"0.0.0.0\"]",
	 "f:1: listen has 127.0.0.1 beside 0.0.0.0, which stands for it already: leave out one"},
	{"listen = [\"::ffff:10.0.0.1\", \"10.0.0.1\"]", "f:1: listen has 10.0.0.1 twice"},
	{"listen = \"224.0.0.1\"",
	 "f:1: listen cannot have 224.0.0.1: nobody can connect to a multicast address"},
	{"listen = \"ff02::1\"",
	 "f:1: listen cannot have ff02::1: nobody can connect to a multicast address"},
	{"listen = \"255.255.255.255\"", "f:1: listen cannot have 255.255.255.255: nobody can "
					 "connect to the broadcast address"},
	{"listen = \"fe80::1\"",
	 "f:1: listen cannot have fe80::1: a link-local address needs its interface beside it, "
	 "which cannot be given here; name another address of that interface, or \"::\""},
	{"listen = \"fe80::1%eth0\"",
	 "f:1: listen cannot have fe80::1%...: interfaces are not supported; name another address "
	 "of that one, or \"::\""},
	{"listen = \"::1%lo\"", "f:1: listen must be an IPv4 or IPv6 address in quotes, or a list "
				"of at most 16, not \"::1%lo\""},
	{"listen = (1)", "f:1: listen must be an IPv4 or IPv6 address in quotes, or a list of at "
			 "most 16, not (1)"},
	{"socket = \"run/x\"", "f:1: socket must be an absolute path in quotes, of at most 107 "
			       "bytes, or \"\" for none, not \"run/x\""},
	{"socket = \"@x\"", "f:1: socket must be an absolute path in quotes, of at most 107 bytes, "
			    "or \"\" for none, not \"@x\""},
	{"socket = \"/a\\nb\"", "f:1: socket must be an absolute path in quotes, of at most 107 "
				"bytes, or \"\" for none, not \"/a\\nb\""},
	{"max_line = 65536;\nroom_log_kib = 512;",
	 "f:2: room_log_kib does not fit: max_line = 65536 needs 3 x 65536 + 512 = 197120 bytes "
	 "for a rendered line, a quarter of room_log_kib = 512 is 131072 bytes"},
	{"room_log_kib = 256;\nmax_line = 21675;",
	 "f:2: max_line does not fit: max_line = 21675 needs 3 x 21675 + 512 = 65537 bytes for a "
	 "rendered line, a quarter of room_log_kib = 256 is 65536 bytes"},
	{"", "f: has no setting at all, not even a port"},
	{"# port = 1\n/* mode */", "f: has no setting at all, not even a port"},
	{"port 9190", "f:1: port must be followed by =, not by 9190"},
	{"@include \"/etc/passwd\"\nport = 1",
	 "f:1: @include is not supported: FILE.d/*.conf are read after FILE"},
};

static void test_refusals(void)
{
	struct config c, before;

	memset(&before, 'x', sizeof(before));
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		c = before;
		is(parse(&c, refusals[i].text), -EINVAL, "refused: %s", refusals[i].message);
		ok(told_count == 1 && told_is(refusals[i].message), "and just this is told");
		if (told_count != 1 || !told_is(refusals[i].message))
			told_print();
		ok(memcmp(&c, &before, sizeof(c)) == 0, "nothing is changed");
	}
}

static void test_edges(void)
{
	struct config c;
	char text[160];

	is(parse(&c, "room_log_kib = 256; max_line = 21674;"), 0, "a line just fits the ring");
	is(parse(&c, "max_line = 65536"), 0, "the longest line fits the default ring");
	for (int size = 107; size <= 108; size++) {
		snprintf(text, sizeof(text), "socket = \"/%0*d\";", size - 1, 0);
		is(parse(&c, text), size == 107 ? 0 : -EINVAL, "a socket path of %d bytes", size);
	}
	is(parse(&c, "socket = \"\""), 0, "no socket");
	ok(!c.socket[0], "is an empty path");
}

static void test_many_errors(void)
{
	static char text[4096];
	struct config c;

	is(parse(&c, "port = 0; mode = \"shout\";\nmax_clients = 99999999999;\nport = 7\n"
		     "max_client = 3; handlers 3; text = \"raw;\nlisten = \"x\";\nlog_level = 1"),
	   -EINVAL, "many errors");
	is(told_count, 9, "all are told");
	ok(told_has("f:1: port") && told_has("f:1: mode") && told_has("f:2: max_clients") &&
		   told_has("f:3: port is given twice") && told_has("f:4: max_client is") &&
		   told_has("f:4: handlers must") && told_has("f:4: a string begins") &&
		   told_has("f:5: listen") && told_has("f:6: log_level"),
	   "with their lines");
	for (int i = 0; i < 25; i++)
		strcat(text, "x = 1;\n");
	is(parse(&c, text), -EINVAL, "25 errors");
	is(told_count, CONFIG_ERRORS_MAX + 1, "20 are told");
	ok(told_is("f: 5 more errors"), "and the number of the others");
}

static void test_apply(void)
{
	struct config now, next;

	is(parse(&next,
		 "port=1;max_clients=2;mode=\"echo\";listen=\"::1\";socket=\"/s\";handlers=3;"
		 "proxy=\"::1\";"
		 "max_line=65;text=\"raw\";rate_lines=4;rate_burst=5;slow_grace_ms=6;"
		 "room_log_kib=512;max_rooms=7;history=8;max_per_address=9;max_rooms_per_address=5;"
		 "log_level=\"error\""),
	   0, "another value for each setting");
	config_default(&now);
	for (size_t i = 0; i < SETTING_COUNT; i++)
		ok(memcmp((char *)&now + settings[i].offset, (char *)&next + settings[i].offset,
			  settings[i].size) != 0,
		   "%s differs", settings[i].name);
	config_apply(&now, &next);
	is(now.handlers, 0, "handlers waits");
	is(told_count, 1, "which is told");
	ok(told_has("handlers") && told_has("next start"), "by its name");
	now.handlers = 3;
	ok(memcmp(&now, &next, sizeof(now)) == 0, "all the others are taken over");
	config_apply(&now, &next);
	is(told_count, 1, "what is the same is not told");
}

#define TEN            "0123456789"
#define HUNDRED_LESS_1 TEN TEN TEN TEN TEN TEN TEN TEN TEN "012345678"

static void test_default_socket(void)
{
	static const char folder_100[] = "/" HUNDRED_LESS_1;
	static const char folder_100_socket[] = "/" HUNDRED_LESS_1 "/socket";
	static const char folder_101[] = "/" HUNDRED_LESS_1 "x";
	static const struct {
		const char *folders, *socket;
	} cases[] = {
		{"/run/mtchatd", "/run/mtchatd/socket"},
		{"/run/a:/run/b", "/run/a/socket"},
		{"", ""},
		{"run", ""},
		{folder_100, folder_100_socket},
		{folder_101, ""},
	};
	struct config c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setenv("RUNTIME_DIRECTORY", cases[i].folders, 1);
		config_default(&c);
		ok(strcmp(c.socket, cases[i].socket) == 0, "RUNTIME_DIRECTORY %zu: \"%s\"", i,
		   c.socket);
	}
	unsetenv("RUNTIME_DIRECTORY");
	config_default(&c);
	ok(!c.socket[0], "no folder, no socket");
}

int main(void)
{
	unsetenv("RUNTIME_DIRECTORY");
	test_table();
	test_nearest();
	test_good();
	test_listen();
	test_proxy();
	test_refusals();
	test_edges();
	test_many_errors();
	test_apply();
	test_default_socket();
	return done();
}
