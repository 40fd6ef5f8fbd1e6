/*
 * store-manager.h - a service manager for the tests of the store, played by the test itself
 *
 * It reads the messages from a socket, and hands descriptors over from 3 on.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "mtchatd/store.h"

enum {
	FIRST = 3,  /* descriptor that is handed over */
	MOST = 8,   /* $FDSTORE */
	APART = 64, /* our own descriptors are from here on */
	TEXT_MAX = 512,
	SHORT_MS = 30, /* for what never comes */
};

static char manager_name[64];
static int manager_fd = -1;

static inline _Noreturn void bail_out(const char *what)
{
	printf("Bail out! %s, errno %d\n", what, errno);
	exit(EXIT_FAILURE);
}

/* The same descriptor, out of the way of those that are handed over. */
static inline int apart(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, APART);

	if (moved < 0)
		bail_out("cannot move a descriptor");
	close(fd);
	return moved;
}

static inline void set_number(const char *variable, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	setenv(variable, text, 1);
}

static inline void forget_handed(void)
{
	for (int i = 0; i < MOST; i++)
		close(FIRST + i);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

static inline void start_manager(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length;

	snprintf(manager_name, sizeof(manager_name), "@test-store-%d", (int)getpid());
	length = strlen(manager_name);
	memcpy(address.sun_path + 1, manager_name + 1, length - 1);
	manager_fd = apart(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	if (bind(manager_fd, (struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
		bail_out("cannot bind");
	setenv("NOTIFY_SOCKET", manager_name, 1);
	set_number("FDSTORE", MOST);
	forget_handed();
}

/* The next message, without waiting unless flags are 0; *ret_fd: its descriptor, or -1. */
static inline bool receive(char text[TEXT_MAX], int *ret_fd, int flags)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec piece = {.iov_base = text, .iov_len = TEXT_MAX - 1};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	ssize_t n = recvmsg(manager_fd, &message, MSG_CMSG_CLOEXEC | flags);
	struct cmsghdr *header = n < 0 ? NULL : CMSG_FIRSTHDR(&message);

	text[n > 0 ? n : 0] = '\0';
	*ret_fd = -1;
	if (header) {
		memcpy(ret_fd, CMSG_DATA(header), sizeof(int));
		*ret_fd = apart(*ret_fd);
	}
	return n >= 0;
}

/* Whether the next message is this one, with a descriptor or without. */
static inline bool comes(const char *want, bool with_fd)
{
	char text[TEXT_MAX];
	int fd;
	bool any = receive(text, &fd, MSG_DONTWAIT), right;

	right = any && strcmp(text, want) == 0 && (fd >= 0) == with_fd;
	if (!right)
		printf("# came: %s with descriptor %d\n", any ? text : "nothing", fd);
	if (fd >= 0)
		close(fd);
	return right;
}

static inline bool nothing_comes(void)
{
	char text[TEXT_MAX];
	int fd;

	return !receive(text, &fd, MSG_DONTWAIT);
}

static inline void read_all(void)
{
	char text[TEXT_MAX];
	int fd;

	while (receive(text, &fd, MSG_DONTWAIT))
		if (fd >= 0)
			close(fd);
}

/* A file that is known again by its one byte. */
static inline int marked(char mark)
{
	int fd = apart(memfd_create("test", MFD_CLOEXEC));

	if (pwrite(fd, &mark, 1, 0) != 1)
		bail_out("cannot mark a file");
	return fd;
}

static inline char mark_of(int fd)
{
	char mark = 0;

	return pread(fd, &mark, 1, 0) == 1 ? mark : '-';
}

/* Hands over a file for each byte of marks; names are parted by colons. */
static inline void hand_over(const char *marks, const char *names)
{
	int count = (int)strlen(marks);

	for (int i = 0; i < count; i++) {
		int fd = marked(marks[i]);

		if (dup2(fd, FIRST + i) < 0)
			bail_out("cannot hand over");
		close(fd);
	}
	set_number("LISTEN_PID", (int)getpid());
	set_number("LISTEN_FDS", count);
	setenv("LISTEN_FDNAMES", names, 1);
}

static inline bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* One that can be sent to. */
static inline void begin(struct store *store, struct notify *notify, const char *marks,
			 const char *names)
{
	int r;

	read_all();
	if (notify_open(notify) < 0)
		bail_out("cannot reach the manager");
	notify->fd = apart(notify->fd);
	if (marks)
		hand_over(marks, names);
	r = store_open(store, notify);
	if (r < 0)
		bail_out("cannot open the store");
}

static inline void end(struct store *store, struct notify *notify)
{
	store_done(store);
	notify_close(notify);
	forget_handed();
	read_all();
}
