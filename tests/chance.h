/* chance.h - numbers by chance, the same ones in every run */
#pragma once

#include <stdint.h>

#define CHANCE_SEED UINT64_C(0x9e3779b97f4a7c15)

/* 0 ... below - 1; state: not 0, each thread has its own. */
static inline uint32_t chance(uint64_t *state, uint32_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)((*state >> 32) % below);
}
