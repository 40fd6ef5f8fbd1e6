/*
 * key.h - the key by which a client proves that a connection is its own
 *
 * Each JSON client is told its key in hello.  It is made from the connection's number and a
 * secret that lies in the arena: nothing is kept for each client, and the key is still good
 * after a crash.  128 bits: two SipHashes of the number, under two keys.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	KEY_SECRET_WORDS = 4,
	KEY_SIZE = 33, /* 32 hex digits and a NUL */
};

/* The key of the connection with that id. */
void key_of(char ret[KEY_SIZE], const uint64_t secret[KEY_SECRET_WORDS], uint64_t id);

/* Could it be one, of whatever connection: 32 digits, a to f in either case? */
bool key_is_one(const char *text, size_t size);

/* Is text[0, size) that key?  Takes the same time wherever they differ. */
bool key_fits(const uint64_t secret[KEY_SECRET_WORDS], uint64_t id, const char *text, size_t size);
