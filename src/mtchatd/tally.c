/* tally.c - how many bytes the kernel says that a socket has given and taken */
#include <errno.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <linux/tcp.h> /* not <netinet/tcp.h>, whose struct tcp_info ends before the counts */
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "mtchatd/tally.h"

#define PEEK_OFF_TOP (2 * TALLY_CYCLE)

/* tcpi_state */
enum {
	STATE_ESTABLISHED = 1,
	STATE_FIN_WAIT1 = 4,
	STATE_FIN_WAIT2 = 5,
	STATE_TIME_WAIT = 6,
	STATE_CLOSE = 7,
	STATE_CLOSE_WAIT = 8,
	STATE_LAST_ACK = 9,
	STATE_CLOSING = 11,
};

enum { TRIES = 100 }; /* 2 us each */

struct look {
	uint64_t bytes_received, bytes_acked;
	int inq, outq, state;
};

/* The offset that says so many bytes were received.  All through a cycle it stays above 0. */
static int peek_off_set(int fd, uint64_t received)
{
	const int off = (int)(PEEK_OFF_TOP - received % TALLY_CYCLE);
	int r;

	do
		r = setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &off, sizeof(off));
	while (r < 0 && errno == EINTR); /* older kernels wait for a mutex there */
	return r < 0 ? -errno : 0;
}

void tally_begin(int fd, int family)
{
	if (family == AF_UNIX)
		(void)peek_off_set(fd, 0);
	else /* else SIOCINQ ends at an urgent byte */
		(void)setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &(int){1}, sizeof(int));
}

void tally_received(int fd, int family, uint64_t received, uint64_t n)
{
	if (family == AF_UNIX && received / TALLY_CYCLE != (received - n) / TALLY_CYCLE)
		(void)peek_off_set(fd, received);
}

static int info_read(struct tcp_info *ret, int fd)
{
	socklen_t size = sizeof(*ret);

	*ret = (struct tcp_info){0};
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, ret, &size) < 0 ? -errno : 0;
}

/* 1; 0: something came in between; or -errno. */
static int look_once(struct look *ret, int fd)
{
	struct tcp_info before, after;
	int r = info_read(&before, fd);

	if (r < 0)
		return r;
	if (ioctl(fd, SIOCINQ, &ret->inq) < 0 || ioctl(fd, SIOCOUTQ, &ret->outq) < 0)
		return -errno;
	r = info_read(&after, fd);
	if (r < 0)
		return r;
	ret->bytes_received = after.tcpi_bytes_received;
	ret->bytes_acked = after.tcpi_bytes_acked;
	ret->state = after.tcpi_state;
	return before.tcpi_bytes_received == after.tcpi_bytes_received &&
	       before.tcpi_bytes_acked == after.tcpi_bytes_acked &&
	       before.tcpi_state == after.tcpi_state;
}

/* 0; -EAGAIN: something came in between each time; or another -errno. */
static int look(struct look *ret, int fd)
{
	int r = 0;

	for (int i = 0; i < TRIES && r == 0; i++)
		r = look_once(ret, fd);
	if (r == 0)
		return -EAGAIN;
	return r < 0 ? r : 0;
}

/*
 * A socket whose filter lets nothing through stands still: its peer will send again what it
 * missed.  That costs it a fifth of a second, so it is only for one that never pauses.
 */
static int look_deaf(struct look *ret, int fd)
{
	static struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = {1, &nothing};
	int r;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	r = look(ret, fd);
	(void)setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &(int){0}, sizeof(int));
	return r;
}

static bool peer_sent_fin(int state)
{
	return state == STATE_CLOSE_WAIT || state == STATE_LAST_ACK || state == STATE_CLOSING ||
	       state == STATE_TIME_WAIT;
}

static bool we_sent_fin(int state)
{
	return state == STATE_FIN_WAIT1 || state == STATE_FIN_WAIT2 || state == STATE_LAST_ACK ||
	       state == STATE_CLOSING || state == STATE_TIME_WAIT;
}

static int take_tcp(struct tally *ret, int fd)
{
	struct look l = {0};
	int r;

	/* Whoever was here before may have died with the socket deaf. */
	(void)setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &(int){0}, sizeof(int));
	r = look(&l, fd);
	if (r == -EAGAIN)
		r = look_deaf(&l, fd);
	if (r < 0)
		return r;
	*ret = (struct tally){
		.consumed = l.bytes_received - peer_sent_fin(l.state) - (uint64_t)l.inq,
		.accepted = l.bytes_acked + (uint64_t)l.outq - we_sent_fin(l.state),
		.talks = l.state == STATE_ESTABLISHED || l.state == STATE_CLOSE_WAIT,
		.dead = l.state == STATE_CLOSE,
	};
	return 0;
}

/* Sending nothing does nothing, but after our FIN it is an error, which poll() does not show. */
static bool unix_talks(int fd)
{
	struct pollfd poller = {.fd = fd};

	return poll(&poller, 1, 0) == 0 && send(fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL) == 0;
}

static int take_unix(struct tally *ret, int fd, uint64_t received)
{
	socklen_t size = sizeof(int);
	uint64_t consumed;
	int off, r;

	if (getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &off, &size) < 0)
		return -errno;
	if (off < 0)
		return -ENODATA;
	consumed = received + (PEEK_OFF_TOP - (uint64_t)off - received) % TALLY_CYCLE;
	r = peek_off_set(fd, consumed); /* a crash may have kept it from being set back */
	if (r < 0)
		return r;
	*ret = (struct tally){.consumed = consumed, .talks = unix_talks(fd)};
	return 0;
}

int tally_take(struct tally *ret, int fd, int family, uint64_t received)
{
	return family == AF_UNIX ? take_unix(ret, fd, received) : take_tcp(ret, fd);
}

bool tally_is_dead(int fd, int family)
{
	struct tcp_info info;

	return family != AF_UNIX && info_read(&info, fd) >= 0 && info.tcpi_state == STATE_CLOSE;
}
