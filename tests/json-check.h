/*
 * json-check.h - is it JSON?  RFC 8259 to the letter, for test-json, test-render and fuzz-render
 *
 * Nothing is shared with json.c.  Stricter than the RFC in what would be somebody's trouble: no
 * half of a surrogate pair, no key twice in an object's first JSON_CHECK_KEYS, no depth beyond
 * JSON_CHECK_DEPTH.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "plain-text.h"

enum { JSON_CHECK_DEPTH = 32, JSON_CHECK_KEYS = 32 };

/* What is left to read. */
struct json_check {
	const unsigned char *at, *end;
	int depth;
};

/* A string as it stands there, with its quotes. */
struct json_check_string {
	const unsigned char *text;
	size_t size;
};

static inline bool json_check_value(struct json_check *check);

static inline void json_check_space(struct json_check *check)
{
	while (check->at < check->end && memchr(" \t\n\r", *check->at, 4))
		check->at++;
}

static inline bool json_check_char(struct json_check *check, char c)
{
	if (check->at == check->end || *check->at != (unsigned char)c)
		return false;
	check->at++;
	return true;
}

static inline bool json_check_word(struct json_check *check, const char *word)
{
	while (*word)
		if (!json_check_char(check, *word++))
			return false;
	return true;
}

/* One digit or more. */
static inline bool json_check_digits(struct json_check *check)
{
	const unsigned char *from = check->at;

	while (check->at < check->end && *check->at >= '0' && *check->at <= '9')
		check->at++;
	return check->at > from;
}

static inline bool json_check_number(struct json_check *check)
{
	json_check_char(check, '-');
	if (!json_check_char(check, '0') && !json_check_digits(check))
		return false;
	if (json_check_char(check, '.') && !json_check_digits(check))
		return false;
	if (!json_check_char(check, 'e') && !json_check_char(check, 'E'))
		return true;
	if (!json_check_char(check, '+'))
		json_check_char(check, '-');
	return json_check_digits(check);
}

/* Four hexadecimal digits, or false. */
static inline bool json_check_hex(struct json_check *check, uint32_t *ret)
{
	*ret = 0;
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef0123456789ABCDEF";
		const char *digit = check->at < check->end
					    ? memchr(digits, *check->at, sizeof(digits) - 1)
					    : NULL;

		if (!digit)
			return false;
		*ret = *ret * 16 + (uint32_t)(digit - digits) % 16;
		check->at++;
	}
	return true;
}

/* What stands behind a backslash: which character it is. */
static inline bool json_check_escape(struct json_check *check, uint32_t *ret)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *letter;
	uint32_t low;

	if (check->at == check->end)
		return false;
	letter = memchr(letters, *check->at++, sizeof(letters) - 1);
	if (letter) {
		*ret = (unsigned char)meant[letter - letters];
		return true;
	}
	if (check->at[-1] != 'u' || !json_check_hex(check, ret) ||
	    (*ret >= 0xDC00 && *ret <= 0xDFFF))
		return false;
	if (*ret < 0xD800 || *ret > 0xDBFF)
		return true;
	if (!json_check_word(check, "\\u") || !json_check_hex(check, &low) || low < 0xDC00 ||
	    low > 0xDFFF)
		return false;
	*ret = 0x10000 + (*ret - 0xD800) * 0x400 + low - 0xDC00;
	return true;
}

/* One character of a string, as it is or escaped. */
static inline bool json_check_character(struct json_check *check, uint32_t *ret)
{
	size_t length;

	if (json_check_char(check, '\\'))
		return json_check_escape(check, ret);
	if (check->at == check->end || *check->at < 0x20)
		return false;
	length = plain_decode(check->at, (size_t)(check->end - check->at), ret);
	check->at += length;
	return length > 0;
}

