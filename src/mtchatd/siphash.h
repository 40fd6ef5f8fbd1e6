/*
 * siphash.h - a hash that strangers cannot aim at: SipHash-2-4
 *
 * Aumasson, Bernstein: "SipHash: a fast short-input PRF" (2012).  Without the key nobody can
 * choose names that fall together.  15 to 20 ns for most names.  Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The hash of bytes[0, size), which may be NULL if size is 0.  key: 128 bits by chance; as two
 * numbers, each made of eight bytes of the paper's key, the first byte lowest.
 */
uint64_t siphash(const uint64_t key[2], const void *bytes, size_t size);
