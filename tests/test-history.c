/* test-history.c - what was typed in earlier sessions: the file, its bounds, what is never in it */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mtchat/history.h"
#include "tap.h"

static char folder[] = "/tmp/test-history.XXXXXX";
static char path[128];

static void write_text(const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		exit(EXIT_FAILURE);
}

static const char *read_text(void)
{
	static char text[65536];
	FILE *file = fopen(path, "r");
	size_t size = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	text[size] = '\0';
	if (file)
		fclose(file);
	return text;
}

/* As a session does. */
static int write_entries(const struct history *history, const char *to)
{
	int r = history_append(history, to);

	return r < 0 ? r : history_shorten(to);
}

/* By what is no client of today's. */
static int open_and_add(const char *text)
{
	int fd;

	do
		fd = state_lock(path, STATE_WAIT_MS);
	while (fd == -EAGAIN);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(1);
	return fd;
}

static void test_path(void)
{
	char found[HISTORY_PATH_SIZE];
	char *long_home = malloc(HISTORY_PATH_SIZE + 1);

	if (!long_home)
		exit(EXIT_FAILURE);
	memset(long_home, '/', HISTORY_PATH_SIZE);
	long_home[HISTORY_PATH_SIZE] = '\0';
	setenv("HOME", "/home/alice", 1);
	setenv("XDG_STATE_HOME", "/state", 1);
	is(history_path(found), 0, "a folder for what programs keep");
	ok(strcmp(found, "/state/mtchat/history") == 0, "%s", found);
	setenv("XDG_STATE_HOME", "relative", 1);
	is(history_path(found), 0, "a relative one is none");
	ok(strcmp(found, "/home/alice/.local/state/mtchat/history") == 0, "%s", found);
	setenv("HOME", long_home, 1);
	is(history_path(found), -ENAMETOOLONG, "too long");
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	is(history_path(found), -ENOENT, "no home");
	free(long_home);
}

static void test_add(void)
{
	static const char *const kept[] = {
		"hello",        "/me waves", "//msg",      "/etc/msg x",
		"see /msg bob", "/join x",   "@n=x hello",
	};
	static const char *const dropped[] = {
		"",
		"/msg bob x",
		"/msg",
		"/MSG bob x",
		" /msg bob x",
		"/msg\tbob x",
		"hi\n/msg bob x",
		"hi\r\n  /Msg bob x\nhi",
		"@n=abc /msg bob x",
		"@n=abc  /msg bob x",
		"/msg:bob",
		"/msgs",
		"/m bob x",
		"/ㅡㄴㅎ bob x",
		"\uff0fmsg bob x",
		"/msg,bob x",
		"\u3000/msg bob x",
		" @n=abc /MSG bob x",
		"/name bob 0123",
	};
	struct history history = {0};

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		is(history_add(&history, kept[i]), 0, "added: %s", kept[i]);
	is((long long)history.count, sizeof(kept) / sizeof(*kept), "all are kept");
	for (size_t i = 0; i < sizeof(dropped) / sizeof(*dropped); i++) {
		history_add(&history, dropped[i]);
		is((long long)history.count, sizeof(kept) / sizeof(*kept), "not kept: case %zu", i);
	}
	history_add(&history, "@n=x hello");
	is((long long)history.count, sizeof(kept) / sizeof(*kept), "nor the last once more");
	history_done(&history);
	is((long long)history.count, 0, "empty");
}

static void test_file(void)
{
	struct history history = {0}, read = {0};
	struct stat st;

	is(history_read(&read, path), -ENOENT, "there is none");
	history_add(&history, "plain");
	history_add(&history, "two\nlines and a \\ and \\n");
	history_add(&history, "\n");
	history_add(&history, "\\");
	umask(0);
	is(write_entries(&history, path), 0, "written");
	ok(strcmp(read_text(), "plain\ntwo\\nlines and a \\\\ and \\\\n\n\\n\n\\\\\n") == 0,
	   "one entry a line");
	is(stat(path, &st), 0, "it is there");
	is(st.st_mode & 07777, 0600, "for nobody else");
	is(history_read(&read, path), 0, "read");
	is((long long)read.count, 4, "four entries");
	for (size_t i = 0; i < read.count; i++)
		ok(strcmp(read.entries[i], history.entries[i]) == 0, "entry %zu", i);
	history_done(&read);
	history_done(&history);

	write_text("of others\n/msg bob old\nbad \\x\\\nno end");
	chmod(path, 0644);
	history_add(&history, "new");
	is(write_entries(&history, path), 0, "behind what others wrote");
	ok(strcmp(read_text(), "of others\nbad \\\\x\\\\\nno end\nnew\n") == 0,
	   "but for what is private");
	stat(path, &st);
	is(st.st_mode & 07777, 0600, "and no more for others to read");
	history_done(&history);
}

static void test_bounds(void)
{
	static char large[HISTORY_SIZE_MAX / 3];
	struct history history = {0}, read = {0};
	char line[32];
	struct stat st;

	unlink(path);
	for (int i = 0; i < HISTORY_MAX + 5; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		history_add(&history, line);
	}
	is((long long)history.count, HISTORY_MAX, "so many");
	ok(strcmp(history.entries[0], "line 5") == 0, "the oldest went");
	write_entries(&history, path);
	history_done(&history);
	history_add(&history, "one more");
	write_entries(&history, path);
	history_read(&read, path);
	is((long long)read.count, HISTORY_MAX, "in the file, too");
	ok(strcmp(read.entries[0], "line 6") == 0, "there, too");
	ok(strcmp(read.entries[HISTORY_MAX - 1], "one more") == 0, "the new one is there");
	history_done(&read);
	history_done(&history);

	for (int i = 0; i < 4; i++) {
		memset(large, 'a' + i, sizeof(large) - 1);
		history_add(&history, large);
	}
	is(write_entries(&history, path), 0, "large entries");
	stat(path, &st);
	ok(st.st_size <= HISTORY_SIZE_MAX, "the file has its size");
	history_read(&read, path);
	is((long long)read.count, 3, "the latest are in it");
	ok(read.count > 0 && read.entries[0][0] == 'b', "whole");
	history_done(&read);
	history_done(&history);
}

