/* key.c - the key by which a client proves that a connection is its own */
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>

#include "mtchatd/key.h"
#include "mtchatd/siphash.h"

void key_of(char ret[KEY_SIZE], const uint64_t secret[KEY_SECRET_WORDS], uint64_t id)
{
	const uint64_t bytes = htole64(id);

	snprintf(ret, KEY_SIZE, "%016" PRIx64 "%016" PRIx64, siphash(secret, &bytes, sizeof(bytes)),
		 siphash(secret + 2, &bytes, sizeof(bytes)));
}

bool key_is_one(const char *text, size_t size)
{
	if (size != KEY_SIZE - 1)
		return false;
	for (size_t i = 0; i < size; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (!digit && ((text[i] | 0x20) < 'a' || (text[i] | 0x20) > 'f'))
			return false;
	}
	return true;
}

bool key_fits(const uint64_t secret[KEY_SECRET_WORDS], uint64_t id, const char *text, size_t size)
{
	char key[KEY_SIZE];
	int differ = 0;

	if (size != KEY_SIZE - 1) /* how long a key is, is no secret */
		return false;
	key_of(key, secret, id);
	for (size_t i = 0; i < size; i++)
		differ |= key[i] ^ text[i];
	return differ == 0;
}
