/* stress-lines.c - the lines of the load: how they follow from their numbers, and the check */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stress.h"

enum {
	PATTERN = 128 << 10, /* bytes */
	SLOWED_MS = 30000,   /* sooner it is not told again (it may have read the first one late) */
	RECENT = 1 << 20,    /* lines among which a newcomer's first one must be */
};

static char pattern[PATTERN];

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 31)) * UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
	return x ^ (x >> 32);
}

uint32_t draw(struct client *client, uint32_t below)
{
	client->random += UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(mix(client->random) % below);
}

void lines_init(bool raw)
{
	for (size_t i = 0; i < PATTERN; i++) {
		unsigned char byte = (unsigned char)(mix(i + 1) >> 8);

		if (!raw)
			byte = (unsigned char)(' ' + byte % 95);
		pattern[i] = (char)(byte == '\n' || byte == '\r' ? '.' : byte);
	}
}

/* Most lines are short, some as long as can be. */
static size_t length_of(uint32_t talker, uint32_t seq, size_t header)
{
	uint64_t chance = mix((uint64_t)talker << 32 | seq);
	size_t most = (size_t)stress.max_line - header;
	size_t length = chance % 80;

	if (chance >> 8 & 0xff)
		return length < most ? length : most;
	return chance >> 16 & 3 ? (chance >> 20) % (most + 1) : most;
}

static const char *text_of(uint32_t talker, uint32_t seq)
{
	return pattern + mix((uint64_t)seq << 32 | talker) % (PATTERN / 2);
}

size_t lines_write(char *to, const struct client *client, uint32_t seq, bool may_be_cut)
{
	char header[32];
	int size = snprintf(header, sizeof(header), "%c%x.%x ", may_be_cut ? 'c' : 't',
			    client->talker, seq);
	size_t length = length_of(client->talker, seq, (size_t)size);

	memcpy(to, header, (size_t)size);
	memcpy(to + size, text_of(client->talker, seq), length);
	return (size_t)size + length;
}

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Reads digits up to `end`; 0: there is no number. */
static uint32_t read_hex(const char **at, const char *limit, char end)
{
	uint64_t number = 0;
	const char *digit = *at;

	for (; digit < limit && *digit != end; digit++) {
		int value = hex_value(*digit);

		if (value < 0 || number >> 24)
			return 0;
		number = number * 16 + (uint64_t)value;
	}
	if (digit == limit)
		return 0;
	*at = digit + 1;
	return (uint32_t)number;
}

/* Checks every byte of a line; its key says who, which, and how long. */
static uint64_t key_of(const struct client *client, const char *line, size_t size)
{
	const char *at = line + 1, *end = line + size;
	uint32_t talker = read_hex(&at, end, '.'), seq = talker ? read_hex(&at, end, ' ') : 0;
	size_t length = (size_t)(end - at), whole;

	if (size == 0 || (line[0] != 't' && line[0] != 'c') || !talker || !seq)
		fail(client, "not a line that anybody said: \"%.*s\"", (int)(size < 80 ? size : 80),
		     line);
	whole = length_of(talker, seq, (size_t)(at - line));
	if (line[0] == 't' ? length != whole : length > whole)
		fail(client, "a line of %zu bytes, said with %zu: \"%.60s\"", length, whole, line);
	if (memcmp(at, text_of(talker, seq), length) != 0)
		fail(client, "damaged text in a line of talker %x", talker);
	return (uint64_t)talker << 40 | (uint64_t)seq << 16 | size;
}

static uint32_t talker_of(uint64_t key)
{
	return (uint32_t)(key >> 40);
}

static uint32_t seq_of(uint64_t key)
{
	return (uint32_t)(key >> 16) & 0xffffff;
}

/* Waits until somebody has seen line `number`. */
static void wait_for(const struct client *client, uint64_t number)
{
	uint64_t end = now_ms() + (uint64_t)stress.patience * 1000;

	while (!atomic_load(&stress.order[number])) {
		const struct timespec moment = {0, 1000000};

		if (now_ms() > end)
			fail(client, "line %" PRIu64 " was told, but nobody has seen it", number);
		nanosleep(&moment, NULL);
	}
}

/* The number of the first line that a newcomer sees: one of the last that the steady ones saw. */
static uint64_t find(const struct client *client, uint64_t key)
{
	uint64_t end = now_ms() + (uint64_t)stress.patience * 1000;

	while (now_ms() <= end) {
		const struct timespec moment = {0, 1000000};

		uint64_t last = atomic_load(&stress.last);

		for (uint64_t n = last; n > 0 && n + RECENT > last; n--) {
			if (atomic_load_explicit(&stress.order[n], memory_order_relaxed) == key)
				return n;
		}
		nanosleep(&moment, NULL);
	}
	fail(client, "nobody else has seen line %u of talker %x", seq_of(key), talker_of(key));
}

/* The lines of one talker come in the order in which he said them, without a gap. */
static void check_sequence(const struct client *client, uint64_t key)
{
	static uint32_t *heard; /* by the one client who checks this */
	uint32_t talker = talker_of(key);

	if (!heard)
		heard = calloc(TALKERS_MAX, sizeof(*heard));
	if (!heard || talker >= TALKERS_MAX || seq_of(key) != ++heard[talker])
		fail(client, "line %u of talker %x is not his next", seq_of(key), talker);
}

