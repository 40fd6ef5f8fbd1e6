/* connected.h - two ends of a connection, and waiting for what the kernel does between them */
#pragma once

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "mtchatd/tally.h"

enum { CONNECTED_MS = 10000 }; /* then it is lost */

/* `us` is the end that was accepted. */
struct connected {
	int family, us, peer;
};

static inline void connect_ip(struct connected *ret)
{
	struct sockaddr_storage address = {.ss_family = (sa_family_t)ret->family};
	AUTO_CLOSE int listener = socket(ret->family, SOCK_STREAM, 0);
	socklen_t size = sizeof(address);

	if (ret->family == AF_INET)
		((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		((struct sockaddr_in6 *)&address)->sin6_addr = in6addr_loopback;
	ret->peer = socket(ret->family, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) < 0 ||
	    connect(ret->peer, (struct sockaddr *)&address, size) < 0)
		abort();
	ret->us = accept(listener, NULL, NULL);
	if (ret->us < 0 ||
	    setsockopt(ret->peer, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)) < 0)
		abort();
}

/* A new connection, whose count has begun. */
static inline struct connected connect_pair(int family)
{
	struct connected c = {.family = family};
	int ends[2];

	if (family != AF_UNIX) {
		connect_ip(&c);
	} else {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
			abort();
		c.us = ends[0];
		c.peer = ends[1];
	}
	tally_begin(c.us, family);
	return c;
}

static inline void disconnect_pair(struct connected *c)
{
	closep(&c->us);
	closep(&c->peer);
	*c = (struct connected){.us = -1, .peer = -1};
}

/* The peer goes with a reset. */
static inline void reset_peer(struct connected *c)
{
	const struct linger none = {1, 0};

	setsockopt(c->peer, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(take_fd(&c->peer));
}

/* Waits until so many bytes can be read. */
static inline void await_bytes(int fd, int count)
{
	const uint64_t deadline = clock_ms() + CONNECTED_MS;
	int there = 0;

	while (ioctl(fd, SIOCINQ, &there) == 0 && there < count && clock_ms() < deadline)
		sched_yield();
	if (there < count)
		abort();
}

/* Waits until TCP has come to that state. */
static inline void await_state(int fd, int state)
{
	const uint64_t deadline = clock_ms() + CONNECTED_MS;
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);

	while (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	       info.tcpi_state != state && clock_ms() < deadline)
		sched_yield();
	if (info.tcpi_state != state)
		abort();
}
