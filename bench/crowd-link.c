/* crowd-link.c - the connections of a crowd: how they come, speak and hear */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "crowd.h"
#include "meter.h"

enum { EVENTS = 256, INPUT = 256 * 1024 };

static void watch(const struct crowd *crowd, struct client *client, int how, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = client};

	if (epoll_ctl(crowd->epoll_fd, how, client->fd, &event) < 0)
		give_up("epoll_ctl: %m");
}

/* Its end is a reset: thousands of ports that wait would be missed by the next run. */
static int connect_to(int port)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct linger reset = {.l_onoff = 1};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		give_up("socket: %m");
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		give_up("cannot connect to port %d: %m", port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	return fd;
}

void link_open(struct crowd *crowd, struct client *client)
{
	char text[4 * NAME_SIZE] = "";
	size_t size = 0;

	if (client->kind == JSON)
		size = (size_t)sprintf(text, "/json\n");
	if (client->name[0])
		size += (size_t)sprintf(text + size, "/name %s\n", client->name);
	size += (size_t)sprintf(text + size, "/join %s\n/ping here\n", client->room->name);
	client->fd = connect_to(crowd->options.port);
	if (send(client->fd, text, size, MSG_NOSIGNAL) != (ssize_t)size)
		give_up("a new client cannot speak: %m");
	watch(crowd, client, EPOLL_CTL_ADD, EPOLLIN);
}

void link_ask(const struct client *client)
{
	static const char ask[] = "/ping ready\n";

	if (send(client->fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) != sizeof(ask) - 1)
		give_up("a client cannot ask: %m");
}

static bool has_words(const char *line, size_t size, const char *words)
{
	return memmem(line, size, words, strlen(words));
}

/* What a client may be told before it hears what is said: who it is, who comes into its room. */
static bool is_good_answer(enum kind kind, const char *line, size_t size)
{
	if (kind == TEXT)
		return has_words(line, size, "* you are ");
	return *line == '{' && (!has_words(line, size, "{\"ev\":\"notice\"") ||
				has_words(line, size, "\"code\":\"name_ok\""));
}

static void hear_answer(struct crowd *crowd, struct client *client, const char *line, size_t size)
{
	static const char *const pongs[KINDS][2] = {
		{"* pong here", "* pong ready"},
		{"{\"ev\":\"pong\",\"token\":\"here\"}", "{\"ev\":\"pong\",\"token\":\"ready\"}"},
	};

	if (has_words(line, size, pongs[client->kind][0])) {
		client->state = WAITS;
		crowd->arrived++;
	} else if (has_words(line, size, pongs[client->kind][1])) {
		client->state = HEARS;
		crowd->ready++;
	} else if (!is_good_answer(client->kind, line, size)) {
		give_up("a client is told: %.*s", (int)size - 1, line);
	}
}

static size_t hear_answers(struct crowd *crowd, struct client *client, const char *bytes,
			   size_t size)
{
	size_t used = 0;

	while (used < size && client->state != HEARS) {
		const char *line = bytes + used, *end = memchr(line, '\n', size - used);

		if (!end)
			break;
		hear_answer(crowd, client, line, (size_t)(end + 1 - line));
		used += (size_t)(end + 1 - line);
	}
	return used;
}

/* Puts by what has no end yet. */
static void keep_rest(struct client *client, const char *bytes, size_t size)
{
	if (size > EVENT_MAX) {
		figures.damaged++;
		size = 0;
	}
	if (size && !client->rest)
		client->rest = allocate(1, EVENT_MAX);
	if (size)
		memcpy(client->rest, bytes, size);
	client->rest_size = size;
}

static void drop(const struct crowd *crowd, struct client *client)
{
	if (client->state != HEARS)
		give_up("a client is hung up on while it comes");
	watch(crowd, client, EPOLL_CTL_DEL, 0);
	close(client->fd);
	client->fd = -1;
	figures.dropped++;
}

static void hear(struct crowd *crowd, struct client *client)
{
	size_t size = client->rest_size, used;
	ssize_t got;

	if (size)
		memcpy(crowd->input, client->rest, size);
	got = recv(client->fd, crowd->input + size, INPUT - size, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		drop(crowd, client);
		return;
	}
	crowd->last_heard = clock_ns();
	size += (size_t)got;
	used = client->state == HEARS ? 0 : hear_answers(crowd, client, crowd->input, size);
	if (client->state == HEARS)
		used += room_hear(client, crowd->input + used, size - used, crowd->last_heard);
	keep_rest(client, crowd->input + used, size - used);
}

/* Gives the kernel what waits. */
static void flush(const struct crowd *crowd, struct speaker *speaker)
{
	struct client *client = speaker->client;
	size_t size = speaker->out_end - speaker->out_begin;
	ssize_t sent = send(client->fd, speaker->out + speaker->out_begin, size,
			    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return; /* it is hung up on, and its next recv() tells */
	speaker->out_begin += sent > 0 ? (size_t)sent : 0;
	if (speaker->out_begin < speaker->out_end) {
		watch(crowd, client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
		return;
	}
	speaker->out_begin = speaker->out_end = 0;
}

void link_say(struct crowd *crowd, struct speaker *speaker)
{
	const struct client *client = speaker->client;
	uint64_t until = speaker->done + speaker->window, now;

	if (speaker->allowed < until)
		until = speaker->allowed;
	if (speaker->said >= until || speaker->out_end || client->fd < 0)
		return;
	now = clock_ns();
	for (; speaker->said < until; speaker->said++) {
		speaker->sent_at[speaker->said % speaker->window] = now;
		line_compose(speaker->out + speaker->out_end, client->room->number,
			     (uint32_t)(speaker - client->room->speakers), (uint32_t)speaker->said);
		speaker->out_end += LINE_SIZE;
	}
	flush(crowd, speaker);
}

void link_turn(struct crowd *crowd, uint64_t until)
{
	struct epoll_event events[EVENTS];
	uint64_t now = clock_ns(), wait = until > now ? until - now : 0;
	const struct timespec timeout = {(time_t)(wait / 1000000000), (long)(wait % 1000000000)};
	int n;

	if (!crowd->input)
		crowd->input = allocate(1, INPUT);
	n = epoll_pwait2(crowd->epoll_fd, events, EVENTS, &timeout, NULL);
	if (n < 0 && errno != EINTR)
		give_up("epoll_pwait2: %m");
	for (int i = 0; i < n; i++) {
		struct client *client = events[i].data.ptr;

		if (events[i].events & EPOLLOUT) {
			watch(crowd, client, EPOLL_CTL_MOD, EPOLLIN);
			flush(crowd, client->speaker);
		}
		if (events[i].events & ~(uint32_t)EPOLLOUT)
			hear(crowd, client);
	}
}
