/* test-siphash.c - the hash is SipHash-2-4, and reads just the bytes it was given */
#include <inttypes.h>
#include <string.h>

#include "mtchatd/siphash.h"

#include "tap.h"

/* The paper's key: bytes 00 to 0f. */
static const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};

/* Of the bytes 00, 01, 02 ...; the one of 15 bytes is worked out in the paper's appendix. */
static const struct {
	size_t size;
	uint64_t hash;
} vector[] = {
	{0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},
	{2, UINT64_C(0x0d6c8009d9a94f5a)},  {3, UINT64_C(0x85676696d7fb7e2d)},
	{4, UINT64_C(0xcf2794e0277187b7)},  {5, UINT64_C(0x18765564cd99a68d)},
	{6, UINT64_C(0xcbc9466e58fee3ce)},  {7, UINT64_C(0xab0200f58b01d137)},
	{8, UINT64_C(0x93f5f5799a932462)},  {9, UINT64_C(0x9e0082df0ba9e4b0)},
	{10, UINT64_C(0x7a5dbbc594ddb9f3)}, {11, UINT64_C(0xf4b32f46226bada7)},
	{12, UINT64_C(0x751e8fbc860ee5fb)}, {13, UINT64_C(0x14ea5627c0843d90)},
	{14, UINT64_C(0xf723ca908e7af2ee)}, {15, UINT64_C(0xa129ca6149be45e5)},
	{16, UINT64_C(0x3f2acc7f57c29bdb)}, {31, UINT64_C(0x32d892fad841c342)},
	{32, UINT64_C(0x7127512f72f27cce)}, {63, UINT64_C(0x958a324ceb064572)},
};

static void test_vectors(void)
{
	unsigned char bytes[64];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	for (size_t i = 0; i < sizeof(vector) / sizeof(*vector); i++) {
		uint64_t hash = siphash(key, bytes, vector[i].size);

		ok(hash == vector[i].hash, "%zu bytes: %016" PRIx64, vector[i].size, hash);
	}
}

static void test_place(void)
{
	unsigned char bytes[32 + 8];
	int other = 0;

	for (size_t shift = 0; shift < 8; shift++) {
		memset(bytes, 0xee, sizeof(bytes));
		for (size_t i = 0; i < 15; i++)
			bytes[shift + i] = (unsigned char)i;
		other += siphash(key, bytes + shift, 15) != UINT64_C(0xa129ca6149be45e5);
	}
	is(other, 0, "neither where they lie nor what lies around them matters");
	ok(siphash(key, NULL, 0) == UINT64_C(0x726fdb47dd0e0e31), "nothing may be NULL");
}

/* Each bit of the key and of the bytes tells; so does a zero at the end. */
static void test_every_bit_tells(void)
{
	static const char text[20] = "nineteen and a zero";
	uint64_t hash = siphash(key, text, sizeof(text));
	int same = 0;

	for (int bit = 0; bit < 128; bit++) {
		uint64_t changed[2] = {key[0], key[1]};

		changed[bit / 64] ^= UINT64_C(1) << bit % 64;
		same += siphash(changed, text, sizeof(text)) == hash;
	}
	for (size_t bit = 0; bit < 8 * sizeof(text); bit++) {
		char changed[sizeof(text)];

		memcpy(changed, text, sizeof(text));
		changed[bit / 8] = (char)(changed[bit / 8] ^ 1 << bit % 8);
		same += siphash(key, changed, sizeof(text)) == hash;
	}
	same += siphash(key, text, sizeof(text) - 1) == hash;
	is(same, 0, "every bit of the key and of the text changes the hash");
}

int main(void)
{
	test_vectors();
	test_place();
	test_every_bit_tells();
	return done();
}
