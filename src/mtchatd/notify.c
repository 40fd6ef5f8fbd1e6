/* notify.c - tells the service manager how we are; never waits for it */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <systemd/sd-daemon.h>

#include "common/cleanup.h"
#include "mtchatd/notify.h"

enum { NOTIFY_MESSAGE_MAX = 1024 };

/* "/path" or "@abstract"; *ret_length is what connect() wants to know. */
static int parse_address(const char *name, struct sockaddr_un *ret, socklen_t *ret_length)
{
	size_t length = strlen(name);

	if (name[0] != '/' && name[0] != '@')
		return -EINVAL;
	if (length >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret->sun_path, name, length);
	if (name[0] == '@') /* an abstract name begins with NUL and ends with its length */
		ret->sun_path[0] = '\0';
	else
		length++;
	*ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return 0;
}

int notify_open(struct notify *ret)
{
	AUTO_CLOSE int fd = -1;
	const char *name = getenv("NOTIFY_SOCKET"); /* NOLINT(concurrency-mt-unsafe): no setenv */
	struct sockaddr_un address;
	socklen_t length;
	int r;

	if (!name || name[0] == '\0') {
		ret->fd = -1;
		return 0;
	}
	r = parse_address(name, &address, &length);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, length) < 0)
		return -errno;
	ret->fd = take_fd(&fd);
	return 0;
}

void notify_close(struct notify *notify)
{
	closep(&notify->fd);
	notify->fd = -1;
}

/* With a copy of fd, unless that is -1. */
static int send_message(const struct notify *notify, int fd, struct iovec text)
{
	struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1};
	union {
		struct cmsghdr header; /* for its alignment */
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};

	if (fd >= 0) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
	}
	if (sendmsg(notify->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

__attribute__((format(printf, 3, 0))) static int send_format(const struct notify *notify, int fd,
							     const char *format, va_list list)
{
	char text[NOTIFY_MESSAGE_MAX];
	int n;

	if (notify->fd < 0)
		return 0;
	n = vsnprintf(text, sizeof(text), format, list);
	if (n < 0)
		return -EINVAL;
	if ((size_t)n >= sizeof(text)) /* half a message could mean something else */
		return -EMSGSIZE;
	return send_message(notify, fd, (struct iovec){.iov_base = text, .iov_len = (size_t)n});
}

int notify_send(struct notify *notify, const char *format, ...)
{
	va_list list;
	int r;

	va_start(list, format);
	r = send_format(notify, -1, format, list);
	va_end(list);
	return r;
}

int notify_send_fd(struct notify *notify, int fd, const char *format, ...)
{
	va_list list;
	int r;

	if (fd < 0)
		return -EBADF;
	va_start(list, format);
	r = send_format(notify, fd, format, list);
	va_end(list);
	return r;
}

uint64_t notify_watchdog_usec(void)
{
	uint64_t usec;

	return sd_watchdog_enabled(0, &usec) > 0 ? usec : 0;
}

uint64_t notify_monotonic_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
