/* echo.c - echo mode: each client gets its own bytes back, unchanged */
#include <errno.h>
#include <sys/socket.h>

#include "mtchatd/crash.h"
#include "mtchatd/departure.h"
#include "mtchatd/echo.h"
#include "mtchatd/input.h"
#include "mtchatd/links.h"
#include "mtchatd/proxy.h"

/* 0: nothing is owed; -EAGAIN: its socket is full; another -errno. */
static int send_back(struct handler *handler, struct client *client)
{
	struct slot *slot = client->slot;
	uint64_t parsed = word_get(&slot->parsed), received = word_get(&slot->received);
	ssize_t sent;

	if (parsed == received)
		return 0;
	sent = send(client_fd(client),
		    client_input(client, pool_at(&handler->core->inputs, slot->input), parsed),
		    received - parsed, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0)
		return errno == ENOBUFS ? -EAGAIN : -errno;
	crash_point(CRASH_SENT_ECHO);
	word_set(&slot->parsed, parsed + (uint64_t)sent);
	links_owe(handler);
	input_release(handler, client);
	return parsed + (uint64_t)sent == received ? 0 : -EAGAIN;
}

/* Receives once.  0: something or nothing came; -EPIPE: no more will. */
static int receive(struct handler *handler, struct client *client)
{
	ssize_t n = input_receive(handler, client);
	int r = 0;

	if (n == 0) {
		client->ended = client->closed = true;
		r = -EPIPE;
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		r = -errno;
	}
	input_release(handler, client);
	return r;
}

/* What a proxy has told is not sent back: it is passed over, and counts for nothing. */
static bool pass_header(struct handler *handler, struct client *client)
{
	struct slot *slot = client->slot;
	struct peer told;
	int size;

	if (!slot->input)
		return false;
	size = proxy_read(&told,
			  client_input(client, pool_at(&handler->core->inputs, slot->input), 0),
			  word_get(&slot->received));
	if (size <= 0)
		return false;
	crash_point(CRASH_ECHO_BEGUN);
	redo_put(&handler->redo, &slot->parsed, (uint64_t)size);
	redo_put(&handler->redo, &slot->base, word_get(&slot->base) - (uint64_t)size);
	redo_commit(&handler->redo);
	return true;
}

bool echo_begin(struct handler *handler, struct client *client)
{
	struct slot *slot = client->slot;

	if (!slot_has(slot, TRAIT_PROXIED) || slot_has(slot, TRAIT_DRAINS) ||
	    word_get(&slot->parsed))
		return true;
	while (!pass_header(handler, client)) {
		if (input_receive(handler, client) <= 0) { /* reset meanwhile */
			departure_end(handler, client, REASON_RESET);
			return false;
		}
	}
	if (word_get(&slot->parsed) != word_get(&slot->received))
		handler_see_to(handler, client);
	input_release(handler, client);
	return true;
}

bool echo_serve(struct handler *handler, struct client *client)
{
	int r = send_back(handler, client);

	if (r == 0 && client->state == CLIENT_TALKS) {
		r = receive(handler, client);
		if (r == 0)
			r = send_back(handler, client);
	}
	if (r == -EPIPE && client->ended) {
		departure_end(handler, client, REASON_CLOSED);
		return false;
	}
	if (r < 0 && r != -EAGAIN) {
		departure_end(handler, client, REASON_RESET);
		return false;
	}
	client->blocked = r == -EAGAIN;
	if (!client->blocked && client->state == CLIENT_LEAVES)
		return departure_delivered(handler, client);
	handler_watch(handler, client);
	return true;
}