static void register_line(struct client *client, uint64_t key)
{
	uint64_t number = client->position, nobody = 0, last = atomic_load(&stress.last);

	if (number >= LINES_MAX)
		fail(client, "the table of lines is full");
	if (!atomic_compare_exchange_strong(&stress.order[number], &nobody, key) && nobody != key)
		fail(client, "line %" PRIu64 " is %u of talker %x; others saw %u of %x", number,
		     seq_of(key), talker_of(key), seq_of(nobody), talker_of(nobody));
	while (last < number && !atomic_compare_exchange_weak(&stress.last, &last, number))
		continue;
	if (client->kind == KIND_EAR && client->talker == 1)
		check_sequence(client, key);
}

static void hear(struct client *client, uint64_t key)
{
	if (talker_of(key) != client->talker)
		return;
	if (seq_of(key) != ++client->heard)
		fail(client, "own line %u came instead of %u", seq_of(key), client->heard);
	client->unheard -= (key & 0xffff) + 1;
}

static void check_line(struct client *client, const char *line, size_t size)
{
	uint64_t key = key_of(client, line, size);

	if (!client->placed)
		client->position = find(client, key);
	else
		client->position++;
	client->placed = true;
	client->after_skip = false;
	register_line(client, key);
	hear(client, key);
	atomic_fetch_add_explicit(&client->bytes, size + 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&stress.lines, 1, memory_order_relaxed);
	if (talker_of(key) == TALKERS_MAX - 1)
		client->final = true;
}

/* The text between the number that begins at `text` and what follows it; NULL: it is not so. */
static const char *read_number(const char *text, const char *follows, uint64_t *ret)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return NULL;
	*ret = strtoull(text, &end, 10);
	return strncmp(end, follows, strlen(follows)) == 0 ? end + strlen(follows) : NULL;
}

/* "* COUNT lines skipped (EPOCH.FIRST-LAST)"; all of them have the same epoch. */
static bool parse_skip(struct client *client, const char *text, uint64_t *ret_first,
		       uint64_t *ret_last)
{
	static _Atomic uint64_t epoch_of_all;
	uint64_t count, epoch = 0, nobody = 0;
	const char *at = strncmp(text, "* ", 2) == 0 ? text + 2 : NULL;

	at = read_number(at, " lines skipped (", &count);
	if (!at || strcspn(at, ".") != 7)
		return false;
	memcpy(&epoch, at, 7);
	at = read_number(read_number(at + 8, "-", ret_first), ")", ret_last);
	if (!at || *at != '\0')
		return false;
	if (!atomic_compare_exchange_strong(&epoch_of_all, &nobody, epoch) && nobody != epoch)
		fail(client, "more than one epoch: %s", text);
	if (count != *ret_last - *ret_first + 1)
		fail(client, "so many are not in between: %s", text);
	return true;
}

/* What was skipped is what was told: the next line must be the one after the gap. */
static bool check_skip(struct client *client, const char *line, size_t size)
{
	uint64_t first, last;
	char text[128];

	snprintf(text, sizeof(text), "%.*s", (int)size, line);
	if (!parse_skip(client, text, &first, &last))
		return false;
	if (client->kind == KIND_TALKER || client->kind == KIND_EAR)
		fail(client, "was never slow, and is told: %s", text);
	if (last < first || last >= LINES_MAX || (client->placed && first != client->position + 1))
		fail(client, "at line %" PRIu64 ": %s", client->position, text);
	client->heard_before_skip = client->heard;
	for (client->position = first; client->position <= last; client->position++) {
		wait_for(client, client->position);
		hear(client, atomic_load(&stress.order[client->position]));
	}
	client->position = last;
	client->placed = client->after_skip = true;
	atomic_fetch_add(&stress.skips, 1);
	atomic_fetch_add(&stress.skipped, last - first + 1);
	return true;
}

/* It stands after the lines that the client had said before, and before its next. */
static void check_answer(struct client *client, const char *line, size_t size)
{
	const struct due *due = &client->due[client->answered % ANSWERS_MAX];
	uint32_t least = client->after_skip ? client->heard_before_skip : client->heard;
	char want[96];
	int length;

	if (client->answered == client->asked)
		fail(client, "an answer that nobody asked for: \"%.*s\"", (int)size, line);
	if (due->length)
		length = snprintf(want, sizeof(want), "* line too long (%u > %d bytes), not sent",
				  due->length, stress.max_line);
	else
		length = snprintf(want, sizeof(want), "* pong %x.%x", client->answered, due->after);
	if (size != (size_t)length || memcmp(line, want, size) != 0)
		fail(client, "\"%.*s\" instead of \"%s\"", (int)size, line, want);
	if (due->after < least || due->after > client->heard)
		fail(client, "\"%s\" stands after own line %u", want, client->heard);
	client->answered++;
	atomic_fetch_add(due->length ? &stress.refused : &stress.pongs, 1);
}

static bool check_slowed(struct client *client, const char *line, size_t size)
{
	static const char slowed[] = "* slowed to ";

	if (!stress.limited || size < sizeof(slowed) ||
	    memcmp(line, slowed, sizeof(slowed) - 1) != 0)
		return false;
	if (client->slowed && now_ms() - client->slowed < SLOWED_MS)
		fail(client, "is told twice within a minute: \"%.*s\"", (int)size, line);
	client->slowed = now_ms();
	return true;
}

static void check_notice(struct client *client, const char *line, size_t size)
{
	if (!check_slowed(client, line, size) && !check_skip(client, line, size))
		check_answer(client, line, size);
}

void lines_check(struct client *client)
{
	char *line = client->in, *end = client->in + client->in_size, *newline;

	while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
		if (line[0] == '*')
			check_notice(client, line, (size_t)(newline - line));
		else
			check_line(client, line, (size_t)(newline - line));
		line = newline + 1;
	}
	client->in_size = (size_t)(end - line);
	memmove(client->in, line, client->in_size);
}
