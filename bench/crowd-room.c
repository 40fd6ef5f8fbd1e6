/* crowd-room.c - what a room's clients hear: the first of them word by word, the others at once */
#include <stdio.h>
#include <string.h>

#include "crowd.h"
#include "meter.h"

/* Lines are kept until all have heard them: no more than all windows together are under way. */
void room_init(struct room *room, const struct options *options, uint64_t window)
{
	static const size_t longest[KINDS] = {SPOKEN_MAX, EVENT_MAX};
	const int readers[KINDS] = {options->receivers - options->events, options->events};
	uint64_t lines = 64;

	while (lines < 2 * window * (uint64_t)options->senders)
		lines *= 2;
	room->mask = lines - 1;
	room->lines = allocate(lines, sizeof(*room->lines));
	room->speakers_count = (uint32_t)options->senders;
	room->clients_count = (uint32_t)options->receivers;
	snprintf(room->name, sizeof(room->name), "room-%03x", (unsigned)room->number);
	for (int kind = 0; kind < KINDS; kind++) {
		struct copy *copy = &room->copies[kind];

		if (!readers[kind])
			continue;
		copy->size = lines * longest[kind];
		copy->bytes = allocate(copy->size, 1);
		copy->ends = allocate(lines, sizeof(*copy->ends));
	}
}

/* Where a line of the copy begins. */
static uint64_t begin_of(const struct room *room, const struct copy *copy, uint64_t place)
{
	return copy->ends[(place - 1) & room->mask];
}

static bool is_as_kept(const struct copy *copy, uint64_t begin, const char *bytes, size_t size)
{
	uint64_t at = begin & (copy->size - 1);
	size_t first = size < copy->size - at ? size : (size_t)(copy->size - at);

	return !memcmp(copy->bytes + at, bytes, first) &&
	       !memcmp(copy->bytes, bytes + first, size - first);
}

static void keep(const struct room *room, struct copy *copy, const char *bytes, size_t size)
{
	uint64_t at = copy->head & (copy->size - 1);
	size_t first = size < copy->size - at ? size : (size_t)(copy->size - at);

	memcpy(copy->bytes + at, bytes, first);
	memcpy(copy->bytes, bytes + first, size - first);
	copy->head += size;
	copy->ends[copy->lines++ & room->mask] = copy->head;
}

/* The client is done with its room's lines up to that place. */
static void go_to(struct client *client, uint64_t place)
{
	struct room *room = client->room;

	for (; client->heard < place; client->heard++) {
		struct line *line = &room->lines[client->heard & room->mask];

		if (--line->due == 0)
			room->speakers[line->speaker].done++;
	}
}

static void deliver(struct client *client, uint64_t place, size_t size, uint64_t now)
{
	const struct room *room = client->room;
	uint64_t sent_at = room->lines[client->heard & room->mask].sent_at, count = 0;

	/* Lines that were said by one send() have one time. */
	for (uint64_t i = client->heard; i < place; i++) {
		const struct line *line = &room->lines[i & room->mask];

		if (line->sent_at != sent_at) {
			figures_latency(now - sent_at, count);
			sent_at = line->sent_at;
			count = 0;
		}
		count++;
	}
	figures_latency(now - sent_at, count);
	figures.deliveries += place - client->heard;
	figures.bytes += size;
	go_to(client, place);
}

/* Lines that somebody has heard before, all at once.  Returns their size; 0: there is none. */
static size_t hear_known(struct client *client, const char *bytes, size_t size, uint64_t now)
{
	const struct room *room = client->room;
	const struct copy *copy = &room->copies[client->kind];
	uint64_t begin = begin_of(room, copy, client->heard), place = client->heard;
	size_t known;

	while (place < copy->lines && copy->ends[place & room->mask] - begin <= size)
		place++;
	if (place == client->heard)
		return 0;
	known = (size_t)(begin_of(room, copy, place) - begin);
	if (!is_as_kept(copy, begin, bytes, known))
		return 0;
	deliver(client, place, known, now);
	return known;
}

/* Where the room has that line, if the client has not heard it yet; else room->heard. */
static uint64_t find(const struct client *client, const struct line *line)
{
	const struct room *room = client->room;
	uint64_t place = client->heard;

	for (; place < room->heard; place++) {
		const struct line *known = &room->lines[place & room->mask];

		if (known->speaker == line->speaker && known->number == line->number)
			break;
	}
	return place;
}

/* The room has a line more.  False: it was heard before, or never said. */
static bool add(struct room *room, struct line line)
{
	struct speaker *speaker = &room->speakers[line.speaker];

	if (line.number < speaker->heard || line.number >= speaker->said)
		return false;
	speaker->heard = (uint64_t)line.number + 1;
	line.sent_at = speaker->sent_at[line.number % speaker->window];
	line.due = room->clients_count;
	room->lines[room->heard++ & room->mask] = line;
	return true;
}

/* One line with its LF, word by word. */
static void hear_line(struct client *client, const char *bytes, size_t size, uint64_t now)
{
	struct room *room = client->room;
	struct copy *copy = &room->copies[client->kind];
	struct line line = {0};
	uint64_t place;

	if (!line_read(room, client->kind, bytes, size, &line)) {
		figures.damaged++;
		return;
	}
	place = find(client, &line);
	if (place == room->heard && !add(room, line)) {
		figures.repeated++;
		return;
	}
	go_to(client, place);       /* what it has missed shows at the end: figures_print() */
	while (copy->lines < place) /* nobody has heard them in this rendering: like no line */
		keep(room, copy, "\n", 1);
	if (copy->lines == place) {
		keep(room, copy, bytes, size);
	} else if (copy->ends[place & room->mask] - begin_of(room, copy, place) != size ||
		   !is_as_kept(copy, begin_of(room, copy, place), bytes, size)) {
		figures.damaged++; /* good words, but not those that the others have heard */
		go_to(client, place + 1);
		return;
	}
	deliver(client, place + 1, size, now);
}

size_t room_hear(struct client *client, const char *bytes, size_t size, uint64_t now)
{
	size_t used = 0;

	while (used < size) {
		size_t known = hear_known(client, bytes + used, size - used, now);
		const char *end;

		if (!known) {
			end = memchr(bytes + used, '\n', size - used);
			if (!end)
				break;
			known = (size_t)(end + 1 - (bytes + used));
			hear_line(client, bytes + used, known, now);
		}
		used += known;
	}
	return used;
}
