/* settings.c - the one table of all settings, and what can be told from it */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "mtchatd/settings.h"

/* Longer than any name by more than a typing error; bounds the work of setting_nearest(). */
enum { NAME_MAX_COMPARED = 24, NEAR_ENOUGH = 2 };

static const struct setting_word mode_words[] = {
	{"broadcast", MODE_BROADCAST},
	{"echo", MODE_ECHO},
	{NULL, 0},
};

static const struct setting_word text_words[] = {
	{"utf8", TEXT_UTF8},
	{"raw", TEXT_RAW},
	{NULL, 0},
};

static const struct setting_word log_level_words[] = {
	{"error", LOG_ERR}, {"warning", LOG_WARNING}, {"info", LOG_INFO}, {"debug", LOG_DEBUG},
	{NULL, 0},
};

/* A row's name and field are one word, so that they cannot part. */
#define FIELD(field)                                                                               \
	.name = #field, .offset = offsetof(struct config, field),                                  \
	.size = sizeof(((struct config *)NULL)->field)
#define NUMBER(least, most, preset)                                                                \
	.type = SETTING_NUMBER, .min = (least), .max = (most), .standard = (preset)
#define WORD(list, preset) .type = SETTING_WORD, .words = (list), .standard = (preset), .unit = ""

const struct setting settings[SETTING_COUNT] = {
	{FIELD(port), NUMBER(1, 65535, 9190), .unit = "", .live = true,
	 .about = "the TCP port that clients connect to"},
	{FIELD(max_clients), NUMBER(1, 100000, 256), .unit = "clients", .live = true,
	 .about = "how many clients may be connected at a time"},
	{FIELD(mode), WORD(mode_words, MODE_BROADCAST), .live = true,
	 .about = "whether a line goes to the whole room or back to its sender"},
	{FIELD(listen), .type = SETTING_ADDRESSES, .standard_text = "all addresses", .unit = "",
	 .live = true, .about = "the addresses that the port is opened on"},
	{FIELD(socket), .type = SETTING_PATH,
	 .standard_text = "$RUNTIME_DIRECTORY/socket, or none where that is unset", .unit = "",
	 .live = true, .about = "the Unix socket for clients on this machine"},
	{FIELD(proxy), .type = SETTING_NETWORKS, .standard_text = "nobody", .unit = "",
	 .live = true, .about = "who begins each connection with a header of the PROXY protocol"},
	{FIELD(handlers), NUMBER(0, 256, 0), .unit = "threads", .live = false,
	 .about = "how many threads serve the clients; 0: chosen by the number of CPUs"},
	{FIELD(max_line), NUMBER(64, 65536, 4096), .unit = "bytes", .live = true,
	 .about = "the longest line that is relayed, without its end"},
	{FIELD(text), WORD(text_words, TEXT_UTF8), .live = true,
	 .about = "whether lines are made clean UTF-8 or relayed as they came"},
	{FIELD(rate_lines), NUMBER(0, 1000000, 0), .unit = "lines a second", .live = true,
	 .about = "how fast a client may talk for long; 0: no limit"},
	{FIELD(rate_burst), NUMBER(1, 1000000, 100), .unit = "lines", .live = true,
	 .about = "how much a client may say at once before rate_lines slows it"},
	{FIELD(slow_grace_ms), NUMBER(0, 60000, 1000), .unit = "ms", .live = true,
	 .about = "how long senders wait for slow readers before lines are skipped"},
	{FIELD(room_log_kib), NUMBER(256, 65536, 1024), .power_of_two = true, .unit = "KiB",
	 .live = true,
	 .about = "the ring of a room: the more, the longer slow readers lose nothing"},
	{FIELD(max_rooms), NUMBER(1, 4096, 64), .unit = "rooms", .live = true,
	 .about = "how many rooms there may be at a time"},
	{FIELD(history), NUMBER(0, 100000, 50), .unit = "lines", .live = true,
	 .about = "how many lines /last shows"},
	{FIELD(max_per_address), NUMBER(0, 100000, 0), .unit = "clients", .live = true,
	 .about = "how many clients one address (of IPv6, one /64) may have; 0: no limit"},
	{FIELD(max_rooms_per_address), NUMBER(0, 4096, 0), .unit = "rooms", .live = true,
	 .about = "how many rooms one address (of IPv6, one /64) may have made; 0: no limit"},
	{FIELD(log_level), WORD(log_level_words, LOG_INFO), .live = true,
	 .about = "the least important messages that are still logged"},
};

