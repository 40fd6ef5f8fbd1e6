/* fuzz-config.c - any text is refused with a line, or becomes a config within all ranges */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "mtchatd/config-read.h"
#include "mtchatd/config-source.h"
#include "mtchatd/config.h"
#include "mtchatd/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int errors;

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* What the source passed, libconfig must read. */
static void keep(void *context, const struct log_record *record)
{
	const char *message = strchr(record->text, ' ');

	(void)context;
	errors++;
	require(strncmp(record->text, "fuzz:", 5) == 0 && message);
	require(strncmp(message, " libconfig says: ", 17) != 0);
}

static void check_values(struct config *config)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (settings[i].type == SETTING_NUMBER)
			require(setting_allows(&settings[i], *setting_field(&settings[i], config)));
	require(3 * config->max_line + 512 <= config->room_log_kib * 1024 / 4);
	require(memchr(config->socket, 0, sizeof(config->socket)) && config->listen[15][45] == 0);
	require(config->socket[0] == 0 || config->socket[0] == '/');
	require(config_is_sound(config));
}

/* The statements go on from one to the next, and each number is where it is read. */
static void check_source(const char *text, size_t size, const struct config *config)
{
	struct source_statement s;
	struct source source;
	size_t last = 0;
	int r;

	source_init(&source, text, size);
	while ((r = source_next(&source, &s)) != 0) {
		require(s.begin >= last && s.end > last && s.end <= size && s.line > 0);
		require(r == 1 || (r == -EINVAL && s.error[0]));
		last = s.end;
		if (config && s.kind == SOURCE_INTEGER) {
			const struct setting *setting = setting_find(s.name, s.name_size);
			struct config copy = *config;

			require(setting && *setting_field(setting, &copy) == s.number);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config;
	int r;

	errors = 0;
	log_set_sink(keep, NULL);
	r = config_parse(&config, (const char *)data, size, "fuzz");
	require(r == 0 || (r == -EINVAL && errors > 0));
	if (r == 0)
		check_values(&config);
	check_source((const char *)data, size, r == 0 ? &config : NULL);
	return 0;
}
