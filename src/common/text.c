/*
 * text.c - lets clean text pass at the speed of a copy, and replaces what is not clean
 *
 * Nearly every line said is clean, so the work is to prove that.  Plain ASCII goes 16 bytes
 * at a time, other characters one at a time by the ranges of Unicode's table 3-7.  What does
 * not pass is rare, and is looked at a second time to see what it is.
 */
#include "common/text.h"

#include "common/run.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	TAB = 0x09,
	DEL = 0x7F,
};

/* Telnet's command bytes (RFC 854). */
enum {
	TELNET_SE = 240,
	TELNET_NOP = 241, /* the first of those that are complete */
	TELNET_GA = 249,  /* the last */
	TELNET_SB = 250,
	TELNET_WILL = 251, /* the first of those that take an option */
	TELNET_DONT = 254, /* the last */
	TELNET_IAC = 255,
};

static const char replacement[] = {'\xEF', '\xBF', '\xBD'};

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c < DEL;
}

static bool is_between(unsigned char c, unsigned char low, unsigned char high)
{
	return c >= low && c <= high;
}

static bool is_continuation(unsigned char c)
{
	return (c & 0xC0) == 0x80;
}

/* How many bytes of printable ASCII there are at the start. */
static inline size_t plain_run(const char *text, size_t size)
{
	return run_length(text, size, (struct run_end){.wide = true});
}

size_t text_plain_prefix(const char *text, size_t size)
{
	return plain_run(text, size);
}

/* The length in bytes of the well-formed sequence of two to four bytes at s; 0: none is there. */
static inline size_t sequence_length(const unsigned char *s, size_t size)
{
	unsigned char lead = s[0];

	if (lead < 0xC2 || lead > 0xF4 || size < 2)
		return 0;
	if (lead < 0xE0)
		return is_continuation(s[1]) ? 2 : 0;
	if (size < 3 || !is_continuation(s[1]) || !is_continuation(s[2]))
		return 0;
	if (lead < 0xF0) {
		bool overlong = lead == 0xE0 && s[1] < 0xA0;
		bool surrogate = lead == 0xED && s[1] > 0x9F;

		return overlong || surrogate ? 0 : 3;
	}
	if (size < 4 || !is_continuation(s[3]))
		return 0;
	return (lead == 0xF0 && s[1] < 0x90) || (lead == 0xF4 && s[1] > 0x8F) ? 0 : 4;
}

/* Whether the well-formed sequence at s is a control character; they all begin with C2 or E2. */
static inline bool is_control(const unsigned char *s)
{
	if (s[0] == 0xC2)
		return s[1] < 0xA0; /* C1 */
	if (s[0] != 0xE2)
		return false;
	if (s[1] == 0x80)
		return is_between(s[2], 0xA8, 0xAE);         /* U+2028..202E */
	return s[1] == 0x81 && is_between(s[2], 0xA6, 0xA9); /* U+2066..2069 */
}

/* The length in bytes of the character at s if it passes, else 0. */
static inline size_t passing_length(const unsigned char *s, size_t size)
{
	size_t length;

	if (s[0] < 0x80)
		return is_plain(s[0]) || s[0] == TAB ? 1 : 0;
	length = sequence_length(s, size);
	return length > 0 && !is_control(s) ? length : 0;
}

size_t text_clean_prefix(const char *text, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t at = 0;

	while (at < size) {
		size_t length = is_plain(s[at]) ? plain_run(text + at, size - at)
						: passing_length(s + at, size - at);

		if (length == 0)
			break;
		at += length;
	}
	return at;
}

/*
 * The length of FF 250 ... FF 240 at s; 0: its end is missing.  Inside, FF FF is a byte of data
 * (RFC 855), so bytes are skipped in pairs from an FF on.
 */
static size_t subnegotiation_length(const unsigned char *s, size_t size)
{
	size_t at = 2;

	while (at + 1 < size) {
		if (s[at] != TELNET_IAC) {
			at++;
			continue;
		}
		if (s[at + 1] == TELNET_SE)
			return at + 2;
		at += 2;
	}
	return 0;
}

/*
 * The length of the telnet command at s, where an FF is; 0: there is none.
 *
 * *endless	set once a subnegotiation has no end.  Then none behind it has one: each begins
 *		with 250, after which the search from either comes by the same bytes.  Without
 *		this, a line of nothing but FF 250 would take time by the square of its length.
 */
static size_t command_length(const unsigned char *s, size_t size, bool *endless)
{
	size_t length;

	if (size < 2)
		return 0;
	if (is_between(s[1], TELNET_NOP, TELNET_GA))
		return 2;
	if (is_between(s[1], TELNET_WILL, TELNET_DONT))
		return size >= 3 ? 3 : 0;
	if (s[1] != TELNET_SB || *endless)
		return 0;
	length = subnegotiation_length(s, size);
	*endless = length == 0;
	return length;
}

/* The length of what is dropped at s without a trace, 0 if it is to be replaced. */
static size_t dropped_length(const unsigned char *s, size_t size, bool *endless)
{
	if (s[0] == '\0')
		return 1;
	return s[0] == TELNET_IAC ? command_length(s, size, endless) : 0;
}

/* The length of what one U+FFFD takes the place of: a control character or an invalid byte. */
static size_t replaced_length(const unsigned char *s, size_t size)
{
	size_t length = sequence_length(s, size);

	return length > 0 ? length : 1;
}

size_t text_clean(char *to, const char *text, size_t size)
{
	size_t at = 0, length = 0;
	bool endless = false;

	while (at < size) {
		const unsigned char *s = (const unsigned char *)text + at;
		size_t n;

		if ((n = text_clean_prefix(text + at, size - at)) > 0) {
			memcpy(to + length, s, n);
			length += n;
		} else if ((n = dropped_length(s, size - at, &endless)) == 0) {
			memcpy(to + length, replacement, sizeof(replacement));
			length += sizeof(replacement);
			n = replaced_length(s, size - at);
		}
		at += n;
	}
	return length;
}
