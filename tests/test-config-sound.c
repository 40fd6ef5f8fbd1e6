/*
 * test-config-sound.c - a struct config of any bytes is sound if a file could have made it
 *
 * The judge is the parser: each config is written as a file with all its settings, and it is
 * sound if and only if that file is accepted and gives the same bytes again.
 */
#include <stdlib.h>
#include <string.h>

#include "mtchatd/config-read.h"
#include "mtchatd/config.h"
#include "mtchatd/settings.h"

#include "chance.h"
#include "tap.h"
#include "told.h"

enum { FILE_MAX = 16384, PIECE_MAX = 512, ROUNDS = 3000 };

/* Every byte as \xNN, up to the first NUL. */
static void write_string(FILE *file, const char *string, size_t room)
{
	fputc('"', file);
	for (size_t i = 0; i < room && string[i]; i++)
		fprintf(file, "\\x%02x", (unsigned char)string[i]);
	fputc('"', file);
}

/* A number that is none of the words is written as it is, and so refused. */
static void write_word(FILE *file, const struct setting *setting, int value)
{
	const struct setting_word *w = setting->words;

	while (w->word && w->value != value)
		w++;
	if (w->word)
		fprintf(file, "\"%s\"", w->word);
	else
		fprintf(file, "%d", value);
}

static void write_list(FILE *file, const char *list, size_t size)
{
	const size_t width = size / CONFIG_LISTEN_MAX;
	size_t count = CONFIG_LISTEN_MAX;

	while (count > 0 && !list[(count - 1) * width])
		count--;
	fputc('[', file);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			fputc(',', file);
		write_string(file, list + i * width, width);
	}
	fputc(']', file);
}

static void write_config(FILE *file, const struct config *config)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting *s = &settings[i];
		int value;

		memcpy(&value, (const char *)config + s->offset, sizeof(value));
		fprintf(file, "%s = ", s->name);
		switch (s->type) {
		case SETTING_NUMBER:
			fprintf(file, "%d", value);
			break;
		case SETTING_WORD:
			write_word(file, s, value);
			break;
		case SETTING_ADDRESSES:
		case SETTING_NETWORKS:
			write_list(file, (const char *)config + s->offset, s->size);
			break;
		case SETTING_PATH:
			write_string(file, config->socket, sizeof(config->socket));
			break;
		}
		fputs(";\n", file);
	}
}

/* Whether a file could have made it. */
static bool could_be(const struct config *config)
{
	static char text[FILE_MAX];
	FILE *file = fmemopen(text, sizeof(text), "w");
	struct config made;
	long size;

	if (!file)
		abort();
	write_config(file, config);
	size = ftell(file);
	fclose(file);
	if (size < 0 || size >= FILE_MAX)
		abort();
	told_begin();
	return config_parse(&made, text, (size_t)size, "f") == 0 &&
	       memcmp(&made, config, sizeof(made)) == 0;
}

/* In a block of just its size, so that ASan sees the first byte read beyond it. */
static bool is_sound(const struct config *config)
{
	struct config *copy = malloc(sizeof(*copy));
	bool sound;

	if (!copy)
		abort();
	memcpy(copy, config, sizeof(*copy));
	sound = config_is_sound(copy);
	free(copy);
	return sound;
}

static struct config good(void)
{
	static const char text[] =
		"port = 4096; max_clients = 512; mode = \"echo\"; handlers = 3; max_line = 5120;"
		"listen = [\"127.0.0.1\", \"::1\", \"10.1.2.3\"];"
		"proxy = [\"10.0.0.0/8\", \"2001:db8::/32\", \"::1\"]; socket = \"/run/mtchatd/socket\"";
	struct config config;

	told_begin();
	if (config_parse(&config, text, sizeof(text) - 1, "f") < 0) {
		printf("Bail out! the good configuration is refused\n");
		exit(EXIT_FAILURE);
	}
	return config;
}

static void test_good(void)
{
	struct config config;

	config_default(&config);
	ok(is_sound(&config), "the defaults are sound");
	config = good();
	ok(is_sound(&config) && could_be(&config), "one from a file is sound");
	memset(&config, 0, sizeof(config));
	ok(!is_sound(&config), "all zeros are not");
	memset(&config, 0xff, sizeof(config));
	ok(!is_sound(&config), "all ones are not");
	told_begin();
	config_is_sound(&config);
	is(told_count, 0, "nothing is logged");
}

/* One bit after the other: also those of numbers that stay within their range. */
static void test_bits(void)
{
	struct config config = good();
	char *bytes = (char *)&config;
	int wrong = 0, sound = 0;

	for (size_t i = 0; i < 8 * sizeof(config); i++) {
		bool is;

		bytes[i / 8] ^= (char)(1 << i % 8);
		is = is_sound(&config);
		sound += is;
		if (is != could_be(&config) && ++wrong <= 5)
			printf("# bit %zu of byte %zu\n", i % 8, i / 8);
		bytes[i / 8] ^= (char)(1 << i % 8);
	}
	is(wrong, 0, "with any bit turned the parser agrees");
	ok(sound > 50 && sound < 2000, "%d of %zu are sound still", sound, 8 * sizeof(config));
}

