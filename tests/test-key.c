/* test-key.c - each connection has one key, and nothing else fits it */
#include <string.h>

#include "mtchatd/key.h"
#include "mtchatd/siphash.h"

#include "tap.h"

/* SipHash's own test key, and the numbers that follow. */
static const uint64_t secret[KEY_SECRET_WORDS] = {
	UINT64_C(0x0706050403020100),
	UINT64_C(0x0f0e0d0c0b0a0908),
	UINT64_C(0x1716151413121110),
	UINT64_C(0x1f1e1d1c1b1a1918),
};

/* The 8 bytes 00 to 07 as a number, whose hash under the first two words is published. */
#define PUBLISHED_ID UINT64_C(0x0706050403020100)
static const char published[] = "93f5f5799a932462";

static bool is_hex(const char *key)
{
	return strlen(key) == KEY_SIZE - 1 && strspn(key, "0123456789abcdef") == KEY_SIZE - 1;
}

static void test_shape(void)
{
	char key[KEY_SIZE];

	key_of(key, secret, PUBLISHED_ID);
	ok(key_is_one(key, KEY_SIZE - 1), "a key is one");
	ok(!key_is_one(key, KEY_SIZE - 2) && !key_is_one(key, 0), "less of it is none");
	key[7] = 'F';
	ok(key_is_one(key, KEY_SIZE - 1), "so is one in capitals");
	for (const char *other = "g`G@/: -"; *other; other++) {
		key[KEY_SIZE - 2] = *other;
		ok(!key_is_one(key, KEY_SIZE - 1), "'%c' is in none", *other);
	}
}

static void test_key(void)
{
	char key[KEY_SIZE], again[KEY_SIZE];

	memset(key, 'x', sizeof(key));
	key_of(key, secret, PUBLISHED_ID);
	ok(is_hex(key), "32 small hex digits: %s", key);
	ok(memcmp(key, published, 16) == 0, "the first half is the hash under the first words");
	ok(memcmp(key, key + 16, 16) != 0, "the second another one");
	key_of(again, secret, PUBLISHED_ID);
	ok(strcmp(key, again) == 0, "the same at any time");
	key_of(key, secret, 0);
	ok(is_hex(key), "0 has a key: %s", key);
	key_of(key, secret, UINT64_MAX);
	ok(is_hex(key), "the last number has: %s", key);
}

/* Zeros in front are digits, too: among so many keys each half has some. */
static void test_zeros(void)
{
	enum { KEYS = 2000 };
	int first = 0, second = 0, bad = 0;
	char key[KEY_SIZE];

	for (uint64_t id = 0; id < KEYS; id++) {
		key_of(key, secret, id);
		bad += !is_hex(key) || !key_fits(secret, id, key, strlen(key));
		first += key[0] == '0';
		second += key[16] == '0';
	}
	is(bad, 0, "of %d keys each is whole and fits", KEYS);
	ok(first > 0 && second > 0, "%d and %d halves begin with 0", first, second);
}

static void test_every_bit_tells(void)
{
	char key[KEY_SIZE], other[KEY_SIZE];
	int same = 0;

	key_of(key, secret, 1000);
	for (int bit = 0; bit < 64; bit++) {
		key_of(other, secret, 1000 ^ UINT64_C(1) << bit);
		same += memcmp(key, other, 16) == 0 || memcmp(key + 16, other + 16, 16) == 0;
	}
	is(same, 0, "each bit of the number changes both halves");
	for (int bit = 0; bit < 64 * KEY_SECRET_WORDS; bit++) {
		uint64_t changed[KEY_SECRET_WORDS];

		memcpy(changed, secret, sizeof(changed));
		changed[bit / 64] ^= UINT64_C(1) << bit % 64;
		key_of(other, changed, 1000);
		same += strcmp(key, other) == 0;
	}
	is(same, 0, "each bit of the secret changes the key");
}

/* Size by size in a block of its own, so that ASan sees who reads on. */
static bool fits(uint64_t id, const char *text, size_t size)
{
	char *copy = malloc(size ? size : 1);
	bool good;

	if (!copy)
		abort();
	memcpy(copy, text, size);
	good = key_fits(secret, id, copy, size);
	free(copy);
	return good;
}

static void test_fits(void)
{
	char key[KEY_SIZE], longer[KEY_SIZE + 1], upper[KEY_SIZE];
	int wrong = 0;

	key_of(key, secret, 77);
	ok(fits(77, key, KEY_SIZE - 1), "a key fits its connection");
	ok(!fits(78, key, KEY_SIZE - 1), "not the next one");
	for (size_t size = 0; size < KEY_SIZE - 1; size++)
		wrong += fits(77, key, size);
	is(wrong, 0, "no beginning of it fits");
	ok(!fits(77, key, KEY_SIZE), "nor with its NUL");
	snprintf(longer, sizeof(longer), "%s0", key);
	ok(!fits(77, longer, KEY_SIZE), "nor a longer one");
	for (size_t i = 0; i < KEY_SIZE - 1; i++)
		for (int bit = 0; bit < 8; bit++) {
			key[i] = (char)(key[i] ^ 1 << bit);
			wrong += fits(77, key, KEY_SIZE - 1);
			key[i] = (char)(key[i] ^ 1 << bit);
		}
	is(wrong, 0, "nor with any bit changed");
	for (size_t i = 0; i < KEY_SIZE; i++)
		upper[i] = key[i] >= 'a' && key[i] <= 'f' ? (char)(key[i] - 'a' + 'A') : key[i];
	ok(strcmp(upper, key) != 0 && !fits(77, upper, KEY_SIZE - 1), "nor in capitals");
}

int main(void)
{
	test_key();
	test_shape();
	test_zeros();
	test_every_bit_tells();
	test_fits();
	return done();
}
