/* test-dial.c - a connection is made by a child: what it brings, what it tells, how it is stopped
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/deadline.h"
#include "mtchat/dial.h"

#include "dialling.h"
#include "tap.h"

enum { SHORT_MS = 100, FILLERS = 16 };

static char folder[] = "/tmp/test-dial.XXXXXX";

static struct target target_port(int port)
{
	char text[32];

	snprintf(text, sizeof(text), "127.0.0.1:%d", port);
	return target_of(text);
}

/* Listens on a free port of the loopback. */
static int listen_port(int backlog, int *ret_port)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    listen(fd, backlog) < 0 ||
	    getsockname(fd, (struct sockaddr *)&name, &(socklen_t){sizeof(name)}) < 0)
		abort();
	*ret_port = ntohs(name.sin_port);
	return fd;
}

static void brings_a_link(const struct target *target, int listener, const char *what)
{
	struct dialled dialled = dial(target);
	AUTO_CLOSE int fd = dialled.fd;
	AUTO_CLOSE int other = -1;
	char got[8] = "";

	is(dialled.status, 0, "%s is reached%s", what, dialled.why);
	is(dialled.pid, 0, "... by nobody who stays");
	ok(fcntl(fd, F_GETFL) & O_NONBLOCK, "... does not block");
	ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "... is not for programs that are run");
	other = accept(listener, NULL, NULL);
	ok(write(fd, "ping", 4) == 4 && read_some(other, got, 4) == 4 && !memcmp(got, "ping", 4),
	   "... carries what is said");
	ok(write(other, "pong", 4) == 4 && read_some(fd, got, 4) == 4 && !memcmp(got, "pong", 4),
	   "... and what is answered");
	close(fd);
	fd = -1;
	is(read_some(other, got, 1), 0, "... and nobody else holds it");
}

static void test_links(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int before = count_fds(), port, fd;
	char text[sizeof(name.sun_path) + 5];
	struct target target;

	fd = listen_port(8, &port);
	target = target_port(port);
	brings_a_link(&target, fd, "a port");
	close(fd);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", folder);
	snprintf(text, sizeof(text), "unix:%s", name.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 || listen(fd, 8) < 0)
		abort();
	target = target_of(text);
	brings_a_link(&target, fd, "a Unix socket");
	close(fd);
	unlink(name.sun_path);

	is(count_fds(), before, "all descriptors are closed");
	ok(has_no_child(), "no child is left");
}

static void test_failures(void)
{
	struct target target;
	char why[100];
	int port;

	close(listen_port(1, &port));
	target = target_port(port);
	snprintf(why, sizeof(why), "cannot connect to 127.0.0.1 port %d: Connection refuse", port);
	fails(&target, EX_UNAVAILABLE, why);

	target = target_of("name.invalid");
	fails(&target, EX_NOHOST, "cannot find the host name.invalid: ");

	snprintf(why, sizeof(why), "unix:%s/none", folder);
	target = target_of(why);
	snprintf(why, sizeof(why), "cannot connect to %s/none: ", folder);
	fails(&target, EX_UNAVAILABLE, why);
}

/* -- nobody answers -- */

/* A port whose backlog is full: a connection to it is neither made nor refused. */
struct silent {
	int fd, port;
	int fillers[FILLERS];
};

static void silent_make(struct silent *ret)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};

	ret->fd = listen_port(0, &ret->port);
	name.sin_port = htons((uint16_t)ret->port);
	for (int i = 0; i < FILLERS; i++) {
		ret->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(ret->fillers[i], (struct sockaddr *)&name, sizeof(name));
	}
}

static void silent_done(struct silent *silent)
{
	close(silent->fd);
	for (int i = 0; i < FILLERS; i++)
		close(silent->fillers[i]);
}

static void test_stop(void)
{
	int before = count_fds();
	struct dialled dialled;
	struct target target;
	struct silent silent;
	struct dial dial;
	uint64_t began;

	silent_make(&silent);
	target = target_port(silent.port);
	is(dial_begin(&dial, &target, false), 0, "a silent server is dialled");
	ok(!becomes_readable(dial.fd, SHORT_MS), "... nothing comes of it");
	ok(!dial_end(&dial, &dialled), "... and that is not the end");
	began = clock_ms();
	dial_stop(&dial);
	ok(clock_ms() - began < 2000, "it is stopped at once");
	is(dial.fd, -1, "... nothing is under way");
	ok(has_no_child(), "... no child is left");
	dial_stop(&dial);
	is(dial.fd, -1, "stopped again");

	is(dial_begin(&dial, &target, false), 0, "dialled once more");
	kill(dial.pid, SIGKILL);
	dialled = finish(&dial);
	is(dialled.status, EX_UNAVAILABLE, "the child was killed: %s", dialled.why);
	is(dialled.fd, -1, "... and has brought nothing");
	silent_done(&silent);
	is(count_fds(), before, "all descriptors are closed");
	ok(has_no_child(), "no child is left");
}

/* The link is made, and there is no descriptor for it here. */
static void test_no_descriptor(void)
{
	int before = count_fds(), port, fd = listen_port(8, &port);
	struct target target = target_port(port);
	struct rlimit limit, old;
	struct dialled dialled;
	struct dial dial;

	getrlimit(RLIMIT_NOFILE, &old);
	is(dial_begin(&dial, &target, false), 0, "dialled by one who has too many files open");
	limit = (struct rlimit){.rlim_cur = 3, .rlim_max = old.rlim_max};
	setrlimit(RLIMIT_NOFILE, &limit);
	dialled = finish(&dial);
	setrlimit(RLIMIT_NOFILE, &old);
	is(dialled.status, EX_UNAVAILABLE, "... that is a failure: %s", dialled.why);
	is(dialled.fd, -1, "... and no link");
	close(fd);
	is(count_fds(), before, "all descriptors are closed");
	ok(has_no_child(), "no child is left");
}

/* One that dials and is killed leaves nobody behind who goes on. */
static void test_parent_gone(void)
{
	struct target target;
	struct silent silent;
	struct dial dial;
	int ends[2], status;
	pid_t parent, child = 0;

	silent_make(&silent);
	target = target_port(silent.port);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(ends, O_CLOEXEC) < 0)
		abort();
	parent = fork();
	if (parent == 0) {
		if (dial_begin(&dial, &target, false) < 0 ||
		    write(ends[1], &dial.pid, sizeof(dial.pid)) != sizeof(dial.pid))
			_exit(1);
		becomes_readable(dial.fd, SHORT_MS);
		raise(SIGKILL);
	}
	is(read_some(ends[0], (char *)&child, sizeof(child)), sizeof(child), "somebody dials");
	waitpid(parent, NULL, 0);
	ok(waitpid(child, &status, 0) == child &&
		   (WIFSIGNALED(status) || WEXITSTATUS(status) == EX_OSERR),
	   "... is killed, and the child ends with it");
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	close(ends[0]);
	close(ends[1]);
	silent_done(&silent);
}

int main(void)
{
	if (!mkdtemp(folder))
		abort();
	setbuf(stdout, NULL);
	test_links();
	test_failures();
	test_stop();
	test_no_descriptor();
	test_parent_gone();
	rmdir(folder);
	return done();
}
