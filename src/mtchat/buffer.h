/* buffer.h - bytes on their way: added at the end, taken from the start, bounded */
#pragma once

#include <stddef.h>

struct buffer {
	char *bytes;
	size_t capacity;
	size_t start, end; /* what it holds is bytes[start, end) */
};

/* 0, or -ENOMEM. */
int buffer_init(struct buffer *ret, size_t capacity);
void buffer_done(struct buffer *buffer);

static inline size_t buffer_size(const struct buffer *buffer)
{
	return buffer->end - buffer->start;
}

static inline const char *buffer_first(const struct buffer *buffer)
{
	return buffer->bytes + buffer->start;
}

/* How many bytes could be added. */
static inline size_t buffer_room(const struct buffer *buffer)
{
	return buffer->capacity - buffer_size(buffer);
}

/*
 * Where to put up to buffer_room() bytes; tell with buffer_added() how many they were.
 * What the buffer holds may move.
 */
char *buffer_next(struct buffer *buffer);
void buffer_added(struct buffer *buffer, size_t size);

/* Adds a copy of bytes[0, size), for which there is room. */
void buffer_add(struct buffer *buffer, const char *bytes, size_t size);

/* The first `size` bytes are done with. */
void buffer_taken(struct buffer *buffer, size_t size);
