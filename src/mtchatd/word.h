/*
 * word.h - 64-bit words that outlive the process
 *
 * What lies in the arena is found again by the next process after a crash at any instruction.
 * SIGKILL stops a thread between two instructions, and its stores are visible in program
 * order; so for survival only the compiler must keep the order, which a release store does.
 * On x86 both functions are plain moves.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t word;

/* What was stored before the value that is seen, is seen too. */
static inline uint64_t word_get(const word *w)
{
	return atomic_load_explicit(w, memory_order_acquire);
}

/* Everything stored before is in place when this is. */
static inline void word_set(word *w, uint64_t value)
{
	atomic_store_explicit(w, value, memory_order_release);
}
