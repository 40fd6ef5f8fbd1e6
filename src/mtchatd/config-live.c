/* config-live.c - a struct config without a file: its defaults, a reload, what the machine decides
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "mtchatd/config.h"
#include "mtchatd/machine.h"
#include "mtchatd/messages.h"
#include "mtchatd/settings.h"

enum { FEW_PROCESSORS = 2, HANDLERS_CHOSEN_MAX = 4 };

/* None, too, if the path would be relative or too long for a socket. */
static void default_socket(char *ret, size_t size)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody calls setenv */
	const char *folders = getenv("RUNTIME_DIRECTORY");
	size_t first = folders ? strcspn(folders, ":") : 0;

	if (first > 0 && folders[0] == '/' && first + sizeof("/socket") <= size)
		snprintf(ret, size, "%.*s/socket", (int)first, folders);
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

int config_resolve_handlers(int setting)
{
	int processors = machine_processors();

	if (setting > 0)
		return setting;
	if (processors <= FEW_PROCESSORS)
		return 1;
	return processors / 2 < HANDLERS_CHOSEN_MAX ? processors / 2 : HANDLERS_CHOSEN_MAX;
}
