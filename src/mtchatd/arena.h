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

/*
 * Takes over an arena that another process made, with the same numbers; fd is the caller's still
 * if it fails.  Returns 0; -EPROTO: its layout is another one; -EBADMSG: it is no arena, or not
 * of this size, or not sealed; or another -errno.
 */
int arena_adopt(struct arena *ret, int fd, uint64_t size, size_t mapped, uint32_t layout);

/*
 * Makes it ours alone: waits, at most `ms`, until the process before us is gone, its keeper with
 * it.  By a record lock, whose owner is a table of descriptors: it is let go with the last
 * process that shares the table, and (a trap) by the first close() of any descriptor of the
 * memfd there.  ms: 0 does not wait; a new arena is to be owned so, too.  0, or -ETIMEDOUT or
 * another -errno.
 */
int arena_own(const struct arena *arena, int ms);

/* Closes it, and lets it go if it is ours. */
void arena_done(struct arena *arena);

/* Gives the memory of a range back to the kernel; it reads as 0 then.  Whole pages. */
void arena_forget(struct arena *arena, uint64_t offset, uint64_t size);
