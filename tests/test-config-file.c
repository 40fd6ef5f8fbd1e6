/* test-config-file.c - configuration files and their folders, and what the machine grants */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mtchatd/config-file.h"
#include "mtchatd/config-read.h"
#include "mtchatd/config-source.h"
#include "mtchatd/config.h"
#include "mtchatd/machine.h"
#include "mtchatd/settings.h"

#include "capture.h"
#include "tap.h"
#include "told.h"

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	must(file && fputs(text, file) >= 0 && fclose(file) == 0, path);
}

static int load(struct config *ret, const char *path)
{
	told_begin();
	return config_load_within(ret, path, 0);
}

static void test_dropins(void)
{
	struct config c;

	put("main.conf", "port = 1; max_clients = 1; history = 1;\n");
	ok(load(&c, "main.conf") == 0 && c.port == 1, "no folder is fine");
	must(mkdir("main.conf.d", 0700) == 0, "mkdir");
	ok(load(&c, "main.conf") == 0 && c.port == 1, "an empty folder is fine");
	put("main.conf.d/a.conf", "port = 4; max_clients = 4;");
	put("main.conf.d/B.conf", "port = 3;");
	put("main.conf.d/10.conf", "port = 2;");
	put("main.conf.d/.z.conf", "port = 0;");
	put("main.conf.d/z.conf~", "port = 0;");
	put("main.conf.d/.conf", "port = 0;");
	put("main.conf.d/conf", "port = 0;");
	put("main.conf.d/z.conf", "# nothing\n");
	is(load(&c, "main.conf"), 0,
	   "files without .conf at their end, and dotfiles, are not read");
	ok(c.port == 4 && c.max_clients == 4 && c.history == 1, "the last in order of bytes wins");
	is(told_count, 0, "a setting may be in more than one file, and a file may be empty");

	put("main.conf.d/z.conf", "\nport = 0;");
	is(load(&c, "main.conf"), -EINVAL, "an error in the folder is one");
	ok(told_is("main.conf.d/z.conf:2: port must be 1 to 65535, not 0"), "told with its file");
	put("main.conf.d/z.conf", "max_line = 65536;");
	put("main.conf.d/b.conf", "room_log_kib = 256;");
	is(load(&c, "main.conf"), -EINVAL, "files that do not fit each other");
	ok(told_has("main.conf.d/z.conf:1: max_line does not fit"), "the later one is to blame");
	must(unlink("main.conf.d/b.conf") == 0 && unlink("main.conf.d/z.conf") == 0, "unlink");
}

static void test_odd_dropins(void)
{
	char path[64];
	struct config c;

	must(mkdir("main.conf.d/folder.conf", 0700) == 0, "mkdir");
	is(load(&c, "main.conf"), 0, "a folder in the folder is passed over");
	ok(told_is("main.conf.d/folder.conf is not a regular file, so it is not read"), "and told");
	must(rmdir("main.conf.d/folder.conf") == 0, "rmdir");
	must(symlink("nowhere", "main.conf.d/link.conf") == 0, "symlink");
	is(load(&c, "main.conf"), -EINVAL, "a link to nowhere is an error");
	ok(told_has("main.conf.d/link.conf: cannot be read: No such file"), "and told");
	must(unlink("main.conf.d/link.conf") == 0, "unlink");

	for (int i = 0; i < CONFIG_DROPINS_MAX - 2; i++) {
		snprintf(path, sizeof(path), "main.conf.d/many%d.conf", i);
		put(path, "");
	}
	is(load(&c, "main.conf"), -EINVAL, "too many files");
	ok(told_is("main.conf: its folder main.conf.d has more than 100 files"), "are told");
	must(unlink(path) == 0, "unlink");
	is(load(&c, "main.conf"), 0, "100 are fine");

	put("flat.conf", "port = 1;");
	put("flat.conf.d", "port = 1;");
	is(load(&c, "flat.conf"), -EINVAL, "FILE.d that is no folder");
	ok(told_is("flat.conf: its folder flat.conf.d cannot be read: Not a directory"), "is told");
}

