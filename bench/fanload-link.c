/* fanload-link.c - connections: they come, greet, hear, and go */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "fanload.h"

enum {
	INPUT_SIZE = 512 << 10, /* of one recv() */
	EVENTS = 1024,
	FROM_ONE_ADDRESS = 20000, /* connections: ports run short */
	STUCK_BUFFER = 4096,
};

static char input[REST_SIZE + INPUT_SIZE];

static void want_out(struct load *load, struct client *client, bool wanted)
{
	struct epoll_event event = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0),
				    .data.ptr = client};

	if (client->wants_out == wanted)
		return;
	client->wants_out = wanted;
	epoll_ctl(load->epoll_fd, EPOLL_CTL_MOD, client->fd, &event);
}

void link_flush(struct load *load, struct client *client)
{
	while (client->out_begin < client->out_end) {
		ssize_t n = send(client->fd, client->out + client->out_begin,
				 client->out_end - client->out_begin, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			want_out(load, client, true);
			return;
		}
		if (n < 0) {
			link_drop(load, client);
			return;
		}
		client->out_begin += (uint32_t)n;
	}
	client->out_begin = client->out_end = 0;
	want_out(load, client, false);
}

/* What was due to it is due no more. */
static void write_off(struct load *load, const struct client *client)
{
	load->hearing--;
	for (int i = 0; i < load->senders_count; i++) {
		struct sender *sender = &load->senders[i];

		if (load->options.protocol == IRC && client->sender == sender)
			continue;
		for (uint32_t number = client->next[i]; number != sender->said; number++) {
			load->written_off++;
			line_settle(load, sender, &sender->lines[number & load->mask]);
		}
	}
}

void link_drop(struct load *load, struct client *client)
{
	bool counted = client->state == THERE && client->next && !client->stuck &&
		       load->options.work != ECHO;

	if (client->state == GONE)
		return;
	client->state = GONE;
	close(client->fd);
	load->dropped++;
	if (client->sender && client->sender->client == client)
		client->sender->client = NULL;
	if (counted)
		write_off(load, client);
}

/* The next step of its greeting, if there is one. */
static void greet(struct load *load, struct client *client)
{
	char ask[ASK_SIZE];
	size_t size = protocol_ask((enum protocol)load->options.protocol, client, ask);

	if (size) {
		link_send(load, client, ask, size);
		return;
	}
	client->state = THERE;
	load->there++;
	if (client->next && !client->stuck)
		load->hearing++;
	if (client->stuck) /* what comes for it is left where it is */
		epoll_ctl(load->epoll_fd, EPOLL_CTL_DEL, client->fd, NULL);
}

static void hear_greeting(struct load *load, struct client *client, char *begin, char *end)
{
	struct bytes answer = protocol_answer((enum protocol)load->options.protocol, client);
	char *found = memmem(begin, (size_t)(end - begin), answer.data, answer.size);

	if (found) {
		client->step++;
		greet(load, client);
		if (client->state == THERE && client->next && !client->stuck)
			line_hear(load, client, found + answer.size, end);
		return;
	}
	if (protocol_pings((enum protocol)load->options.protocol)) {
		char *lf = memrchr(begin, '\n', (size_t)(end - begin));

		line_between(load, client, begin, end);
		begin = lf ? lf + 1 : begin;
	}
	if (client->state != GONE)
		line_keep(client, begin, end);
}

static int new_socket(const struct client *client)
{
	const int one = 1, small = STUCK_BUFFER;
	const unsigned address = (unsigned)(client->number / FROM_ONE_ADDRESS);
	struct sockaddr_in from = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 256 + address)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		give_up("socket: %m");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (client->stuck)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (!address)
		return fd;
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&from, sizeof(from)) < 0)
		give_up("bind: %m");
	return fd;
}

void link_open(struct load *load, struct client *client)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons((uint16_t)load->options.port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = client};

	client->fd = new_socket(client);
	client->state = CONNECTS;
	if (connect(client->fd, (const struct sockaddr *)&to, sizeof(to)) < 0 &&
	    errno != EINPROGRESS) {
		link_drop(load, client);
		return;
	}
	client->wants_out = true;
	if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, client->fd, &event) < 0)
		give_up("epoll_ctl: %m");
}

static void connected(struct load *load, struct client *client, uint32_t events)
{
	int error = 0;
	socklen_t size = sizeof(error);

	getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error) {
		link_drop(load, client);
	} else if (events & EPOLLOUT) {
		client->state = GREETS;
		want_out(load, client, false);
		greet(load, client);
	}
}

static void take(struct load *load, struct client *client, char *begin, char *end)
{
	const uint64_t before = load->deliveries;

	if (client->state == GREETS) {
		hear_greeting(load, client, begin, end);
		return;
	}
	if (!client->next) {
		if (protocol_pings((enum protocol)load->options.protocol))
			line_between(load, client, begin, end);
		return;
	}
	line_hear(load, client, begin, end);
	if (load->deliveries == before)
		return;
	if (load->progress_at && load->now - load->progress_at > load->longest_silence)
		load->longest_silence = load->now - load->progress_at;
	load->progress_at = load->now;
}

static void receive(struct load *load, struct client *client)
{
	char *begin = input + REST_SIZE;
	ssize_t n = recv(client->fd, begin, INPUT_SIZE, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		link_drop(load, client);
		return;
	}
	load->now = clock_ns();
	begin -= client->rest_size;
	if (client->rest_size)
		memcpy(begin, client->rest, client->rest_size);
	client->rest_size = 0;
	take(load, client, begin, input + REST_SIZE + n);
}

static void serve(struct load *load, struct client *client, uint32_t events)
{
	if (client->state == CONNECTS) {
		connected(load, client, events);
		return;
	}
	if (client->state == GONE)
		return;
	if (events & EPOLLOUT) {
		link_flush(load, client);
		if (client->state == THERE && !client->out_end && client->sender)
			say_later(load, client->sender);
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && client->state != GONE)
		receive(load, client);
}

void link_turn(struct load *load, double secs)
{
	static struct epoll_event events[EVENTS];
	const uint64_t ns = secs > 0 ? (uint64_t)(secs * 1e9) : 0;
	const struct timespec patience = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
	int n = epoll_pwait2(load->epoll_fd, events, EVENTS, &patience, NULL);

	for (int i = 0; i < n; i++)
		serve(load, events[i].data.ptr, events[i].events);
}
