/* config-live.c - a struct config without a file: its defaults, a reload, one from the arena */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "mtchatd/config-check.h"
#include "mtchatd/config-listen.h"
#include "mtchatd/config.h"
#include "mtchatd/machine.h"
#include "mtchatd/messages.h"
#include "mtchatd/settings.h"

enum { FEW_PROCESSORS = 2, HANDLERS_CHOSEN_MAX = 4 };

/* None, too, if the file could not name it: it is relative, say, or too long for a socket. */
static void default_socket(char *ret, size_t size)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody calls setenv */
	const char *folders = getenv("RUNTIME_DIRECTORY");
	size_t first = folders ? strcspn(folders, ":") : 0;

	if (first == 0 || first + sizeof("/socket") > size)
		return;
	snprintf(ret, size, "%.*s/socket", (int)first, folders);
	if (!is_socket_path(ret, size))
		memset(ret, 0, size);
}

void config_default(struct config *ret)
{
	*ret = (struct config){0};
	settings_default(ret);
	default_socket(ret->socket, sizeof(ret->socket));
}

void config_apply(struct config *current, const struct config *next)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting *setting = &settings[i];
		char *now = (char *)current + setting->offset;
		const char *then = (const char *)next + setting->offset;

		if (setting->live)
			memcpy(now, then, setting->size);
		else if (memcmp(now, then, setting->size) != 0)
			log_event(LOG_WARNING,
				  (&(struct log_fields){.message_id = MESSAGE_SETTING_WAITS}),
				  "the new value of %s waits for the next start", setting->name);
	}
}

/* Whether it ends within its room, and nothing follows: then equal strings have equal bytes. */
static bool is_string(const char *string, size_t room)
{
	const char *end = memchr(string, '\0', room);

	for (const char *c = end; c && c < string + room; c++)
		if (*c != '\0')
			return false;
	return end != NULL;
}

static bool is_sound_word(const struct setting *setting, int value)
{
	for (const struct setting_word *w = setting->words; w->word; w++)
		if (w->value == value)
			return true;
	return false;
}

/* Addresses in their normal form, each once, without a gap. */
static bool is_sound_list(const char *list, size_t size, bool (*normalize)(const char *, char *))
{
	const size_t width = size / CONFIG_LISTEN_MAX;
	char normal[NETWORK_TEXT_MAX];

	for (const char *item = list; item < list + size; item += width) {
		if (!is_string(item, width))
			return false;
		if (item[0] == '\0')
			continue;
		if (item > list && item[-(ptrdiff_t)width] == '\0')
			return false;
		if (!normalize(item, normal) || strcmp(item, normal) != 0)
			return false;
		for (const char *other = list; other < item; other += width)
			if (strcmp(other, item) == 0)
				return false;
	}
	return true;
}

static bool is_sound_value(const struct setting *setting, const struct config *config)
{
	int value;

	switch (setting->type) {
	case SETTING_NUMBER:
		memcpy(&value, (const char *)config + setting->offset, sizeof(value));
		return setting_allows(setting, value);
	case SETTING_WORD:
		memcpy(&value, (const char *)config + setting->offset, sizeof(value));
		return is_sound_word(setting, value);
	case SETTING_ADDRESSES:
		return is_sound_list((const char *)config + setting->offset, setting->size,
				     normal_address) &&
		       listen_is_sound(config->listen);
	case SETTING_NETWORKS:
		return is_sound_list((const char *)config + setting->offset, setting->size,
				     normal_network);
	case SETTING_PATH:
		return is_string(config->socket, sizeof(config->socket)) &&
		       is_socket_path(config->socket, sizeof(config->socket));
	}
	return false;
}

bool config_is_sound(const struct config *config)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (!is_sound_value(&settings[i], config))
			return false;
	return line_fits_ring(config);
}

int config_resolve_handlers(int setting)
{
	int processors = machine_processors();

	if (setting > 0)
		return setting;
	if (processors <= FEW_PROCESSORS)
		return 1;
	return processors / 2 < HANDLERS_CHOSEN_MAX ? processors / 2 : HANDLERS_CHOSEN_MAX;
}
