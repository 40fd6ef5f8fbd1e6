/*
 * run.h - how far a text is plain: 16 bytes at a time
 *
 * Pure, and inline since what is plain is known where it is called: the compiler drops the rest.
 * 16 bytes cost a nanosecond; gcc makes them a register on whatever machine has one.
 */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Which bytes end a run.  Control characters always do. */
struct run_end {
	bool quotes; /* " and \ */
	bool wide;   /* DEL and what is beyond ASCII */
};

typedef unsigned char run_bytes __attribute__((vector_size(16)));

static inline bool run_goes_on(char c, struct run_end end)
{
	unsigned char byte = (unsigned char)c;

	return byte >= ' ' && !(end.quotes && (byte == '"' || byte == '\\')) &&
	       !(end.wide && byte >= 0x7F);
}

/* How many of the 16 bytes there go on from the first. */
static inline size_t run_in_16(const char *text, struct run_end end)
{
	uint64_t ends[2]; /* a byte is FF if that one ends the run, else 0 */
	run_bytes all, marks;

	memcpy(&all, text, sizeof(all));
	marks = (run_bytes)(end.wide ? all - ' ' >= 0x7F - ' ' : all < ' ');
	if (end.quotes)
		marks |= (run_bytes)(all == '"') | (run_bytes)(all == '\\');
	memcpy(ends, &marks, sizeof(ends));
	if (ends[0])
		return (size_t)__builtin_ctzll(le64toh(ends[0])) / 8;
	return ends[1] ? 8 + (size_t)__builtin_ctzll(le64toh(ends[1])) / 8 : sizeof(all);
}

/* How many bytes at the start go on. */
static inline size_t run_length(const char *text, size_t size, struct run_end end)
{
	const size_t step = sizeof(run_bytes);
	size_t at = 0;

	if (size < step) {
		while (at < size && run_goes_on(text[at], end))
			at++;
		return at;
	}
	for (; size - at >= step; at += step) {
		size_t run = run_in_16(text + at, end);

		if (run < step)
			return at + run;
	}
	/* The last ones overlap those before: shorter than to go byte by byte. */
	return size - step + run_in_16(text + size - step, end);
}
