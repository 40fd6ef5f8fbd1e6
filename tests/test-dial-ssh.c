/* test-dial-ssh.c - ssh is a link: how it is called, what it inherits, how it ends */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/clock.h"
#include "mtchat/dial.h"

#include "dialling.h"
#include "tap.h"

static char folder[] = "/tmp/test-dial-ssh.XXXXXX";

/* It comes first in PATH. */
static void write_ssh(const char *script)
{
	char path[sizeof(folder) + 4];
	FILE *file;

	snprintf(path, sizeof(path), "%s/ssh", folder);
	file = fopen(path, "we");
	if (!file || fputs(script, file) < 0 || fclose(file) != 0 || chmod(path, 0700) < 0)
		abort();
}

static void remove_ssh(void)
{
	char path[sizeof(folder) + 4];

	snprintf(path, sizeof(path), "%s/ssh", folder);
	unlink(path);
}

/* Runs ssh, which tells how it was called, and then echoes. */
static void ssh_is_called(bool quiet, const char *want)
{
	struct target target = target_of("ssh:alice@chat.lan");
	struct dialled dialled;
	struct dial dial;
	char told[256] = "", got[4];

	is(dial_begin(&dial, &target, quiet), 0, "ssh is dialled%s", quiet ? " quietly" : "");
	dialled = finish(&dial);
	is(dialled.status, 0, "... and runs%s", dialled.why);
	ok(dialled.pid > 0, "... as a process to be ended");
	ok(fcntl(dialled.fd, F_GETFL) & O_NONBLOCK, "... the link does not block");
	ok(read_some(dialled.fd, told, strlen(want)) == strlen(want) && strcmp(told, want) == 0,
	   "... is called as it should be");
	if (strcmp(told, want) != 0)
		printf("# it was: %s\n", told);
	ok(write(dialled.fd, "hi!\n", 4) == 4 && read_some(dialled.fd, got, 4) == 4 &&
		   memcmp(got, "hi!\n", 4) == 0,
	   "... the link goes through it");
	close(dialled.fd);
	dial_hang_up(dialled.pid);
	ok(has_no_child(), "... it ends with the link");
}

static void test_ssh(void)
{
	/* Ignored is what was ignored before, here SIGHUP; 32 and up are libc's. */
	static const char signals[] = "SigBlk: 0\nSigIgn: 1\n";
	char stderr_is[256] = "", want[512];
	sigset_t blocked, old;

	if (readlink("/proc/self/fd/2", stderr_is, sizeof(stderr_is) - 1) < 0)
		abort();
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &old);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	write_ssh("#!/bin/sh\n"
		  "echo \"$@\"\n"
		  "while read -r key value; do\n"
		  "case $key in SigBlk:|SigIgn:) echo $key $((0x$value & 0x7fffffff));; esac\n"
		  "done </proc/self/status\n"
		  "readlink /proc/$$/fd/2\n"
		  "exec cat\n");
	snprintf(want, sizeof(want), "-T -- alice@chat.lan mtchat --stdio\n%s%.100s\n", signals,
		 stderr_is);
	ssh_is_called(false, want);
	snprintf(want, sizeof(want),
		 "-T -o BatchMode=yes -- alice@chat.lan mtchat --stdio\n%s/dev/null\n", signals);
	ssh_is_called(true, want);
	signal(SIGHUP, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void test_ssh_ends(void)
{
	struct target target = target_of("ssh:chat.lan");
	int before = count_fds();
	struct dialled dialled;
	struct dial dial;
	uint64_t began;
	char got[6];

	write_ssh("#!/bin/sh\ntrap '' TERM\necho ready\nexec sleep 1000\n");
	dialled = (dial_begin(&dial, &target, true), finish(&dial));
	is(read_some(dialled.fd, got, 6), 6, "an ssh that does not end runs");
	close(dialled.fd);
	began = clock_ms();
	dial_hang_up(dialled.pid);
	ok(has_no_child(), "... is killed in the end");
	ok(clock_ms() - began >= 2 * DIAL_MOMENT_MS, "... after it got its time");
	ok(clock_ms() - began < 2 * DIAL_MOMENT_MS + 3000, "... and no more of it");

	is(dial_begin(&dial, &target, true), 0, "it is dialled");
	dial_stop(&dial);
	ok(has_no_child(), "... and stopped at once");

	write_ssh("#!/bin/sh\necho no route >&2\nexit 255\n");
	dialled = (dial_begin(&dial, &target, true), finish(&dial));
	is(dialled.status, 0, "an ssh that reaches nobody has run");
	is(read_some(dialled.fd, got, 1), 0, "... its link ends");
	close(dialled.fd);
	dial_hang_up(dialled.pid);
	dial_hang_up(0);
	ok(has_no_child(), "... and so has it");

	remove_ssh();
	setenv("PATH", folder, 1);
	fails(&target, EX_UNAVAILABLE, "cannot run ssh: ");
	is(count_fds(), before, "all descriptors are closed");
}

int main(void)
{
	const char *path = getenv("PATH");
	char first[4096];

	if (!mkdtemp(folder))
		abort();
	snprintf(first, sizeof(first), "%s:%s", folder, path ? path : "/usr/bin:/bin");
	setenv("PATH", first, 1);
	setbuf(stdout, NULL);
	test_ssh();
	test_ssh_ends();
	rmdir(folder);
	return done();
}