static void test_odd_files(void)
{
	static const struct {
		const char *path, *message;
	} cases[] = {
		{"missing", "missing: cannot be read: No such file or directory"},
		{"main.conf/x", "main.conf/x: cannot be read: Not a directory"},
		{"main.conf.d", "main.conf.d: is a folder, not a file"},
		{"/dev/null", "/dev/null: has no setting at all, not even a port"},
		{"/dev/zero", "/dev/zero: is not a regular file"},
		{"fifo", "fifo: is not a regular file"},
		{"large", "large: is larger than 1048576 bytes"},
		{"nul", "nul:1: this is not text but NUL, a control character or invalid UTF-8 (a "
			"binary file?)"},
		{"empty", "empty: has no setting at all, not even a port"},
	};
	struct config c;

	must(mkfifo("fifo", 0600) == 0, "mkfifo");
	put("large", "port = 1;\n");
	put("empty", "");
	put("nul", "port = 1;");
	must(truncate("large", CONFIG_FILE_SIZE_MAX + 1) == 0, "truncate");
	must(truncate("nul", CONFIG_FILE_SIZE_MAX) == 0, "truncate");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is(load(&c, cases[i].path), -EINVAL, "refused: %s", cases[i].path);
		ok(told_count == 1 && told_is(cases[i].message), "%s", cases[i].message);
		told_print();
	}
	must(symlink("main.conf", "link.conf") == 0, "symlink");
	ok(load(&c, "link.conf") == 0 && c.port == 1, "a link to a file is followed");
}

static void test_memory(void)
{
	uint64_t rings = 64ULL * 2 * 1024 * 1024; /* the defaults */
	struct config c;

	told_begin();
	put("memory.conf", "port = 1;\n");
	is(config_load_within(&c, "memory.conf", 2 * rings), 0,
	   "the rings take half of the memory");
	is(c.max_rooms, 64, "and the default holds");
	is(told_count, 0, "of which nothing is told");
	is(config_load_within(&c, "memory.conf", 2 * rings - 2048), 0, "more than half");
	is(c.max_rooms, 63, "lowers what no file sets");
	ok(told_count == 1 && told_is("max_rooms is not set: 64 by default, but half of the memory "
				      "limit (MemoryMax=), 131071 KiB, allows no more than 63 with "
				      "2 rings of room_log_kib = 1024"),
	   "which is told once");
	is(config_load_within(&c, "memory.conf", 1024), 0, "hardly any memory");
	is(c.max_rooms, 1, "leaves the lobby");
	put("memory.conf", "room_log_kib = 65536;\n");
	is(config_load_within(&c, "memory.conf", 1ULL << 30), 0, "large logs are wanted");
	is(c.max_rooms, 4, "so fewer rooms are allowed");
	is(config_load_within(&c, "memory.conf", 1ULL << 27), -EINVAL, "not even one room fits");
	ok(told_has("memory.conf:1: room_log_kib is too much: max_rooms = 64 "),
	   "whose line is told");
	put("memory.conf", "max_rooms = 64;\n");
	is(config_load_within(&c, "memory.conf", 2 * rings - 2048), -EINVAL, "what a file sets");
	ok(told_has(
		   "memory.conf:1: max_rooms is too much: max_rooms = 64 with 2 rings of room_log_kib "
		   "= 1024 need 131072 KiB, half of the memory limit (MemoryMax=) is 131071 KiB"),
	   "is an error of its line");
	put("memory.conf", "max_rooms = 4096;\nroom_log_kib = 65536;\n");
	is(config_load_within(&c, "memory.conf", 0), 0, "no limit");
	is(config_load_within(&c, "memory.conf", 1ULL << 40), 0, "the most fits 1 TiB");
	is(config_load_within(&c, "memory.conf", 1ULL << 39), -EINVAL, "and not half of it");
	ok(told_has("memory.conf:2: room_log_kib is too much: "), "the later line is to blame");
}

