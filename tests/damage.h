/*
 * damage.h - what a fuzzer does to an arena (furnished.h)
 *
 *	damage	| kind, place | offset, 2 bytes | bytes, as the kind says | damage ...
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "furnished.h"

enum { PLACES = 32 };

/* What damage does to the bytes at its place; in the upper 3 bits of the byte that says where. */
enum kind {
	KIND_ADD,   /* one byte follows: a difference for the word there */
	KIND_WORD,  /* one byte follows: the word there becomes it, or its complement */
	KIND_COPY,  /* two bytes follow: the word there becomes the one at that offset */
	KIND_FILL,  /* one byte follows: all from there on becomes it */
	KIND_BYTES, /* and more: so many bytes follow, less this, times 2 */
};

struct place {
	char *begin;
	size_t size;
};

static inline struct place place_of(const struct core *model, unsigned number)
{
	struct room *room = model->lobby;

	switch (number) {
	case 0:
		return (struct place){model->arena.bytes, sizeof(struct arena_header)};
	case 1:
	case 2:
		return (struct place){(char *)model->legacy, sizeof(struct legacy)};
	case 3:
	case 4:
		return (struct place){(char *)model->records, 4 * sizeof(struct handler_record)};
	case 5:
	case 6:
		return (struct place){(char *)room->record, sizeof(struct room_record)};
	case 7:
		return (struct place){(char *)room->marks,
				      room->marks_count * sizeof(struct room_mark)};
	case 8:
		return (struct place){room->ring.bytes, room->ring.size};
	case 9:
	case 10:
		return (struct place){(char *)core_outbox(model, GUEST_ANSWERS + 1),
				      offsetof(struct outbox, entry[8])};
	case 11:
	case 12:
		return (struct place){(char *)core_outbox(model, GUEST_PARKED + 1),
				      offsetof(struct outbox, entry[8])};
	case 13:
		return (struct place){pool_at(&model->inputs, GUEST_TALKS + 1), sizeof(speech)};
	case 14:
	case 15:
		return (struct place){(char *)model->tags, GUEST_SLOTS * sizeof(struct tag)};
	default:
		return (struct place){(char *)&model->slots[number % GUEST_SLOTS],
				      sizeof(struct slot)};
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
	while (size >= 4) {
		const struct place place = place_of(model, data[0] % PLACES);
		size_t taken = 3 + change(&place, data[0] / PLACES,
					  data[1] | (unsigned)data[2] << 8, data + 3, size - 3);

		if (taken > size)
			return;
		data += taken;
		size -= taken;
	}
}
