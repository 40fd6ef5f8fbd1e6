/* fanload-say.c - who says how much: as the windows allow, or by the clock */
#include <string.h>

#include "common/clock.h"
#include "fanload.h"

enum { WRAP_SIZE = 48 }; /* of what a protocol has around a message, at most */

static void append(struct client *client, const char *bytes, size_t size)
{
	if (!client->out)
		client->out = allocate(1, OUT_SIZE);
	if (client->out_end + size > OUT_SIZE)
		give_up("what client %d is to send does not fit", client->number);
	memcpy(client->out + client->out_end, bytes, size);
	client->out_end += (uint32_t)size;
}

void say_text(struct load *load, struct client *client, const char *text)
{
	append(client, load->wrap.before.data, load->wrap.before.size);
	append(client, text, TEXT_SIZE);
	append(client, load->wrap.behind.data, load->wrap.behind.size);
}

void link_send(struct load *load, struct client *client, const char *bytes, size_t size)
{
	append(client, bytes, size);
	link_flush(load, client);
}

/* How many clients get a line of that sender: on IRC not itself. */
static int receivers_of(const struct load *load, const struct sender *sender)
{
	bool apart = load->options.protocol == IRC && sender->client && sender->client->next;

	return load->options.work == ECHO ? 1 : load->hearing - apart;
}

void say_lines(struct load *load, struct sender *sender, uint32_t count, uint64_t now)
{
	struct client *client = sender->client;
	int due = receivers_of(load, sender);

	while (count--) {
		struct line *line = &sender->lines[sender->said & load->mask];

		line_compose(line->text, (unsigned)(sender - load->senders), sender->said, now);
		line->sent_at = now;
		line->due = due;
		sender->said++;
		load->said++;
		say_text(load, client, line->text);
	}
	link_flush(load, client);
}

void say_later(struct load *load, struct sender *sender)
{
	if (sender->queued)
		return;
	sender->queued = true;
	load->queue[load->queue_size++] = sender;
}

/* How many lines a sender may say now. */
static uint32_t allowed(const struct load *load, const struct sender *sender)
{
	const struct options *options = &load->options;
	const int64_t left = (int64_t)options->lines + options->warm - (int64_t)load->said;
	uint32_t lines = (uint32_t)options->window - (sender->said - sender->done);
	const uint32_t fit = OUT_SIZE / (MESSAGE_SIZE + WRAP_SIZE);

	if (!load->sending || !sender->client || sender->client->state != THERE ||
	    sender->client->out_end || left <= 0)
		return 0;
	if (lines > fit)
		lines = fit;
	return lines < left ? lines : (uint32_t)left;
}

void say_queued(struct load *load)
{
	const int count = load->queue_size; /* who is dropped on the way may queue some more */

	for (int i = 0; i < count; i++) {
		struct sender *sender = load->queue[i];
		uint32_t lines;

		sender->queued = false;
		lines = allowed(load, sender);
		if (lines)
			say_lines(load, sender, lines, clock_ns());
	}
	load->queue_size -= count;
	memmove(load->queue, load->queue + count,
		(size_t)load->queue_size * sizeof(struct sender *));
}

void say_by_clock(struct load *load)
{
	while (load->queue_size)
		load->queue[--load->queue_size]->queued = false;
}
