/* siphash.c - a hash that strangers cannot aim at: SipHash-2-4 */
#include <endian.h>
#include <string.h>

#include "mtchatd/siphash.h"

enum { WORD = sizeof(uint64_t), ROUNDS = 2, LAST_ROUNDS = 4 };

struct state {
	uint64_t a, b, c, d; /* v0 to v3 of the paper */
};

static inline uint64_t rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

static inline void mix(struct state *state, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		state->a += state->b;
		state->c += state->d;
		state->b = rotate(state->b, 13) ^ state->a;
		state->d = rotate(state->d, 16) ^ state->c;
		state->a = rotate(state->a, 32);
		state->c += state->b;
		state->a += state->d;
		state->b = rotate(state->b, 17) ^ state->c;
		state->d = rotate(state->d, 21) ^ state->a;
		state->c = rotate(state->c, 32);
	}
}

static inline void take(struct state *state, uint64_t word)
{
	state->d ^= word;
	mix(state, ROUNDS);
	state->a ^= word;
}

/* Up to eight bytes, the first one lowest, zeros above. */
static inline uint64_t load(const unsigned char *bytes, size_t size)
{
	uint64_t word = 0;

	memcpy(&word, bytes, size);
	return le64toh(word);
}

uint64_t siphash(const uint64_t key[2], const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	size_t left = size;
	struct state state = {
		.a = key[0] ^ UINT64_C(0x736f6d6570736575), /* the constants are the paper's */
		.b = key[1] ^ UINT64_C(0x646f72616e646f6d),
		.c = key[0] ^ UINT64_C(0x6c7967656e657261),
		.d = key[1] ^ UINT64_C(0x7465646279746573),
	};

	for (; left >= WORD; at += WORD, left -= WORD)
		take(&state, load(at, WORD));
	take(&state, (uint64_t)size << 56 | (left ? load(at, left) : 0));
	state.c ^= 0xff;
	mix(&state, LAST_ROUNDS);
	return state.a ^ state.b ^ state.c ^ state.d;
}