static void test_memory_max(void)
{
	static const struct {
		const char *group, *limit;
		uint64_t bytes;
	} cases[] = {
		{"0::/a/b\n", "1048576\n", 1048576},
		{"3:cpu:/x\n0::/a/b\n", "4096", 4096},
		{"0::/a/b\n", "max\n", 0},
		{"0::/a/b\n", "", 0},
		{"0::/a/b\n", "12x\n", 0},
		{"0::/a/b\n", "99999999999999999999\n", 0},
		{"0::/c\n", "1\n", 0},
		{"3:memory:/a/b\n", "1\n", 0},
		{"", "1\n", 0},
	};

	must(mkdir("mount", 0700) == 0 && mkdir("mount/a", 0700) == 0 &&
		     mkdir("mount/a/b", 0700) == 0,
	     "mkdir");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put("cgroup", cases[i].group);
		put("mount/a/b/memory.max", cases[i].limit);
		is(machine_memory_max("cgroup", "mount"), cases[i].bytes, "memory limit %zu", i);
	}
	is(machine_memory_max("missing", "mount"), 0, "no control group, no limit");
}

static void test_handlers(void)
{
	cpu_set_t set;
	int processors;

	must(sched_getaffinity(0, sizeof(set), &set) == 0, "sched_getaffinity");
	processors = CPU_COUNT(&set);
	is(machine_processors(), processors, "processors");
	is(config_resolve_handlers(256), 256, "a number is taken as it is");
	is(config_resolve_handlers(0),
	   processors <= 2   ? 1
	   : processors >= 8 ? 4
			     : processors / 2,
	   "0 goes by the processors");
	for (int i = 0, kept = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set) && kept++ > 0)
			CPU_CLR(i, &set);
	must(sched_setaffinity(0, sizeof(set), &set) == 0, "sched_setaffinity");
	is(config_resolve_handlers(0), 1, "one on one processor");
}

/* Takes the # from each line that is a setting: "#name = ..." with no blank behind the #. */
static char *read_packaged(const char *source, size_t *ret_size)
{
	char path[4096];
	char *text;
	int r;

	snprintf(path, sizeof(path), "%s/conf/mtchatd.conf", source);
	r = config_file_read(path, &text, ret_size);
	must(r == 0, path);
	for (size_t i = 0; i + 1 < *ret_size; i++)
		if (text[i] == '#' && (i == 0 || text[i - 1] == '\n') && text[i + 1] != ' ' &&
		    text[i + 1] != '\n')
			text[i] = ' ';
	return text;
}

static void test_packaged(const char *source)
{
	struct source_statement statement;
	struct config c, defaults;
	struct source reading;
	size_t size, i = 0;
	char *text = read_packaged(source, &size);

	told_begin();
	setenv("RUNTIME_DIRECTORY", "/run/mtchatd", 1);
	config_default(&defaults);
	is(config_parse(&c, text, size, "conf/mtchatd.conf"), 0, "the packaged file, all of it");
	told_print();
	ok(c.rate_lines == 50 && c.rate_burst == 500, "sets a rate");
	c.rate_lines = defaults.rate_lines;
	c.rate_burst = defaults.rate_burst;
	ok(c.max_per_address == 64 && c.max_rooms_per_address == 16, "and bounds each address");
	c.max_per_address = defaults.max_per_address;
	c.max_rooms_per_address = defaults.max_rooms_per_address;
	ok(memcmp(&c, &defaults, sizeof(c)) == 0, "else has the defaults");
	for (source_init(&reading, text, size); source_next(&reading, &statement) == 1; i++)
		ok(setting_find(statement.name, statement.name_size), "%.*s",
		   (int)statement.name_size, statement.name);
	is(i, SETTING_COUNT, "and has every setting once");
	free(text);
}

int main(void)
{
	const char *srcdir = getenv("srcdir");
	char *source = realpath(srcdir ? srcdir : ".", NULL);
	char folder[] = "/tmp/test-config-XXXXXX";
	char command[64];

	must(source && mkdtemp(folder) && chdir(folder) == 0, "temporary folder");
	test_dropins();
	test_odd_dropins();
	test_odd_files();
	test_memory();
	test_memory_max();
	test_packaged(source);
	test_handlers();
	free(source);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	must(chdir("/") == 0 && system(command) == 0, command);
	return done();
}
