/*
 * json.c - writes JSON Lines, one object a line
 *
 * Nearly every string is clean text (common/text.h).  In that only three characters have to be
 * escaped, each becomes two, and they are looked for eight bytes at a time.
 */
#include <endian.h>
#include <string.h>
#include <utf8proc.h>

#include "common/text.h"
#include "mtchatd/json.h"

enum {
	WORD = sizeof(uint64_t),
	DEL = 0x7F,
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

/* Does that byte of a text go out as it is?  Of a clean text, those beyond ASCII do, too. */
static inline bool is_plain(char c, bool clean)
{
	return (unsigned char)c >= ' ' && c != '"' && c != '\\' &&
	       (clean || (unsigned char)c < DEL);
}

/*
 * Bit 7 of a byte is set if that byte is not plain, bytes in memory's order from the lowest.  Only
 * the lowest mark is exact: a borrow or carry out of a marked byte can mark the bytes above it.
 */
static inline uint64_t odd_marks(const char *text, bool clean)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t word, ascii;

	memcpy(&word, text, sizeof(word));
	word = le64toh(word);
	ascii = ((word - ones * ' ') | ((word ^ ones * '"') - ones) |
		 ((word ^ ones * '\\') - ones)) &
		~word;
	return (clean ? ascii : ascii | word | (word + ones)) & (ones << 7);
}

/* How many plain bytes there are at the start. */
static inline size_t plain_run(const char *text, size_t size, bool clean)
{
	size_t at = 0;

	while (size - at >= WORD) {
		uint64_t marks = odd_marks(text + at, clean);

		if (marks)
			return at + (size_t)__builtin_ctzll(marks) / 8;
		at += WORD;
		/* The last word overlaps those before: shorter than to go byte by byte. */
		if (at < size && size - at < WORD)
			at = size - WORD;
	}
	while (at < size && is_plain(text[at], clean))
		at++;
	return at;
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

static void put_number(struct json *json, uint64_t number)
{
	char digits[DIGITS_MAX];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	put(json, digits + at, sizeof(digits) - at);
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
	put_number(json, number);
}

void json_id(struct json *json, const char *key, const char *epoch, uint64_t number)
{
	json_string_begin(json, key);
	put_inside(json, epoch, strlen(epoch));
	put_char(json, '.');
	put_number(json, number);
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