static inline bool json_check_string(struct json_check *check, struct json_check_string *ret)
{
	uint32_t c;

	ret->text = check->at;
	if (!json_check_char(check, '"'))
		return false;
	while (!json_check_char(check, '"'))
		if (!json_check_character(check, &c))
			return false;
	ret->size = (size_t)(check->at - ret->text);
	return true;
}

static inline bool json_check_array(struct json_check *check)
{
	json_check_space(check);
	if (json_check_char(check, ']'))
		return true;
	do
		if (!json_check_value(check))
			return false;
	while (json_check_char(check, ','));
	return json_check_char(check, ']');
}

static inline bool json_check_is_new(const struct json_check_string *keys, int count)
{
	for (int i = 0; i < count; i++)
		if (keys[i].size == keys[count].size &&
		    memcmp(keys[i].text, keys[count].text, keys[count].size) == 0)
			return false;
	return true;
}

static inline bool json_check_object(struct json_check *check)
{
	struct json_check_string keys[JSON_CHECK_KEYS + 1];
	int count = 0;

	json_check_space(check);
	if (json_check_char(check, '}'))
		return true;
	do {
		json_check_space(check);
		if (!json_check_string(check, &keys[count]) || !json_check_is_new(keys, count))
			return false;
		count += count < JSON_CHECK_KEYS;
		json_check_space(check);
		if (!json_check_char(check, ':') || !json_check_value(check))
			return false;
	} while (json_check_char(check, ','));
	return json_check_char(check, '}');
}

static inline bool json_check_bare(struct json_check *check)
{
	struct json_check_string string;

	switch (check->at < check->end ? *check->at : '\0') {
	case '{':
		check->at++;
		return json_check_object(check);
	case '[':
		check->at++;
		return json_check_array(check);
	case '"':
		return json_check_string(check, &string);
	case 't':
		return json_check_word(check, "true");
	case 'f':
		return json_check_word(check, "false");
	case 'n':
		return json_check_word(check, "null");
	default:
		return json_check_number(check);
	}
}

static inline bool json_check_value(struct json_check *check)
{
	bool is;

	if (check->depth == JSON_CHECK_DEPTH)
		return false;
	check->depth++;
	json_check_space(check);
	is = json_check_bare(check);
	json_check_space(check);
	check->depth--;
	return is;
}

/* Is it one value, and nothing else? */
static inline bool json_is_valid(const char *text, size_t size)
{
	struct json_check check = {(const unsigned char *)text, (const unsigned char *)text + size,
				   0};

	return json_check_value(&check) && check.at == check.end;
}

/* What the string says; `to` has room for its size.  Returns how many bytes. */
static inline size_t json_check_unescape(char *to, const struct json_check_string *string)
{
	struct json_check check = {string->text + 1, string->text + string->size - 1, 0};
	size_t size = 0;
	uint32_t c = 0;

	while (check.at < check.end && json_check_character(&check, &c)) {
		plain_encode((unsigned char *)to + size, c, plain_length(c));
		size += plain_length(c);
	}
	return size;
}

/*
 * What the string of that key in an object says; it is valid, its keys have no escapes.  `to` has
 * room for `size` bytes.  How many bytes; -1: it has no such key, or that is no string.
 */
static inline ssize_t json_member(char *to, const char *text, size_t size, const char *key)
{
	struct json_check check = {(const unsigned char *)text, (const unsigned char *)text + size,
				   0};
	struct json_check_string name, value;

	json_check_space(&check);
	if (!json_check_char(&check, '{'))
		return -1;
	do {
		json_check_space(&check);
		if (!json_check_string(&check, &name))
			return -1;
		json_check_space(&check);
		json_check_char(&check, ':');
		json_check_space(&check);
		if (name.size == strlen(key) + 2 && memcmp(name.text + 1, key, name.size - 2) == 0)
			return json_check_string(&check, &value)
				       ? (ssize_t)json_check_unescape(to, &value)
				       : -1;
	} while (json_check_value(&check) && json_check_char(&check, ','));
	return -1;
}
