/* fanload-line.c - a message, and whether that is what was due */
#include <stdlib.h>
#include <string.h>

#include "fanload.h"

enum { BAR = '|', SENDER_AT = 1, NUMBER_AT = 5, TIME_AT = 14 };
enum { SENDER_DIGITS = 3, NUMBER_DIGITS = 8, TIME_DIGITS = 16 };

/* What a digit is worth, and one more: 0 is no digit. */
static const uint8_t worth[256] = {
	['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

static void put_hex(char *to, uint64_t value, int digits)
{
	while (digits--) {
		to[digits] = "0123456789abcdef"[value & 15];
		value >>= 4;
	}
}

/* UINT64_MAX: that is no number. */
static uint64_t get_hex(const char *from, int digits)
{
	uint64_t value = 0;

	for (int i = 0; i < digits; i++) {
		unsigned digit = worth[(uint8_t)from[i]];

		if (!digit)
			return UINT64_MAX;
		value = value << 4 | (digit - 1);
	}
	return value;
}

void line_compose(char *to, unsigned sender, uint32_t number, uint64_t sent_at)
{
	static const char form[] =
		"|sss nnnnnnnn tttttttttttttttt abcdefghijklmnopqrstuvwxyzABCDEF\n";

	_Static_assert(sizeof(form) - 1 == MESSAGE_SIZE, "the form is as long as a message");
	memcpy(to, form, MESSAGE_SIZE);
	put_hex(to + SENDER_AT, sender, SENDER_DIGITS);
	put_hex(to + NUMBER_AT, number, NUMBER_DIGITS);
	put_hex(to + TIME_AT, sent_at, TIME_DIGITS);
}

void line_settle(struct load *load, struct sender *sender, struct line *line)
{
	if (--line->due > 0)
		return;
	while (sender->done != sender->said) {
		const struct line *first = &sender->lines[sender->done & load->mask];

		if (first->due > 0)
			break;
		times_add(&load->fan_out, load->now - first->sent_at, 1);
		sender->done++;
		load->completed++;
	}
	say_later(load, sender);
}

static void hear_probe(struct load *load, const struct client *client, uint64_t sender)
{
	uint8_t *probed =
		&load->probed[(size_t)client->number * (size_t)load->senders_count + sender];

	if (!*probed) {
		*probed = 1;
		load->probes++;
	}
}

/* A line that is whole, but another one was due: those before it are lost.  False: it is not. */
static bool hear_early(struct load *load, struct client *client, unsigned from, uint32_t number)
{
	struct sender *sender = &load->senders[from];
	uint32_t due = client->next[from];

	if ((int32_t)(number - due) < 0) {
		load->repeated++;
		return true;
	}
	if (number - sender->done >= sender->said - sender->done)
		return false;
	load->lost += number - due;
	for (; due != number + 1; due++)
		line_settle(load, sender, &sender->lines[due & load->mask]);
	client->next[from] = due;
	load->deliveries++;
	return true;
}

/* Returns where to look on. */
static char *hear_odd(struct load *load, struct client *client, char *message)
{
	uint64_t from = get_hex(message + SENDER_AT, SENDER_DIGITS);
	uint64_t number = get_hex(message + NUMBER_AT, NUMBER_DIGITS);
	char wanted[MESSAGE_SIZE];

	if (from == PROBE && number < (uint64_t)load->senders_count && load->probed) {
		hear_probe(load, client, number);
		return message + TEXT_SIZE;
	}
	if (from < (uint64_t)load->senders_count && number != UINT64_MAX) {
		line_compose(wanted, (unsigned)from, (uint32_t)number,
			     get_hex(message + TIME_AT, TIME_DIGITS));
		if (!memcmp(wanted, message, TEXT_SIZE) &&
		    hear_early(load, client, (unsigned)from, (uint32_t)number))
			return message + TEXT_SIZE;
	}
	load->damaged++;
	return message + 1;
}

static inline char *hear_one(struct load *load, struct client *client, char *message)
{
	unsigned high = worth[(uint8_t)message[1]], middle = worth[(uint8_t)message[2]];
	unsigned low = worth[(uint8_t)message[3]];
	unsigned from = (high - 1) << 8 | (middle - 1) << 4 | (low - 1); /* no digit: too many */
	char end = message[TEXT_SIZE];

	if (from < (unsigned)load->senders_count) {
		struct sender *sender = &load->senders[from];
		uint32_t number = client->next[from];
		struct line *line = &sender->lines[number & load->mask];

		if (number != sender->said && !memcmp(message, line->text, TEXT_SIZE) &&
		    (end == '\n' || end == '\r')) {
			client->next[from] = number + 1;
			load->deliveries++;
			times_add(&load->latency, load->now - line->sent_at, 1);
			line_settle(load, sender, line);
			return message + TEXT_SIZE;
		}
	}
	return hear_odd(load, client, message);
}

void line_between(struct load *load, struct client *client, char *begin, char *end)
{
	char *lf;

	for (; begin < end && (lf = memchr(begin, '\n', (size_t)(end - begin))); begin = lf + 1) {
		if (lf - begin < 4 || memcmp(begin, "PING", 4) != 0 || client->out_end)
			continue;
		begin[1] = 'O';
		link_send(load, client, begin, (size_t)(lf + 1 - begin));
		if (client->state == GONE)
			return;
	}
}

void line_keep(struct client *client, const char *begin, const char *end)
{
	if (end - begin > REST_SIZE)
		begin = end - REST_SIZE;
	client->rest_size = (uint32_t)(end - begin);
	if (begin == end)
		return;
	if (!client->rest)
		client->rest = allocate(1, REST_SIZE);
	memmove(client->rest, begin, client->rest_size);
}

void line_hear(struct load *load, struct client *client, char *begin, char *end)
{
	bool pings = protocol_pings((enum protocol)load->options.protocol);
	char *bar;

	while ((bar = memchr(begin, BAR, (size_t)(end - begin)))) {
		if (pings && bar - begin > 2)
			line_between(load, client, begin, bar);
		if (client->state == GONE)
			return;
		begin = bar;
		if (end - bar < MESSAGE_SIZE)
			break;
		begin = hear_one(load, client, bar);
	}
	if (!bar && pings) { /* a line that has no end yet may become a PING */
		char *lf;

		line_between(load, client, begin, end);
		if (client->state == GONE)
			return;
		lf = memrchr(begin, '\n', (size_t)(end - begin));
		begin = lf ? lf + 1 : begin;
	} else if (!bar) {
		begin = end;
	}
	line_keep(client, begin, end);
}