const struct setting *setting_find(const char *name, size_t size)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (strlen(settings[i].name) == size && memcmp(settings[i].name, name, size) == 0)
			return &settings[i];
	return NULL;
}

static int min_of(int a, int b)
{
	return a < b ? a : b;
}

/*
 * How many letters must be put in, left out or changed to make one of the other.  One row of the
 * usual table is kept: row[j] is the distance of what was read of `a` to the first j of `b`.
 */
static int distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
	int row[NAME_MAX_COMPARED + 1];

	for (size_t j = 0; j <= b_size; j++)
		row[j] = (int)j;
	for (size_t i = 0; i < a_size; i++) {
		int diagonal = row[0];

		row[0] = (int)i + 1;
		for (size_t j = 0; j < b_size; j++) {
			int differ = tolower((unsigned char)a[i]) != tolower((unsigned char)b[j]);
			int changed = diagonal + differ;

			diagonal = row[j + 1];
			row[j + 1] = min_of(changed, 1 + min_of(row[j], row[j + 1]));
		}
	}
	return row[b_size];
}

const struct setting *setting_nearest(const char *name, size_t size)
{
	const struct setting *nearest = NULL;
	int least = NEAR_ENOUGH + 1;

	if (size <= NEAR_ENOUGH || size > NAME_MAX_COMPARED)
		return NULL;
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		int d = distance(settings[i].name, strlen(settings[i].name), name, size);

		if (d < least) {
			least = d;
			nearest = &settings[i];
		}
	}
	return nearest;
}

bool setting_allows(const struct setting *setting, long long number)
{
	if (number < setting->min || number > setting->max)
		return false;
	return !setting->power_of_two || (number & (number - 1)) == 0;
}

int setting_word_value(const struct setting *setting, const char *word, int *ret)
{
	for (const struct setting_word *w = setting->words; w->word; w++)
		if (strcmp(w->word, word) == 0) {
			*ret = w->value;
			return 0;
		}
	return -EINVAL;
}

int *setting_field(const struct setting *setting, struct config *config)
{
	return (int *)(void *)((char *)config + setting->offset);
}

/* "a", "b" or "c": to has room for what any row of the table needs, which a test checks. */
static void join_words(const struct setting_word *words, char to[SETTING_TEXT_MAX])
{
	size_t used = 0;

	for (const struct setting_word *w = words; w->word && used < SETTING_TEXT_MAX; w++) {
		const char *before = w == words ? "" : w[1].word ? ", " : " or ";

		used += (size_t)snprintf(to + used, SETTING_TEXT_MAX - used, "%s\"%s\"", before,
					 w->word);
	}
}

void setting_allowed_text(const struct setting *setting, char ret[SETTING_TEXT_MAX])
{
	switch (setting->type) {
	case SETTING_NUMBER:
		snprintf(ret, SETTING_TEXT_MAX, "%s%d to %d",
			 setting->power_of_two ? "a power of two, " : "", setting->min,
			 setting->max);
		break;
	case SETTING_WORD:
		join_words(setting->words, ret);
		break;
	case SETTING_ADDRESSES:
		snprintf(ret, SETTING_TEXT_MAX,
			 "an IPv4 or IPv6 address in quotes, or a list of at most %d",
			 CONFIG_LISTEN_MAX);
		break;
	case SETTING_NETWORKS:
		snprintf(ret, SETTING_TEXT_MAX,
			 "an address or network (10.0.0.0/8) in quotes, or a list of at most %d",
			 CONFIG_PROXY_MAX);
		break;
	case SETTING_PATH:
		snprintf(ret, SETTING_TEXT_MAX,
			 "an absolute path in quotes, of at most %zu bytes, or \"\" for none",
			 setting->size - 1);
		break;
	}
}

void settings_default(struct config *config)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (settings[i].type == SETTING_NUMBER || settings[i].type == SETTING_WORD)
			*setting_field(&settings[i], config) = settings[i].standard;
}
