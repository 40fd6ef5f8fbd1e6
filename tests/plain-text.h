/*
 * plain-text.h - cleans text by the plainest means, for test-text and fuzz-text to compare with
 *
 * Nothing is shared with text.c: characters are decoded to code points by arithmetic, and all
 * that is forbidden is asked of the code point.  Slow.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline bool plain_is_control(uint32_t c)
{
	return (c < 0x20 && c != '\t') || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 ||
	       (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* Writes the code point in so many bytes, well-formed or not; 1 to 4. */
static inline void plain_encode(unsigned char *to, uint32_t c, size_t length)
{
	static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};

	for (size_t i = length; i-- > 1; c >>= 6)
		to[i] = 0x80 | (c & 0x3F);
	to[0] = (unsigned char)(marks[length] | c);
}

/* In how many bytes the code point is to be written. */
static inline size_t plain_length(uint32_t c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

/* The length of the character at s and the character, or 0 if none is there. */
static inline size_t plain_decode(const unsigned char *s, size_t size, uint32_t *ret)
{
	size_t length = s[0] < 0x80    ? 1
			: s[0] < 0xC0  ? 0
			: s[0] < 0xE0  ? 2
			: s[0] < 0xF0  ? 3
			: s[0] <= 0xF7 ? 4
				       : 0;
	uint32_t c = length < 2 ? s[0] : s[0] & (0x7F >> length);

	if (length == 0 || length > size)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if (s[i] < 0x80 || s[i] > 0xBF)
			return 0;
		c = c * 64 + s[i] - 0x80;
	}
	if (length != plain_length(c) || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return 0;
	*ret = c;
	return length;
}

/* The length of the telnet command at s, 0 if none is there. */
static inline size_t plain_command(const unsigned char *s, size_t size)
{
	if (size >= 2 && s[0] == 255 && s[1] >= 241 && s[1] <= 249)
		return 2;
	if (size >= 3 && s[0] == 255 && s[1] >= 251 && s[1] <= 254)
		return 3;
	if (size < 4 || s[0] != 255 || s[1] != 250)
		return 0;
	for (size_t at = 2; at + 1 < size; at++) {
		if (s[at] == 255 && s[at + 1] == 240)
			return at + 2;
		if (s[at] == 255)
			at++; /* 255 255 is data */
	}
	return 0;
}

/* The length of the character at s if it passes, else 0. */
static inline size_t plain_passing(const unsigned char *s, size_t size)
{
	uint32_t c = 0;
	size_t length = plain_decode(s, size, &c);

	return length > 0 && !plain_is_control(c) ? length : 0;
}

/* text_clean_prefix() by the plainest means. */
static inline size_t plain_clean_prefix(const char *text, size_t size)
{
	size_t at = 0, length = 1;

	while (at < size && length > 0) {
		length = plain_passing((const unsigned char *)text + at, size - at);
		at += length;
	}
	return at;
}

/* text_clean() by the plainest means. */
static inline size_t plain_clean(char *to, const char *text, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t length = 0;

	for (size_t at = 0; at < size;) {
		size_t command = plain_command(s + at, size - at), n;
		uint32_t c;

		if (s[at] == 0 || command > 0) {
			at += command > 0 ? command : 1;
			continue;
		}
		n = plain_passing(s + at, size - at);
		if (n > 0) {
			memcpy(to + length, s + at, n);
			length += n;
		} else {
			memcpy(to + length, "\xEF\xBF\xBD", 3);
			length += 3;
			n = plain_decode(s + at, size - at, &c);
		}
		at += n > 0 ? n : 1;
	}
	return length;
}
