/* ring.c - the bytes of a log, mapped twice in a row */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "mtchatd/ring.h"

int ring_map(struct ring *ret, int fd, uint64_t offset, uint64_t size)
{
	char *bytes;

	bytes = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	for (int half = 0; half < 2; half++) {
		if (mmap(bytes + (uint64_t)half * size, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, fd, (off_t)offset) == MAP_FAILED) {
			int r = -errno;

			munmap(bytes, 2 * size);
			return r;
		}
	}
	*ret = (struct ring){.bytes = bytes, .size = size};
	return 0;
}

void ring_unmap(struct ring *ring)
{
	if (ring->bytes)
		munmap(ring->bytes, 2 * ring->size);
	*ring = (struct ring){0};
}

uint64_t ring_next_line(const struct ring *ring, uint64_t position, uint64_t end)
{
	const char *from, *newline;

	if (position >= end || ring_line_begins(ring, position))
		return position;
	from = ring_at(ring, position);
	newline = memchr(from, '\n', end - position);
	return newline ? position + (uint64_t)(newline + 1 - from) : end;
}

uint64_t ring_count_lines(const struct ring *ring, uint64_t from, uint64_t to)
{
	const char *at = ring_at(ring, from), *end = at + (to - from);
	uint64_t lines = 0;

	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		lines++;
		at++;
	}
	return lines;
}
