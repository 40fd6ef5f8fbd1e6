/*
 * siphash.h - a hash that strangers cannot aim at: SipHash-2-4
 *
 * Aumasson, Bernstein: "SipHash: a fast short-input PRF" (2012).  Without the key nobody can
 * choose names that fall together.  10 to 20 ns for a name.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const void *bytes, size_t size);
