/* crowd-line.c - the lines that a crowd says, and how they look when they come back */
#include <stdio.h>
#include <string.h>

#include "crowd.h"

/* "r00a s003 0000001f " and letters, which begin elsewhere in each line. */
enum { SPEAKER_AT = 6, NUMBER_AT = 10, LETTERS_AT = 19, LETTERS = LINE_SIZE - 1 - LETTERS_AT };
enum { ALPHABET = 26 };

static const char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
			      "abcdefghijklmnopqrstuvwxyz";
static const char digits[] = "0123456789abcdef";
static const char event[] = "{\"ev\":\"say\",\"id\":\"";
static const char event_end[] = "\"}\n";

_Static_assert(sizeof(letters) > LETTERS + ALPHABET, "letters enough for each beginning");

static char *put_hex(char *to, uint32_t value, int count)
{
	for (int i = count - 1; i >= 0; i--, value >>= 4)
		to[i] = digits[value & 15];
	to[count] = ' ';
	return to + count + 1;
}

static bool get_hex(const char *from, int count, uint32_t *ret)
{
	uint32_t value = 0;

	for (int i = 0; i < count; i++) {
		const char *digit = memchr(digits, from[i], sizeof(digits) - 1);

		if (!digit)
			return false;
		value = value << 4 | (uint32_t)(digit - digits);
	}
	*ret = value;
	return true;
}

void line_compose(char *to, int room, uint32_t speaker, uint32_t number)
{
	*to++ = 'r';
	to = put_hex(to, (uint32_t)room, 3);
	*to++ = 's';
	to = put_hex(to, speaker, 3);
	to = put_hex(to, number, 8);
	memcpy(to, letters + number % ALPHABET, LETTERS);
	to[LETTERS] = '\n';
}

/* Is that, but for its LF, what a speaker of the room says? */
static bool read_spoken(const struct room *room, const char *spoken, struct line *ret)
{
	char expected[LINE_SIZE];

	if (!get_hex(spoken + SPEAKER_AT, 3, &ret->speaker) ||
	    !get_hex(spoken + NUMBER_AT, 8, &ret->number) || ret->speaker >= room->speakers_count)
		return false;
	line_compose(expected, room->number, ret->speaker, ret->number);
	return !memcmp(spoken, expected, LINE_SIZE - 1);
}

/* Does the text of `size` bytes stand alone in front of what was spoken? */
static bool is_before(const char *line, const char *spoken, const char *text, int size)
{
	return spoken - line == size && !memcmp(line, text, (size_t)size);
}

static bool read_text(const struct room *room, const char *line, size_t size, struct line *ret)
{
	const char *spoken = line + size - LINE_SIZE, *name;
	char before[SPOKEN_MAX];

	if (size < LINE_SIZE || !read_spoken(room, spoken, ret))
		return false;
	name = room->speakers[ret->speaker].client->name;
	return is_before(line, spoken, before,
			 *name ? snprintf(before, sizeof(before), "[%s] ", name) : 0);
}

static bool read_event(const struct room *room, const char *line, size_t size, struct line *ret)
{
	const size_t end = sizeof(event_end) - 1, begin = sizeof(event) - 1;
	const char *spoken = line + size - end - (LINE_SIZE - 1), *name, *quote;
	char before[EVENT_MAX];
	int length;

	if (size < begin + LINE_SIZE - 1 + end || size > EVENT_MAX ||
	    memcmp(line, event, begin) != 0 || memcmp(line + size - end, event_end, end) != 0 ||
	    !read_spoken(room, spoken, ret))
		return false;
	name = room->speakers[ret->speaker].client->name;
	quote = *name ? "\"" : "";
	length = snprintf(before, sizeof(before), ",\"room\":\"%s\",\"from\":%s%s%s,\"text\":\"",
			  room->name, quote, *name ? name : "null", quote);
	return spoken - line > length && !memcmp(spoken - length, before, (size_t)length);
}

bool line_read(const struct room *room, enum kind kind, const char *line, size_t size,
	       struct line *ret)
{
	return (kind == TEXT ? read_text : read_event)(room, line, size, ret);
}
