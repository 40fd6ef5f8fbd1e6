/*
 * json.c - writes JSON Lines, one object a line
 *
 * Nearly every string is clean text (common/text.h).  In that only three characters have to be
 * escaped, each becomes two, and they are looked for 16 bytes at a time.
 */
#include <string.h>
#include <utf8proc.h>

#include "common/run.h"
#include "common/text.h"
#include "mtchatd/json.h"

enum {
	DIGITS_MAX = 20, /* of 64 bits */
};

static inline void put(struct json *json, const char *text, size_t size)
{
	if (json->full || size > json->room - json->size) {
		json->full = true;
		return;
	}
	memcpy(json->text + json->size, text, size);
	json->size += size;
}

static inline void put_char(struct json *json, char c)
{
	put(json, &c, 1);
}

/* What stands behind the backslash if that character of a clean text is escaped, else NUL. */
static inline char escape_of(char c)
{
	switch (c) {
	case '\t':
		return 't';
	case '"':
	case '\\':
		return c;
	default:
		return '\0';
	}
}

/* How many bytes at the start go out as they are.  Of a clean text those beyond ASCII do, too. */
static inline size_t plain_run(const char *text, size_t size, bool clean)
{
	return run_length(text, size, (struct run_end){.quotes = true, .wide = !clean});
}

static void put_clean(struct json *json, const char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t length = plain_run(text + at, size - at, true);

		put(json, text + at, length);
		at += length;
		if (at < size)
			put(json, (char[]){'\\', escape_of(text[at++])}, 2);
	}
}

/*
 * Writes what begins there and is not clean: a control character or a byte of what is not
 * well-formed.  Returns how many bytes it took.
 */
static size_t put_unclean(struct json *json, const char *text, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char byte = (unsigned char)text[0];
	utf8proc_int32_t character;
	utf8proc_ssize_t length;

	if (byte < ' ') {
		put(json, (char[]){'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]}, 6);
		return 1;
	}
	length = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)size,
				  &character);
	if (length <= 0) {
		put(json, "\uFFFD", 3);
		return 1;
	}
	put(json, text, (size_t)length);
	return (size_t)length;
}

/* Begins with what is plain, in one pass: mostly that is all.  Returns how many bytes it took. */
static inline size_t put_plain(struct json *json, const char *text, size_t size)
{
	size_t length = plain_run(text, size, false);

	put(json, text, length);
	return length;
}

static void put_inside(struct json *json, const char *text, size_t size)
{
	for (size_t at = put_plain(json, text, size); at < size;) {
		size_t length = text_clean_prefix(text + at, size - at);

		put_clean(json, text + at, length);
		at += length;
		if (at < size)
			at += put_unclean(json, text + at, size - at);
	}
}

/*
 * Puts the escapes into the clean text that lies behind the line, and makes it part of the line.
 * From its end on, so that it needs no second place; there is room.
 */
static void widen(struct json *json, size_t size)
{
	const char *from = json->text + json->size + size;
	char *to;
	size_t escapes = 0;

	for (size_t i = 0; i < size; i++)
		escapes += escape_of(json->text[json->size + i]) != '\0';
	json->size += size + escapes;
	for (to = json->text + json->size; to > from;) {
		char escape = escape_of(*--from);

		if (escape) {
			*--to = escape;
			*--to = '\\';
		} else {
			*--to = *from;
		}
	}
}

/*
 * What begins here, a member or an element, has a comma before it unless it is the first.  The last
 * byte tells: it is of no string's inside.
 */
static bool wants_comma(const struct json *json)
{
	size_t size = json->size;

	return size > 0 && json->text[size - 1] != '{' && json->text[size - 1] != '[';
}

static void put_comma(struct json *json)
{
	if (wants_comma(json))
		put_char(json, ',');
}

/* One check for all of it: a line is mostly keys. */
static void put_key(struct json *json, const char *key)
{
	size_t length = strlen(key);
	char *to = json->text + json->size;

	if (json->full || length + sizeof(",\"\":") - 1 > json->room - json->size) {
		json->full = true;
		return;
	}
	if (wants_comma(json))
		*to++ = ',';
	*to++ = '"';
	to = mempcpy(to, key, length);
	to = mempcpy(to, "\":", 2);
	json->size = (size_t)(to - json->text);
}

void json_digits(struct json *json, uint64_t number)
{
	char digits[DIGITS_MAX];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	put(json, digits + at, sizeof(digits) - at);
}

void json_bytes(struct json *json, const char *bytes, size_t size)
{
	put(json, bytes, size);
}

void json_open(struct json *json, const char *event)
{
	put(json, "{\"ev\":\"", 7);
	put(json, event, strlen(event));
	put_char(json, '"');
}

void json_string(struct json *json, const char *key, const char *text, size_t size)
{
	put_key(json, key);
	if (!text) {
		put(json, "null", 4);
		return;
	}
	put_char(json, '"');
	put_inside(json, text, size);
	put_char(json, '"');
}

void json_text(struct json *json, const char *key, const char *text)
{
	json_string(json, key, text, text ? strlen(text) : 0);
}

void json_number(struct json *json, const char *key, uint64_t number)
{
	put_key(json, key);
	json_digits(json, number);
}

void json_id(struct json *json, const char *key, const char *epoch, uint64_t number)
{
	json_string_begin(json, key);
	put_inside(json, epoch, strlen(epoch));
	put_char(json, '.');
	json_digits(json, number);
	json_string_end(json);
}

void json_string_begin(struct json *json, const char *key)
{
	put_key(json, key);
	put_char(json, '"');
}

void json_string_piece(struct json *json, const char *text, size_t size)
{
	size_t at = put_plain(json, text, size), rest;

	if (at == size)
		return;
	rest = text_clean_prefix(text + at, size - at);
	put_clean(json, text + at, rest);
	at += rest;
	rest = size - at;
	if (json->full || rest > (json->room - json->size) / TEXT_GROWTH)
		json->full = true;
	else
		widen(json, text_clean(json->text + json->size, text + at, rest));
}

void json_string_end(struct json *json)
{
	put_char(json, '"');
}

void json_begin(struct json *json, const char *key, char bracket)
{
	if (key)
		put_key(json, key);
	else
		put_comma(json);
	put_char(json, bracket);
}

void json_end(struct json *json, char bracket)
{
	put_char(json, bracket);
}

void json_element(struct json *json, const char *text)
{
	put_comma(json);
	put_char(json, '"');
	put_inside(json, text, strlen(text));
	put_char(json, '"');
}

void json_close(struct json *json)
{
	put(json, "}\n", 2);
}
