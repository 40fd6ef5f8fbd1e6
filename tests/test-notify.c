/* test-notify.c - messages to the service manager */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "mtchatd/notify.h"

#include "tap.h"

/* A receiver as a service manager has it; sets $NOTIFY_SOCKET. */
static int receiver(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, name, length);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	if (fd < 0 || bind(fd, (struct sockaddr *)&address,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0) {
		printf("Bail out! cannot bind %s\n", name);
		exit(EXIT_FAILURE);
	}
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void test_talk(const char *name)
{
	int fd = receiver(name);
	struct notify notify = {.fd = -1};
	char got[256] = "";

	is(notify_open(&notify), 0, "opened %s", name);
	ok(fcntl(notify.fd, F_GETFD) & FD_CLOEXEC, "closed on exec");
	is(notify_send(&notify, "READY=1\nSTATUS=%d of %d\n", 3, 256), 0, "sent");
	is(recv(fd, got, sizeof(got) - 1, 0), 24, "received");
	ok(strcmp(got, "READY=1\nSTATUS=3 of 256\n") == 0, "as it is");
	ok(getenv("NOTIFY_SOCKET") != NULL, "the variable is still set");

	close(fd);
	is(notify_send(&notify, "WATCHDOG=1\n"), -ECONNREFUSED, "a receiver that left is told");
	notify_close(&notify);
	is(notify.fd, -1, "closed");
	notify_close(&notify);
}

static void test_full(const char *name)
{
	int fd = receiver(name), sent = 0, r;
	struct notify notify;
	char got[64];

	is(notify_open(&notify), 0, "opened");
	do {
		alarm(10); /* a send that waits ends the test */
		r = notify_send(&notify, "WATCHDOG=1\n");
	} while (r == 0 && ++sent < 1000000);
	is(r, -EAGAIN, "a full queue (after %d messages) is told at once", sent);
	is(notify_send(&notify, "WATCHDOG=1\n"), -EAGAIN, "again");
	alarm(0);
	while (recv(fd, got, sizeof(got), 0) > 0)
		;
	is(notify_send(&notify, "WATCHDOG=1\n"), 0, "there is room again");
	notify_close(&notify);
	close(fd);
}

static void test_long(const char *name)
{
	int fd = receiver(name);
	struct notify notify;
	char text[2048], got[2048];

	memset(text, 's', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	is(notify_open(&notify), 0, "opened");
	is(notify_send(&notify, "STATUS=%s", text), -EMSGSIZE, "too long a message is refused");
	is(recv(fd, got, sizeof(got), 0), -1, "not sent in part");
	is(notify_send(&notify, "STATUS=%.1016s", text), 0, "the longest one");
	is(recv(fd, got, sizeof(got), 0), 1023, "is whole");
	notify_close(&notify);
	close(fd);
}

/* The descriptor that comes with the next message, or -1. */
static int receive_fd(int fd, char *text, size_t size)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec piece = {.iov_base = text, .iov_len = size - 1};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int got = -1;

	text[n > 0 ? n : 0] = '\0';
	if (n > 0 && header && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&got, CMSG_DATA(header), sizeof(int));
	return got;
}

static void test_descriptor(const char *name)
{
	int fd = receiver(name), ends[2] = {-1, -1}, got;
	struct notify notify;
	char text[2048];

	is(notify_open(&notify), 0, "opened");
	is(pipe(ends), 0, "a pipe");
	is(notify_send_fd(&notify, ends[1], "FDSTORE=1\nFDNAME=%s", "a"), 0, "its end is sent");
	close(ends[1]);
	got = receive_fd(fd, text, sizeof(text));
	ok(strcmp(text, "FDSTORE=1\nFDNAME=a") == 0, "with the message");
	ok(got >= 0 && write(got, "x", 1) == 1 && read(ends[0], text, 1) == 1, "it is the pipe's");
	close(got);
	is(notify_send(&notify, "WATCHDOG=1\n"), 0, "a message without one");
	is(receive_fd(fd, text, sizeof(text)), -1, "has none");
	is(notify_send_fd(&notify, -1, "FDSTORE=1\n"), -EBADF, "no descriptor");
	is(notify_send_fd(&notify, 999, "FDSTORE=1\n"), -EBADF, "one that is not open");
	memset(text, 'n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	is(notify_send_fd(&notify, ends[0], "FDNAME=%s", text), -EMSGSIZE, "too long a message");
	is(recv(fd, text, sizeof(text), 0), -1, "nothing of it was sent");
	while (notify_send(&notify, "WATCHDOG=1\n") == 0)
		;
	is(notify_send_fd(&notify, ends[0], "FDSTORE=1\n"), -EAGAIN, "a full queue is told");
	notify_close(&notify);
	is(notify_send_fd(&notify, ends[0], "FDSTORE=1\n"), 0, "nobody to tell");
	close(ends[0]);
	close(fd);
}

static void test_bad_names(const char *folder)
{
	char name[256];
	struct notify notify = {.fd = 99};
	struct sockaddr_un address;

	snprintf(name, sizeof(name), "%s/none", folder);
	setenv("NOTIFY_SOCKET", name, 1);
	is(notify_open(&notify), -ENOENT, "no such socket");
	setenv("NOTIFY_SOCKET", "@mtchat-test-nobody-listens", 1);
	is(notify_open(&notify), -ECONNREFUSED, "no such abstract socket");
	setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
	is(notify_open(&notify), -EINVAL, "no AF_UNIX name");
	memset(name, 'n', sizeof(address.sun_path));
	name[0] = '/';
	name[sizeof(address.sun_path)] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	is(notify_open(&notify), -ENAMETOOLONG, "too long a name");
	is(notify.fd, 99, "nothing is touched on failure");
}

static void test_nobody(void)
{
	struct notify notify = {.fd = 99};

	unsetenv("NOTIFY_SOCKET");
	is(notify_open(&notify), 0, "no variable");
	is(notify.fd, -1, "no socket");
	is(notify_send(&notify, "READY=1\n"), 0, "nobody to tell");
	notify_close(&notify);
	setenv("NOTIFY_SOCKET", "", 1);
	is(notify_open(&notify), 0, "an empty variable");
	is(notify.fd, -1, "no socket");
	unsetenv("NOTIFY_SOCKET");
}

static void test_watchdog(void)
{
	char pid[32];

	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	is(notify_watchdog_usec(), 0, "no watchdog");
	setenv("WATCHDOG_USEC", "10000000", 1);
	is(notify_watchdog_usec(), 10000000, "a watchdog of 10 s for anybody");
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	is(notify_watchdog_usec(), 10000000, "for us");
	snprintf(pid, sizeof(pid), "%d", (int)getppid());
	setenv("WATCHDOG_PID", pid, 1);
	is(notify_watchdog_usec(), 0, "for our parent");
	unsetenv("WATCHDOG_PID");
	setenv("WATCHDOG_USEC", "soon", 1);
	is(notify_watchdog_usec(), 0, "no number");
	ok(getenv("WATCHDOG_USEC") != NULL, "the variable is still set");
	unsetenv("WATCHDOG_USEC");
}

static void test_clock(void)
{
	struct timespec now;
	uint64_t before = notify_monotonic_usec(), after, between;

	clock_gettime(CLOCK_MONOTONIC, &now);
	after = notify_monotonic_usec();
	between = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	ok(before <= between && between <= after, "CLOCK_MONOTONIC in us");
}

int main(void)
{
	char folder[] = "/tmp/test-notify-XXXXXX", path[64], abstract[64];

	if (!mkdtemp(folder)) {
		printf("Bail out! no temporary folder\n");
		return EXIT_FAILURE;
	}
	snprintf(path, sizeof(path), "%s/notify", folder);
	snprintf(abstract, sizeof(abstract), "@%s", folder);
	test_talk(path);
	unlink(path);
	test_talk(abstract);
	test_full(abstract);
	test_long(abstract);
	test_descriptor(abstract);
	test_bad_names(folder);
	test_nobody();
	test_watchdog();
	test_clock();
	rmdir(folder);
	return done();
}
