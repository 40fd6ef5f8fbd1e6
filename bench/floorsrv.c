/*
 * floorsrv.c - what the kernel alone costs: the least that a server which passes on lines can do
 *
 * A yardstick, no server: one thread, no queues, and a client whose buffer is full stops everybody.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "meter.h"
#include "words.h"

enum {
	DESCRIPTORS = 1 << 18,
	LINE_SIZE = 512,        /* of an unfinished line */
	READ_SIZE = 64 << 10,   /* of one read() */
	ROUND_SIZE = 256 << 10, /* of what is passed on at once */
	BACKLOG = 4096,
	EVENTS = 1024,
	PATIENCE_MS = 5000, /* for a client whose buffer is full */
};

enum mode { SEND, BATCH, ECHO };

static const char usage[] = "usage: floorsrv --port PORT --mode MODE\n"
			    "\n"
			    "Passes on lines at 127.0.0.1:PORT until it is killed.\n"
			    "\n"
			    "  send    one send() for each line and client\n"
			    "  batch   reads from all who speak, then one send() for each client\n"
			    "  echo    sends back what it reads\n";

static const char *const modes[] = {"send", "batch", "echo", NULL};

/* Touched only where somebody is connected. */
struct half {
	char bytes[LINE_SIZE];
	size_t size;
};

struct floor {
	int mode, port;
	int listen_fd, epoll_fd;
	int *fds, *places; /* clients; by descriptor, the place in `fds` */
	int count;
	struct half *halves; /* by descriptor: a line that has no end yet */
	char round[ROUND_SIZE + READ_SIZE + LINE_SIZE];
	size_t size; /* of `round` */
};

static void send_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		struct pollfd full = {.fd = fd, .events = POLLOUT};
		ssize_t n = send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0) {
			if (errno != EAGAIN || poll(&full, 1, PATIENCE_MS) != 1)
				return;
			continue;
		}
		bytes += n;
		size -= (size_t)n;
	}
}

static void send_to_all(const struct floor *floor, const char *bytes, size_t size)
{
	for (int i = 0; i < floor->count; i++)
		send_all(floor->fds[i], bytes, size);
}

/* What was read in this round. */
static void pass_on(struct floor *floor)
{
	const char *line = floor->round, *end = floor->round + floor->size;

	if (floor->mode == BATCH && floor->size) {
		send_to_all(floor, floor->round, floor->size);
		line = end;
	}
	while (line < end) {
		const char *lf = memchr(line, '\n', (size_t)(end - line));

		send_to_all(floor, line, (size_t)(lf + 1 - line));
		line = lf + 1;
	}
	floor->size = 0;
}

static void let_in(struct floor *floor)
{
	const int one = 1;
	int fd;

	while ((fd = accept4(floor->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		floor->places[fd] = floor->count;
		floor->fds[floor->count++] = fd;
		epoll_ctl(floor->epoll_fd, EPOLL_CTL_ADD, fd, &event);
	}
}

static void let_go(struct floor *floor, int fd)
{
	const int place = floor->places[fd], last = floor->fds[--floor->count];

	floor->fds[place] = last;
	floor->places[last] = place;
	floor->halves[fd].size = 0;
	close(fd);
}

/* Keeps whole lines in the round, and the rest for the next one. */
static void take(struct floor *floor, int fd, char *at, size_t size)
{
	struct half *half = &floor->halves[fd];
	const char *lf = memrchr(at, '\n', size);
	const size_t whole = lf ? (size_t)(lf + 1 - at) : 0;

	if (size - whole > LINE_SIZE) {
		let_go(floor, fd);
		return;
	}
	half->size = size - whole;
	memcpy(half->bytes, at + whole, half->size);
	floor->size += whole;
}

static void serve(struct floor *floor, int fd)
{
	const struct half *half = &floor->halves[fd];
	char *at;
	ssize_t n;

	if (floor->size > ROUND_SIZE)
		pass_on(floor);
	at = floor->round + floor->size;
	memcpy(at, half->bytes, half->size);
	n = read(fd, at + half->size, READ_SIZE - LINE_SIZE);
	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			let_go(floor, fd);
	} else if (floor->mode == ECHO) {
		send_all(fd, at, (size_t)n);
	} else {
		take(floor, fd, at, half->size + (size_t)n);
	}
}

static void open_floor(struct floor *floor)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons((uint16_t)floor->port),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int one = 1;
	struct epoll_event event = {.events = EPOLLIN};

	floor->fds = allocate(DESCRIPTORS, sizeof(*floor->fds));
	floor->places = allocate(DESCRIPTORS, sizeof(*floor->places));
	floor->halves = allocate(DESCRIPTORS, sizeof(*floor->halves));
	floor->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(floor->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(floor->listen_fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(floor->listen_fd, BACKLOG) < 0)
		give_up("cannot listen on port %d: %m", floor->port);
	floor->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	event.data.fd = floor->listen_fd;
	if (epoll_ctl(floor->epoll_fd, EPOLL_CTL_ADD, floor->listen_fd, &event) < 0)
		give_up("epoll_ctl: %m");
}

int main(int argc, char **argv)
{
	static struct floor floor = {.mode = BATCH};
	static struct epoll_event events[EVENTS];
	const struct word table[] = {
		{"port", .whole = &floor.port, .least = 1, .most = 65535},
		{"mode", .choice = &floor.mode, .choices = modes},
		{.name = NULL},
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	words_read(table, usage, argc, argv);
	if (!floor.port)
		give_up("--port is needed; --help tells more");
	signal(SIGPIPE, SIG_IGN);
	raise_limit(0);
	open_floor(&floor);
	for (;;) {
		int n = epoll_wait(floor.epoll_fd, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == floor.listen_fd)
				let_in(&floor);
			else
				serve(&floor, events[i].data.fd);
		}
		pass_on(&floor);
	}
}
