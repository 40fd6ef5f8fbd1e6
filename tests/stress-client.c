/* stress-client.c - one client of the load: composes, sends in odd pieces, receives */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "stress.h"

static int connect_local(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", stress.socket);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		fail(NULL, "cannot connect to %s: error %d", stress.socket, errno);
	return fd;
}

static int connect_tcp(int receive_buffer)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)stress.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (receive_buffer) /* before connect(), or the window is wide already */
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		fail(NULL, "cannot connect to port %d: error %d", stress.port, errno);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	return fd;
}

struct client *client_new(enum kind kind, bool local, int receive_buffer)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		fail(NULL, "no memory");
	client->kind = kind;
	client->talker = atomic_fetch_add(&stress.talkers, 1) + 1;
	client->random = client->talker;
	client->fd = local ? connect_local() : connect_tcp(receive_buffer);
	fcntl(client->fd, F_SETFL, O_NONBLOCK);
	return client;
}

void client_free(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client);
}

void client_say(struct client *client, bool may_be_cut)
{
	size_t size;

	if (client->out_size + (size_t)stress.max_line + 64 > OUT_SIZE)
		return;
	size = lines_write(client->out + client->out_size, client, ++client->said, may_be_cut);
	client->out[client->out_size + size] = '\n';
	client->out_size += size + 1;
	client->unheard += size + 1;
}

static void expect(struct client *client, uint32_t length)
{
	client->due[client->asked++ % ANSWERS_MAX] = (struct due){.after = client->said,
								  .length = length};
}

void client_ask(struct client *client)
{
	if (client->asked - client->answered == ANSWERS_MAX || client->out_size + 64 > OUT_SIZE)
		return;
	client->out_size += (size_t)snprintf(client->out + client->out_size, 64, "/ping %x.%x\n",
					     client->asked, client->said);
	expect(client, 0);
}

void client_say_too_much(struct client *client)
{
	uint32_t size = (uint32_t)stress.max_line + 1 + draw(client, 2 * (uint32_t)stress.max_line);

	if (client->asked - client->answered == ANSWERS_MAX || client->out_size + size >= OUT_SIZE)
		return;
	memset(client->out + client->out_size, 'x', size);
	client->out_size += size;
	client->out[client->out_size++] = '\n';
	expect(client, size);
}

void client_send(struct client *client)
{
	size_t size = client->out_size - client->out_at;
	ssize_t sent;

	if (!size)
		return;
	if (draw(client, 4) == 0 && size > 40) /* an odd piece */
		size = 1 + draw(client, 40);
	sent = send(client->fd, client->out + client->out_at, size, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN)
		fail(client, "send: error %d", errno);
	if (sent > 0)
		client->out_at += (size_t)sent;
	if (client->out_at == client->out_size)
		client->out_at = client->out_size = 0;
}

bool client_receive(struct client *client)
{
	size_t space = IN_SIZE - client->in_size;
	ssize_t n;

	if (draw(client, 8) == 0)
		space = 1 + draw(client, 1000);
	n = recv(client->fd, client->in + client->in_size, space, 0);
	if (n < 0 && errno == EAGAIN)
		return true;
	if (n < 0)
		fail(client, "recv: error %d", errno);
	client->in_size += (size_t)n;
	lines_check(client);
	if (client->in_size > 3 * (size_t)stress.max_line + 512)
		fail(client, "a line without an end");
	if (n == 0 && client->in_size)
		fail(client, "the stream ends in mid-line: \"%.*s\"", (int)client->in_size,
		     client->in);
	return n > 0;
}

void client_wait(struct client *client, bool reads, int timeout_ms, bool *readable)
{
	bool sends = client->out_at < client->out_size;
	struct pollfd poll_fd = {
		.fd = client->fd,
		.events = (short)((reads ? POLLIN : 0) | (sends ? POLLOUT : 0)),
	};

	if (poll(&poll_fd, 1, timeout_ms) <= 0)
		poll_fd.revents = 0;
	if (poll_fd.revents & POLLOUT)
		client_send(client);
	*readable = poll_fd.revents & (POLLIN | POLLHUP | POLLERR);
}

void client_settle(struct client *client)
{
	uint64_t patience = (uint64_t)stress.patience * 1000, end = now_ms() + patience;
	bool readable;

	while (client->heard < client->said || client->answered < client->asked ||
	       client->out_at < client->out_size) {
		client_wait(client, true, 100, &readable);
		if (readable) {
			if (!client_receive(client))
				fail(client, "the stream ended");
			end = now_ms() + patience;
		}
		if (now_ms() > end)
			fail(client,
			     "silence: %u of %u own lines, %u of %u answers have come, at line %" PRIu64
			     " of %" PRIu64,
			     client->heard, client->said, client->answered, client->asked,
			     client->position, atomic_load(&stress.last));
	}
}
