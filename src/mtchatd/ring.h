/*
 * ring.h - the bytes of a log, mapped twice in a row
 *
 * A position counts all bytes ever written; the byte at position p lies at p modulo the size.
 * Since the same memory follows itself, any range of up to `size` bytes is contiguous: one
 * send() can take it, one memcpy() can write it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ring {
	char *bytes;
	uint64_t size; /* bytes, a power of two, whole pages */
};

/* Maps size bytes at offset of the file twice.  Returns 0, or -errno. */
int ring_map(struct ring *ret, int fd, uint64_t offset, uint64_t size);
void ring_unmap(struct ring *ring);

static inline char *ring_at(const struct ring *ring, uint64_t position)
{
	return ring->bytes + (position & (ring->size - 1));
}

/* Does a line begin at position?  The byte before it must still be held. */
static inline bool ring_line_begins(const struct ring *ring, uint64_t position)
{
	return position == 0 || *ring_at(ring, position - 1) == '\n';
}

/* The first line's begin at or after position; there must be one at or before `end`. */
uint64_t ring_next_line(const struct ring *ring, uint64_t position, uint64_t end);

/* How many lines end in [from, to). */
uint64_t ring_count_lines(const struct ring *ring, uint64_t from, uint64_t to);
