/*
 * damage.h - what a fuzzer does to an arena (furnished.h)
 *
 *	damage	| place | kind | offset, 2 bytes | bytes, as the kind says | damage ...
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "furnished.h"

/* What damage does to the bytes at its place. */
enum kind {
	KIND_ADD,   /* one byte follows: a difference for the word there */
	KIND_WORD,  /* one byte follows: the word there becomes it, or its complement */
	KIND_COPY,  /* two bytes follow: the word there becomes the one at that offset */
	KIND_FILL,  /* one byte follows: all from there on becomes it */
	KIND_BYTES, /* and more: so many bytes follow, less this less 1, times 2 */
	KINDS = KIND_BYTES + 4,
};

/* From PLACE_SLOTS on: the slots. */
enum place_number {
	PLACE_HEADER,
	PLACE_LEGACY,
	PLACE_RECORDS,
	PLACE_LOBBY,
	PLACE_TEA,
	PLACE_ROOMS, /* those that there are not, too */
	PLACE_TEXT_MARKS,
	PLACE_TEXT_RING,
	PLACE_JSON_MARKS,
	PLACE_JSON_RING,
	PLACE_TEA_RING,
	PLACE_ANSWERS, /* outboxes from here on */
	PLACE_PARKED,
	PLACE_REPLAYS,
	PLACE_MOVES,
	PLACE_MOVED,
	PLACE_INPUT,
	PLACE_TAGS,
	PLACE_RECALLS,
	PLACE_RECALLED, /* the first nonces of one */
	PLACE_SLOTS,
	PLACES = PLACE_SLOTS + GUEST_SLOTS,
};

struct place {
	char *begin;
	size_t size;
};

static inline struct place outbox_place(const struct core *model, enum guest guest)
{
	return (struct place){(char *)core_outbox(model, (uint64_t)guest + 1),
			      offsetof(struct outbox, entry[8])};
}

static inline struct place marks_place(const struct core *model, enum rendering_kind kind)
{
	const struct rendering *log = core_log(model, log_number(LOBBY, kind));

	return (struct place){(char *)log->marks, log->marks_count * sizeof(struct rendering_mark)};
}

static inline struct place ring_place(const struct core *model, uint32_t log)
{
	const struct ring *ring = &core_log(model, log)->ring;

	return (struct place){ring->bytes, ring->size};
}

static inline struct place log_place(const struct core *model, enum place_number number)
{
	switch (number) {
	case PLACE_TEXT_MARKS:
		return marks_place(model, RENDERING_TEXT);
	case PLACE_TEXT_RING:
		return ring_place(model, log_number(LOBBY, RENDERING_TEXT));
	case PLACE_JSON_MARKS:
		return marks_place(model, RENDERING_JSON);
	case PLACE_JSON_RING:
		return ring_place(model, log_number(LOBBY, RENDERING_JSON));
	default:
		return ring_place(model, log_number(FURNITURE_TEA, RENDERING_TEXT));
	}
}

static inline struct place room_place(const struct core *model, enum place_number number)
{
	struct room_record *records = model->rooms.records;

	switch (number) {
	case PLACE_LOBBY:
		return (struct place){(char *)&records[LOBBY], sizeof(*records)};
	case PLACE_TEA:
		return (struct place){(char *)&records[FURNITURE_TEA], sizeof(*records)};
	default:
		return (struct place){(char *)records, 4 * sizeof(*records)};
	}
}

static inline struct place client_place(const struct core *model, enum place_number number)
{
	switch (number) {
	case PLACE_ANSWERS:
		return outbox_place(model, GUEST_ANSWERS);
	case PLACE_PARKED:
		return outbox_place(model, GUEST_PARKED);
	case PLACE_REPLAYS:
		return outbox_place(model, GUEST_REPLAYS);
	case PLACE_MOVES:
		return outbox_place(model, GUEST_MOVES);
	case PLACE_MOVED:
		return outbox_place(model, GUEST_MOVED);
	case PLACE_INPUT:
		return (struct place){pool_at(&model->inputs, GUEST_TALKS + 1), sizeof(speech)};
	case PLACE_TAGS:
		return (struct place){(char *)model->tags, GUEST_SLOTS * sizeof(struct tag)};
	case PLACE_RECALLS:
		return (struct place){(char *)model->recalls.records,
				      (FURNITURE_RECALLS + 1) * sizeof(struct recall_record)};
	case PLACE_RECALLED:
		return (struct place){(char *)model->recalls.records,
				      offsetof(struct recall_record, nonce[8])};
	default:
		return (struct place){(char *)&model->slots[number - PLACE_SLOTS],
				      sizeof(struct slot)};
	}
}

static inline struct place place_of(const struct core *model, enum place_number number)
{
	switch (number) {
	case PLACE_HEADER:
		return (struct place){model->arena.bytes, sizeof(struct arena_header)};
	case PLACE_LEGACY:
		return (struct place){(char *)model->legacy, sizeof(struct legacy)};
	case PLACE_RECORDS:
		return (struct place){(char *)model->records, 4 * sizeof(struct handler_record)};
	case PLACE_LOBBY:
	case PLACE_TEA:
	case PLACE_ROOMS:
		return room_place(model, number);
	case PLACE_TEXT_MARKS:
	case PLACE_TEXT_RING:
	case PLACE_JSON_MARKS:
	case PLACE_JSON_RING:
	case PLACE_TEA_RING:
		return log_place(model, number);
	default:
		return client_place(model, number);
	}
}

/* The word at an offset, which is rounded down. */
static inline char *word_at(const struct place *place, unsigned offset)
{
	return place->begin +
	       offset % (place->size - sizeof(uint64_t) + 1) / sizeof(uint64_t) * sizeof(uint64_t);
}

/* Returns how many of the bytes it took. */
static inline size_t change(const struct place *place, unsigned kind, unsigned offset,
			    const uint8_t *bytes, size_t size)
{
	char *to = word_at(place, offset);
	size_t at = offset % place->size, count;
	uint64_t value;

	memcpy(&value, to, sizeof(value));
	switch (kind) {
	case KIND_ADD:
		value += (uint64_t)(int8_t)bytes[0];
		memcpy(to, &value, sizeof(value));
		return 1;
	case KIND_WORD:
		value = bytes[0] & 1 ? ~(uint64_t)(bytes[0] >> 1) : bytes[0] >> 1;
		memcpy(to, &value, sizeof(value));
		return 1;
	case KIND_COPY:
		if (size >= 2)
			memmove(to, word_at(place, bytes[0] | (unsigned)bytes[1] << 8),
				sizeof(value));
		return 2;
	case KIND_FILL:
		memset(place->begin + at, bytes[0], place->size - at);
		return 1;
	default:
		count = (size_t)(kind - KIND_BYTES + 1) * 2;
		if (count > size)
			count = size;
		if (count > place->size - at)
			count = place->size - at;
		memcpy(place->begin + at, bytes, count);
		return count;
	}
}

static inline void damage(const struct core *model, const uint8_t *data, size_t size)
{
	while (size >= 5) {
		const struct place place = place_of(model, data[0] % PLACES);
		size_t taken = 4 + change(&place, data[1] % KINDS, data[2] | (unsigned)data[3] << 8,
					  data + 4, size - 4);

		if (taken > size)
			return;
		data += taken;
		size -= taken;
	}
}
