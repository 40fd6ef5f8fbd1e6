/* witness.h - talkers in several rooms, and what a program in each would see of them */
#pragma once

#include "talkers.h"

enum { WITNESSED_MAX = 4 };

static uint64_t witnessed[WITNESSED_MAX]; /* by room: position in its JSON log */

/* From now on it is known what is said there. */
static inline void witness_room(uint32_t room)
{
	fill_log(log_number(room, RENDERING_TEXT));
	fill_log(log_number(room, RENDERING_JSON));
	witnessed[room] = rendering_head(core_log(core, log_number(room, RENDERING_JSON)));
}

/* A room that stays; its number. */
static inline uint32_t open_room(const char *text)
{
	const struct room_wish wish = {.max = ROOMS_MAX, .ring_size = 64 << 10};
	struct room *room;
	struct name name;

	if (name_parse(&name, text, strlen(text)) != NAME_GOOD ||
	    rooms_enter(&core->rooms, &name, &wish, &room) < 0 || room->number >= WITNESSED_MAX)
		abort();
	witness_room(room->number);
	return room->number;
}

/* It reads that log from its head on, as if it had never been elsewhere. */
static inline void seat(uint32_t number, uint32_t room, enum rendering_kind kind)
{
	struct slot *slot = &core->slots[number];
	uint32_t log = log_number(room, kind);

	rooms_use(&core->rooms, room);
	word_set(&slot->ties, slot_ties(log, slot_outbox(slot)));
	word_set(&slot->cursor, rendering_head(core_log(core, log)));
	word_set(&slot->base, -word_get(&slot->cursor));
	core->clients[number].rendering = core_log(core, log);
}

/* The value of a key, a string, in front of `end`; what stands before it first. */
static inline size_t write_value(char *to, const char *before, const char *line, const char *key,
				 size_t size)
{
	const char *at = memmem(line, size, key, strlen(key)), *end;

	if (!at)
		return 0;
	at += strlen(key);
	end = memchr(at, '"', size - (size_t)(at - line));
	return end ? (size_t)sprintf(to, "%s%.*s", before, (int)(end - at), at) : 0;
}

/* "say alice hi; rename alice alicia uid" */
static inline size_t write_event(char *to, const char *line, size_t size)
{
	static const char *const keys[] = {"\"from\":\"", "\"name\":\"", "\"reason\":\"",
					   "\"to\":\"",   "\"text\":\"", "\"auth\":\""};
	size_t length = write_value(to, "", line, "\"ev\":\"", size);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		length += write_value(to + length, " ", line, keys[i], size);
	return length;
}

/* What that room has seen since it was asked last, and only this. */
static inline bool is_seen(uint32_t room, const char *want)
{
	const struct rendering *log = core_log(core, log_number(room, RENDERING_JSON));
	uint64_t head = rendering_head(log);
	char seen[4096] = "";
	size_t length = 0;

	while (witnessed[room] < head) {
		const char *line = ring_at(&log->ring, witnessed[room]);
		const char *newline = memchr(line, '\n', head - witnessed[room]);
		size_t size = newline ? (size_t)(newline + 1 - line) : 0;

		if (!size || length + size > sizeof(seen))
			abort();
		if (length)
			length += (size_t)sprintf(seen + length, "; ");
		length += write_event(seen + length, line, size);
		witnessed[room] += size;
	}
	if (strcmp(seen, want) == 0)
		return true;
	printf("# seen: %s\n", seen);
	return false;
}

/* What it has seen does not matter. */
static inline void forget_seen(uint32_t room)
{
	witnessed[room] = rendering_head(core_log(core, log_number(room, RENDERING_JSON)));
}
