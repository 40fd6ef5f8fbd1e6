/* settings-table.h - the settings one by one: what each is called and what it may be */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mtchat/settings.h"

enum setting_kind {
	SETTING_SERVER, /* a text for target_parse() */
	SETTING_NAME,   /* of somebody, or of a room: settings_name_is_good() */
	SETTING_NUMBER,
	SETTING_WORD,   /* one of a few, each the value of an enum */
	SETTING_SWITCH, /* on or off; true or false in a file */
	SETTING_IGNORE, /* a list of names */
};

struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset;      /* of its field in struct settings */
	int min, max;       /* SETTING_NUMBER */
	const char *values; /* as /set lists them; words stand in the order of their enum */
	bool live;          /* /set can change it */
};

enum { SETTINGS_COUNT = 10 };
extern const struct setting settings_table[SETTINGS_COUNT];

/* NULL: there is none of that name. */
const struct setting *setting_find(const char *name);

/* Changes it.  0; or -EINVAL, and nothing has changed: the text, or the number, is no value of it.
 */
int setting_set_server(struct settings *settings, const struct setting *setting, const char *text);
int setting_set_name(struct settings *settings, const struct setting *setting, const char *text);
int setting_set_number(struct settings *settings, const struct setting *setting, long long number);
int setting_set_word(struct settings *settings, const struct setting *setting, const char *text);
void setting_set_switch(struct settings *settings, const struct setting *setting, bool on);
