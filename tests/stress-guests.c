/* stress-guests.c - clients of the load that come and go in all ways there are */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stress.h"

enum { LINES_OF_A_GUEST = 40 };

static void reset(struct client *client)
{
	const struct linger at_once = {.l_onoff = 1};

	setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static void say_some(struct client *client, bool may_be_cut)
{
	for (uint32_t i = draw(client, LINES_OF_A_GUEST); i > 0; i--)
		client_say(client, may_be_cut);
}

/* Sends all that is composed in one piece, and does not mind whether it goes. */
static void hurl(struct client *client, size_t size)
{
	(void)!send(client->fd, client->out, size, MSG_NOSIGNAL);
}

/* Hears all that is its due, then the end; nothing may be missing. */
static void hear_out(struct client *client)
{
	uint64_t end = now_ms() + (uint64_t)stress.patience * 1000;
	bool readable;

	for (;;) {
		client_wait(client, true, 100, &readable);
		if (readable && !client_receive(client))
			break;
		if (now_ms() > end)
			fail(client, "no end of the stream");
	}
	if (client->heard != client->said || client->answered != client->asked)
		fail(client, "the stream ended with %u of %u own lines and %u of %u answers",
		     client->heard, client->said, client->answered, client->asked);
}

/* The way of `printf ... | nc -N`; the last line may lack its LF. */
static void half_close(struct client *client)
{
	bool readable;

	say_some(client, false);
	if (client->out_size && draw(client, 2))
		client->out_size--;
	while (client->out_at < client->out_size)
		client_wait(client, true, 100, &readable), readable ? client_receive(client) : 0;
	shutdown(client->fd, SHUT_WR);
	hear_out(client);
}

static void quit(struct client *client)
{
	say_some(client, false);
	client_ask(client);
	memcpy(client->out + client->out_size, "/quit\nnot said\n", 15);
	client->out_size += 15;
	hear_out(client);
}

/* It cannot hear any more (a Unix socket tells that to the daemon), but goes on talking. */
static void turn_deaf(struct client *client)
{
	say_some(client, true);
	shutdown(client->fd, SHUT_RD);
	hurl(client, client->out_size);
}

static void hurl_some(struct client *client)
{
	say_some(client, true);
	hurl(client, client->out_size);
}

/* Ends in the middle of a line's text. */
static void hurl_part(struct client *client)
{
	say_some(client, true);
	if (client->out_size > 100 && client->out[client->out_size - 2] != ' ')
		client->out_size -= 2;
	hurl(client, client->out_size);
}

static void settle(struct client *client)
{
	say_some(client, false);
	client_ask(client);
	client_settle(client);
}

static void do_nothing(struct client *client)
{
	(void)client;
}

static void (*const ways[])(struct client *client) = {do_nothing, half_close, quit,  turn_deaf,
						      hurl_some,  hurl_part,  settle};

void *guests_run(void *arg)
{
	(void)arg;
	while (!atomic_load(&stress.finishing)) {
		struct client *client = client_new(KIND_GUEST, false, 0);

		if (draw(client, 3) == 0) {
			client_free(client);
			client = client_new(KIND_GUEST, true, 0);
		}
		ways[draw(client, sizeof(ways) / sizeof(ways[0]))](client);
		if (draw(client, 2))
			reset(client);
		client_free(client);
		atomic_fetch_add(&stress.guests, 1);
	}
	return NULL;
}
