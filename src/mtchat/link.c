/* link.c - the connection to the server, never waited for once it stands */
#include "mtchat/link.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/deadline.h"

enum {
	BACKLOG_PAUSE_MS = 50, /* between two tries at a Unix socket with a full backlog */
	KEEPALIVE_IDLE_S = 30, /* a dead server is found after 30 + 3 x 10 s */
	KEEPALIVE_STEP_S = 10,
	KEEPALIVE_PROBES = 3,
};

/* Waits for a connect() under way.  0, or -errno. */
static int connect_wait(int fd, uint64_t deadline)
{
	struct pollfd poller = {.fd = fd, .events = POLLOUT};
	int error, r;

	do {
		r = poll(&poller, 1, deadline_timeout(deadline));
		if (r == 0)
			return -ETIMEDOUT;
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof(error)}) < 0)
		return -errno;
	return -error;
}

static int connect_to(int fd, const struct address *address)
{
	const struct sockaddr *name = (const struct sockaddr *)&address->name;
	uint64_t deadline = clock_ms() + LINK_CONNECT_MS;

	while (connect(fd, name, address->size) < 0) {
		if (errno == EINPROGRESS || errno == EINTR)
			return connect_wait(fd, deadline);
		if (errno != EAGAIN)
			return -errno;
		if (clock_ms() >= deadline)
			return -ETIMEDOUT;
		poll(NULL, 0, BACKLOG_PAUSE_MS); /* a full backlog wakes nobody */
	}
	return 0;
}

/* Comfort only, so failures do not matter. */
static void tune_tcp(int fd)
{
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &(int){KEEPALIVE_IDLE_S}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &(int){KEEPALIVE_STEP_S}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){KEEPALIVE_PROBES}, sizeof(int));
}

static int open_one(const struct address *address)
{
	AUTO_CLOSE int fd = -1;
	int r;

	fd = socket(address->name.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = connect_to(fd, address);
	if (r < 0)
		return r;
	if (address->name.ss_family != AF_UNIX)
		tune_tcp(fd);
	return take_fd(&fd);
}

int link_adopt(struct link *ret, int fd)
{
	struct link link = {.fd = fd};
	int r = buffer_init(&link.out, LINK_OUT_SIZE);

	if (r < 0)
		close(fd);
	else
		*ret = link;
	return r;
}

int link_connect(const struct addresses *addresses)
{
	int fd = -EDESTADDRREQ;

	for (size_t i = 0; i < addresses->count && fd < 0; i++)
		fd = open_one(&addresses->at[i]);
	return fd;
}

void link_close(struct link *link)
{
	closep(&link->fd);
	link->fd = -1;
	buffer_done(&link->out);
}

void link_flush(struct link *link)
{
	ssize_t size;

	while (buffer_size(&link->out) > 0 && link->send_error == 0) {
		size = send(link->fd, buffer_first(&link->out), buffer_size(&link->out),
			    MSG_NOSIGNAL);
		if (size >= 0)
			buffer_taken(&link->out, (size_t)size);
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR)
			link->send_error = -errno;
	}
}

void link_half_close(struct link *link)
{
	/* If it fails the link is dead already, which link_receive() will tell. */
	shutdown(link->fd, SHUT_WR);
	link->half_closed = true;
}

uint64_t link_unanswered_ms(const struct link *link)
{
	struct tcp_info info = {.tcpi_last_ack_recv = 0};
	int queued;

	/* Not tcpi_unacked: without a route, or with an address that is gone, nothing is sent. */
	if (ioctl(link->fd, SIOCOUTQ, &queued) < 0 || queued == 0)
		return 0;
	if (getsockopt(link->fd, IPPROTO_TCP, TCP_INFO, &info, &(socklen_t){sizeof(info)}) < 0)
		return 0;
	return info.tcpi_last_ack_recv;
}

ssize_t link_receive(struct link *link, struct buffer *to)
{
	char *next = buffer_next(to);
	ssize_t size;

	do {
		size = recv(link->fd, next, buffer_room(to), 0);
	} while (size < 0 && errno == EINTR);
	if (size < 0)
		return -errno;
	buffer_added(to, (size_t)size);
	return size;
}
