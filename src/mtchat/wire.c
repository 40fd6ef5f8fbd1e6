/* wire.c - a link with all that is under way on it, both ways, and the ssh behind it */
#include "mtchat/wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "common/cleanup.h"
#include "mtchat/dial.h"

int wire_init(struct wire *ret)
{
	int r;

	*ret = (struct wire){.link = {.fd = -1}};
	r = buffer_init(&ret->link.out, LINK_OUT_SIZE);
	if (r == 0)
		r = buffer_init(&ret->asks, WIRE_ASKS_SIZE);
	return r < 0 ? r : incoming_init(&ret->in);
}

void wire_done(struct wire *wire)
{
	wire_hang_up(wire);
	link_close(&wire->link);
	buffer_done(&wire->asks);
	incoming_done(&wire->in);
}

void wire_connect(struct wire *wire, int fd, pid_t ssh)
{
	wire->link.fd = fd;
	wire->ssh = ssh;
}

static void empty(struct buffer *buffer)
{
	buffer_taken(buffer, buffer_size(buffer));
}

void wire_hang_up(struct wire *wire)
{
	closep(&wire->link.fd);
	wire->link = (struct link){.fd = -1, .out = wire->link.out};
	empty(&wire->link.out);
	empty(&wire->asks);
	incoming_empty(&wire->in);
	dial_hang_up(wire->ssh);
	wire->ssh = 0;
}

short wire_events(const struct wire *wire)
{
	bool hears = incoming_has_room(&wire->in);
	bool sends = buffer_size(&wire->link.out) > 0;

	return (short)((hears ? POLLIN : 0) | (sends ? POLLOUT : 0));
}

void wire_ask(struct wire *wire, const char *line)
{
	buffer_add(&wire->asks, line, strlen(line));
}

/* 1: the chat knows the true hello now, and *ret is that; 0: it does not, and *ret is done with. */
static int greet(struct wire *wire, struct chat *chat, struct event *ret, const char **ret_raw,
		 size_t *ret_size)
{
	int r = 0;

	if (ret->kind == EVENT_HELLO)
		r = incoming_keep(&wire->in, *ret_raw, *ret_size);
	if (r == 0)
		chat_hear(chat, ret, &wire->asks);
	event_done(ret);
	if (r < 0 || chat->state == CHAT_ASKS)
		return r;
	r = incoming_kept(&wire->in, ret, ret_raw, ret_size);
	return r < 0 ? r : 1;
}

int wire_event(struct wire *wire, struct chat *chat, struct event *ret, const char **ret_raw,
	       size_t *ret_size)
{
	int r;

	do {
		r = incoming_event(&wire->in, ret, ret_raw, ret_size);
		if (chat->state != CHAT_ASKS)
			return r;
		if (r == 0)
			r = greet(wire, chat, ret, ret_raw, ret_size);
	} while (r == 0 || r == -EPROTO); /* a notice in text: there is nothing else yet */
	return r;
}

static void move_asks(struct wire *wire)
{
	struct buffer *asks = &wire->asks, *out = &wire->link.out;
	size_t size = buffer_size(asks) < buffer_room(out) ? buffer_size(asks) : buffer_room(out);

	if (size == 0)
		return;
	buffer_add(out, buffer_first(asks), size);
	buffer_taken(asks, size);
}

void wire_send(struct wire *wire, struct chat *chat)
{
	struct link *link = &wire->link;

	do { /* again if the kernel took it all: then nobody would wake us for the rest */
		move_asks(wire);
		if (chat && buffer_size(&wire->asks) == 0)
			chat_send(chat, &link->out);
		if (buffer_size(&link->out) == 0)
			return;
		link_flush(link);
		if (link->send_error)
			empty(&link->out);
	} while (buffer_size(&link->out) == 0 && !link->send_error);
}

void wire_take(struct wire *wire, struct link *ret, struct buffer *ret_heard)
{
	incoming_take(&wire->in, ret_heard);
	*ret = wire->link;
	wire->link = (struct link){.fd = -1};
	wire->ssh = 0;
}
