/*
 * arena.h - the memory that outlives the process
 *
 * One memfd, sealed against truncation, mapped shared.  It is sparse: only what was touched
 * costs memory, so it is laid out for the largest configuration there can be.  The kernel
 * puts it anywhere; inside it are offsets and numbers, never pointers.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { ARENA_PAGE = 4096 };

/* What lies at offset 0: says whether the rest can be understood. */
struct arena_header {
	uint64_t magic;
	uint32_t layout; /* version: moves whenever a struct in the arena changes */
	uint32_t pad;
	uint64_t size; /* of the memfd, in bytes */
};

struct arena {
	int fd;
	char *bytes;   /* the mapped part, from offset 0 */
	size_t mapped; /* bytes; what lies beyond is mapped piecewise (ring.h) */
};

/*
 * Makes an empty arena of `size` bytes, of which the first `mapped` are mapped; both are
 * multiples of ARENA_PAGE.  All of it reads as 0.  Returns 0, or -errno.
 */
int arena_new(struct arena *ret, uint64_t size, size_t mapped, uint32_t layout);
void arena_done(struct arena *arena);

/* Gives the memory of a range back to the kernel; it reads as 0 then.  Whole pages. */
void arena_forget(struct arena *arena, uint64_t offset, uint64_t size);
