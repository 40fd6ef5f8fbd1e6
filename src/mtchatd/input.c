/* input.c - the buffer in which a client's bytes wait until they are said */
#include <string.h>
#include <sys/socket.h>

#include "mtchatd/crash.h"
#include "mtchatd/input.h"
#include "mtchatd/tally.h"

/*
 * Moves the start of an unfinished line to the buffer's front when little space is left behind
 * it.  Source and target do not overlap, so that either place is good until the one store.
 */
static void make_space(struct slot *slot, char *buffer)
{
	uint64_t parsed = word_get(&slot->parsed), received = word_get(&slot->received);
	uint64_t offset = parsed - word_get(&slot->input_base), tail = received - parsed;

	if (offset < tail || offset + tail + RECEIVE_MAX <= INPUT_SIZE)
		return;
	memcpy(buffer, buffer + offset, tail);
	crash_point(CRASH_MOVED);
	word_set(&slot->input_base, parsed);
}

ssize_t input_receive(struct handler *handler, struct client *client)
{
	struct slot *slot = client->slot;
	uint64_t received = word_get(&slot->received), used;
	char *buffer;
	ssize_t n;

	if (!slot->input) {
		word_set(&slot->input_base, received);
		atomic_store_explicit(&slot->input, pool_take(&handler->core->inputs),
				      memory_order_release);
	}
	buffer = pool_at(&handler->core->inputs, slot->input);
	make_space(slot, buffer);
	used = received - word_get(&slot->input_base);
	buffer[used] = '\0'; /* reconcile.c tells by it whether a byte came */
	crash_point(CRASH_LENT);
	n = recv(client_fd(client), buffer + used,
		 INPUT_SIZE - used < RECEIVE_MAX ? INPUT_SIZE - used : RECEIVE_MAX, MSG_DONTWAIT);
	if (n <= 0)
		return n;
	crash_point(CRASH_RECEIVED);
	word_set(&slot->received, received + (uint64_t)n);
	crash_point(CRASH_COUNTED);
	tally_received(client_fd(client), slot->peer.family, received + (uint64_t)n, (uint64_t)n);
	return n;
}

void input_release(struct handler *handler, struct client *client)
{
	struct slot *slot = client->slot;
	uint32_t number = slot->input;
	uint64_t received = word_get(&slot->received);

	if (!number || word_get(&slot->parsed) != received)
		return;
	atomic_store_explicit(&slot->input, 0, memory_order_release);
	pool_give(&handler->core->inputs, number,
		  received - word_get(&slot->input_base) > ARENA_PAGE);
}