/* One that grew by other means is read from a line on that is whole. */
static void test_too_large(void)
{
	struct history read = {0};
	FILE *file = fopen(path, "w");
	bool whole = true;

	for (int i = 0; file && i < 200000; i++)
		fprintf(file, "line %d\n", i);
	if (!file || fclose(file) != 0)
		exit(EXIT_FAILURE);
	is(history_read(&read, path), 0, "too large");
	is((long long)read.count, HISTORY_MAX, "its last entries");
	for (size_t i = 0; i < read.count; i++)
		whole = whole && strncmp(read.entries[i], "line ", 5) == 0;
	ok(whole, "are whole");
	ok(read.count > 0 && strcmp(read.entries[read.count - 1], "line 199999") == 0,
	   "the last, too");
	history_done(&read);
}

static void test_no_file(void)
{
	char other[160], below[200];
	struct history history = {0}, read = {0};
	struct stat st;

	history_add(&history, "line");
	unlink(path);
	snprintf(other, sizeof(other), "%s/other", folder);
	is(symlink(other, path), 0, "a symlink");
	is(history_read(&read, path), -ELOOP, "is not read");
	is(write_entries(&history, path), -ELOOP, "and not written");
	ok(access(other, F_OK) < 0 && lstat(path, &st) == 0 && S_ISLNK(st.st_mode), "nor replaced");
	unlink(path);
	mkfifo(path, 0600);
	is(history_read(&read, path), -EBADF, "a FIFO is not read");
	is(write_entries(&history, path), -EBADF, "and not written");
	ok(lstat(path, &st) == 0 && S_ISFIFO(st.st_mode), "nor replaced");
	unlink(path);
	mkdir(path, 0700);
	is(write_entries(&history, path), -EBADF, "nor is a folder");
	rmdir(path);

	write_text("");
	snprintf(below, sizeof(below), "%s/below", path);
	is(write_entries(&history, below), -ENOTDIR, "a file is no folder");
	unlink(path);
	snprintf(below, sizeof(below), "%s/new/deep/history", folder);
	is(write_entries(&history, below), 0, "folders are made");
	unlink(below);
	*strrchr(below, '/') = '\0';
	stat(below, &st);
	is(st.st_mode & 07777, 0700, "for nobody else");
	rmdir(below);
	*strrchr(below, '/') = '\0';
	rmdir(below);
	history_done(&history);
}

/* Several at once, each line by line, while one makes the file shorter all the time. */
static void test_at_once(void)
{
	enum { WRITERS = 4, LINES = 100 };
	struct history read = {0};
	int status, seen[WRITERS] = {0};
	char line[64], scratch[sizeof(path) + 8];
	bool in_order = true;
	pid_t shortener;

	write_text("/msg bob old\nbefore");
	fflush(stdout); /* TSan's _exit() writes what is in the buffer, each process once more */
	shortener = fork();
	while (shortener == 0) {
		int r = history_shorten(path);

		if ((r < 0 && r != -EAGAIN) || getppid() == 1)
			_exit(1);
	}
	for (int i = 0; i < WRITERS; i++) {
		if (fork() != 0)
			continue;
		for (int j = 0; j < LINES; j++) {
			struct history history = {0};
			int r;

			snprintf(line, sizeof(line), "%d %d", i, j);
			history_add(&history, line);
			do
				r = history_append(&history, path);
			while (r == -EAGAIN);
			if (r < 0)
				_exit(1);
			history_done(&history);
			if (j % 10 == i) /* something to be taken out */
				close(open_and_add("/msg bob x\n"));
		}
		_exit(0);
	}
	for (int i = 0; i < WRITERS; i++)
		ok(wait(&status) > 0 && status == 0, "one has written all");
	kill(shortener, SIGKILL);
	waitpid(shortener, &status, 0);
	ok(WIFSIGNALED(status), "so has the one that makes it shorter");
	is(history_shorten(path), 0, "once more");
	history_read(&read, path);
	is((long long)read.count, 1 + WRITERS * LINES, "nothing is lost, nothing there twice");
	ok(read.count > 0 && strcmp(read.entries[0], "before") == 0, "what was there");
	for (size_t i = 1; i < read.count; i++) {
		int writer = -1, number = -1;

		sscanf(read.entries[i], "%d %d", &writer, &number);
		in_order = in_order && writer >= 0 && writer < WRITERS && seen[writer]++ == number;
	}
	ok(in_order, "each in its order");
	ok(!strstr(read_text(), "/msg"), "and nothing that is not to be kept");
	history_done(&read);
	snprintf(scratch, sizeof(scratch), "%s.new", path);
	unlink(scratch); /* of the one that was killed */
	unlink(path);
}

int main(void)
{
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	snprintf(path, sizeof(path), "%s/history", folder);
	test_path();
	test_add();
	test_file();
	test_bounds();
	test_too_large();
	test_no_file();
	test_at_once();
	is(rmdir(folder), 0, "nothing is left behind");
	return done();
}