/* Runs of bytes by chance, half of them printable, over any place. */
static void test_bytes(void)
{
	uint64_t state = CHANCE_SEED;
	int wrong = 0, sound = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct config config = good();
		char *bytes = (char *)&config;
		uint32_t at = chance(&state, sizeof(config));
		uint32_t count = 1 + chance(&state, round % 2 ? 4 : PIECE_MAX);
		uint32_t first = chance(&state, 2) ? '.' : 0;
		bool is;

		for (uint32_t i = at; i < at + count && i < sizeof(config); i++)
			bytes[i] = (char)(first + chance(&state, first ? 12 : 256));
		is = is_sound(&config);
		sound += is;
		if (is != could_be(&config) && ++wrong <= 5)
			printf("# round %d: %u bytes at %u\n", round, count, at);
	}
	is(wrong, 0, "with %d runs of other bytes the parser agrees", ROUNDS);
	ok(sound > 0, "%d of them are sound still", sound);
}

static void set_int(struct config *config, const struct setting *setting, int value)
{
	*setting_field(setting, config) = value;
}

static void test_numbers(void)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting *s = &settings[i];
		struct config config = good();

		if (s->type != SETTING_NUMBER && s->type != SETTING_WORD)
			continue;
		set_int(&config, s, -1);
		ok(!is_sound(&config), "%s = -1", s->name);
		set_int(&config, s, INT_MIN);
		ok(!is_sound(&config), "the least int");
		set_int(&config, s, INT_MAX);
		ok(!is_sound(&config), "the greatest int");
		if (s->type == SETTING_WORD)
			continue;
		set_int(&config, s, s->max + 1);
		ok(!is_sound(&config), "%d is beyond", s->max + 1);
		set_int(&config, s, s->min - 1);
		ok(!is_sound(&config), "%d is below", s->min - 1);
	}
}

static void test_ring(void)
{
	struct config config = good();

	config.room_log_kib = 256;
	config.max_line = 21674;
	ok(is_sound(&config), "a line just fits the ring");
	config.max_line++;
	ok(!is_sound(&config), "a longer one does not");
	config.room_log_kib = 300;
	config.max_line = 64;
	ok(!is_sound(&config), "a ring of no power of two");
}

static void test_strings(void)
{
	struct config config = good();

	memset(config.socket, 'x', sizeof(config.socket));
	config.socket[0] = '/';
	ok(!is_sound(&config), "a path without an end");
	config.socket[sizeof(config.socket) - 1] = '\0';
	ok(is_sound(&config), "the longest path");
	config.socket[5] = '\0';
	ok(!is_sound(&config), "something behind the end of a path");
	memset(config.socket, 0, sizeof(config.socket));
	ok(is_sound(&config), "no path");
	config.socket[0] = 'x';
	ok(!is_sound(&config), "a path that is relative");
	memcpy(config.socket, "/\x1b", 2);
	ok(!is_sound(&config), "a path that is no text");
}

static void put(char address[INET6_ADDRSTRLEN], const char *text)
{
	memset(address, 0, INET6_ADDRSTRLEN);
	strcpy(address, text);
}

static void test_list(void)
{
	struct config config = good();

	memset(config.listen, '1', sizeof(config.listen));
	ok(!is_sound(&config), "addresses without an end");
	config = good();
	memset(config.listen, 0, sizeof(config.listen));
	ok(is_sound(&config), "no address");
	strcpy(config.listen[1], "::1");
	ok(!is_sound(&config), "a gap before an address");
	strcpy(config.listen[0], "::1");
	ok(!is_sound(&config), "an address twice");
	strcpy(config.listen[0], "0::2");
	ok(!is_sound(&config), "an address in another form");
	strcpy(config.listen[0], "localhost");
	ok(!is_sound(&config), "a name");
	put(config.listen[0], "0.0.0.0");
	put(config.listen[1], "10.0.0.1");
	ok(!is_sound(&config) && !could_be(&config), "an address that another one stands for");
	put(config.listen[0], "::");
	ok(is_sound(&config) && could_be(&config), "one of the other kind");
	put(config.listen[1], "224.0.0.1");
	ok(!is_sound(&config) && !could_be(&config), "one that nobody can connect to");
	put(config.listen[1], "::ffff:10.0.0.1");
	ok(!is_sound(&config) && !could_be(&config), "IPv4 within IPv6");
	memset(config.listen, 0, sizeof(config.listen));
	for (int i = 0; i < CONFIG_LISTEN_MAX; i++)
		snprintf(config.listen[i], sizeof(config.listen[i]), "10.0.0.%d", i);
	ok(is_sound(&config), "as many addresses as there is room for");
}

int main(void)
{
	unsetenv("RUNTIME_DIRECTORY");
	test_good();
	test_bits();
	test_bytes();
	test_numbers();
	test_ring();
	test_strings();
	test_list();
	return done();
}
