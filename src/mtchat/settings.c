/* settings.c - what the user has chosen: the table of all settings, the environment, /set */
#include "mtchat/settings.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "mtchat/i18n.h"
#include "mtchat/settings-table.h"

enum {
	HISTORY_STANDARD = 50,
	TIMEOUT_STANDARD = 30, /* s */
};

#define FIELD(field) .offset = offsetof(struct settings, field)

const struct setting settings_table[SETTINGS_COUNT] = {
	{"server", SETTING_SERVER, FIELD(server)},
	{"name", SETTING_NAME, FIELD(wish.name)},
	{"room", SETTING_NAME, FIELD(wish.room)},
	{"history", SETTING_NUMBER, FIELD(wish.last), .min = 0, .max = SETTINGS_HISTORY_MAX},
	{"bell", SETTING_WORD, FIELD(style.bell), .values = "off mention all", .live = true},
	{"notify", SETTING_WORD, FIELD(style.notify), .values = "bell osc9 osc777", .live = true},
	{"colour", SETTING_SWITCH, FIELD(style.colour), .values = "on off", .live = true},
	{"comings", SETTING_SWITCH, FIELD(style.comings), .values = "on off", .live = true},
	{"timeout", SETTING_NUMBER, FIELD(timeout), .min = 1, .max = SETTINGS_TIMEOUT_MAX,
	 .values = "1-3600", .live = true},
	{"ignore", SETTING_IGNORE, FIELD(ignored)},
};

_Static_assert(SETTINGS_TIMEOUT_MAX == 3600, "the table tells the user another bound");

void settings_init(struct settings *ret)
{
	*ret = (struct settings){
		.wish.last = HISTORY_STANDARD,
		.style = {.colour = true,
			  .comings = true,
			  .bell = BELL_MENTION,
			  .notify = NOTIFY_BELL},
		.timeout = TIMEOUT_STANDARD,
	};
}

const struct setting *setting_find(const char *name)
{
	if (strcmp(name, "color") == 0) /* as many spell it */
		name = "colour";
	for (size_t i = 0; i < SETTINGS_COUNT; i++)
		if (strcmp(settings_table[i].name, name) == 0)
			return &settings_table[i];
	return NULL;
}

/* All fields of one kind have one type: the table says where they are. */
static void *field_of(struct settings *settings, const struct setting *setting)
{
	return (char *)settings + setting->offset;
}

static const void *field_in(const struct settings *settings, const struct setting *setting)
{
	return (const char *)settings + setting->offset;
}

bool settings_name_is_good(const char *name)
{
	size_t size = strlen(name);

	if (size == 0 || size >= CHAT_NAME_SIZE)
		return false;
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return false;
	return true;
}

int settings_number(const char *text, int min, int max, int *ret)
{
	size_t digits = strspn(text, "0123456789");
	long value;

	if (digits == 0 || text[digits] != '\0')
		return -EINVAL;
	errno = 0;
	value = strtol(text, NULL, 10);
	if (errno || value < min || value > max)
		return -EINVAL;
	*ret = (int)value;
	return 0;
}

int setting_set_server(struct settings *settings, const struct setting *setting, const char *text)
{
	if (strlen(text) >= TARGET_TEXT_SIZE)
		return -EINVAL;
	memcpy(field_of(settings, setting), text, strlen(text) + 1);
	return 0;
}

int setting_set_name(struct settings *settings, const struct setting *setting, const char *text)
{
	if (!settings_name_is_good(text))
		return -EINVAL;
	memcpy(field_of(settings, setting), text, strlen(text) + 1);
	return 0;
}

int setting_set_number(struct settings *settings, const struct setting *setting, long long number)
{
	if (number < setting->min || number > setting->max)
		return -EINVAL;
	*(int *)field_of(settings, setting) = (int)number;
	return 0;
}

/* The next of some words with blanks between them; its size, 0 at the end. */
static size_t next_word(const char **words)
{
	*words += strspn(*words, " ");
	return strcspn(*words, " ");
}

int setting_set_word(struct settings *settings, const struct setting *setting, const char *text)
{
	const char *word = setting->values;
	size_t size;

	for (int value = 0; (size = next_word(&word)) > 0; value++, word += size)
		if (strlen(text) == size && memcmp(word, text, size) == 0) {
			*(int *)field_of(settings, setting) = value;
			return 0;
		}
	return -EINVAL;
}

void setting_set_switch(struct settings *settings, const struct setting *setting, bool on)
{
	*(bool *)field_of(settings, setting) = on;
}

/* Without TERM nothing is known of the terminal: that is as good as dumb. */
static bool terminal_is_dumb(void)
{
	const char *term = secure_getenv("TERM");

	return !term || !*term || strcmp(term, "dumb") == 0;
}

/* TERM goes through ssh, TMUX does not; that of tmux may be "screen". */
static enum within terminal_within(void)
{
	const char *tmux = secure_getenv("TMUX"), *term = secure_getenv("TERM");

	if ((tmux && *tmux) || (term && strncmp(term, "tmux", strlen("tmux")) == 0))
		return WITHIN_TMUX;
	return term && strncmp(term, "screen", strlen("screen")) == 0 ? WITHIN_SCREEN
								      : WITHIN_NOTHING;
}

/* Only "off", where the terminal has no colours. */
static const char *values_of(const struct setting *setting)
{
	bool colour = setting->offset == offsetof(struct settings, style.colour);

	return colour && terminal_is_dumb() ? "off" : setting->values;
}

static int set_switch(struct settings *settings, const struct setting *setting, const char *value)
{
	bool on = strcmp(value, "on") == 0;

	if (!on && strcmp(value, "off") != 0)
		return -EINVAL;
	if (on && strcmp(values_of(setting), "off") == 0)
		return -EINVAL;
	setting_set_switch(settings, setting, on);
	return 0;
}

int settings_set(struct settings *settings, const char *name, const char *value)
{
	const struct setting *setting = setting_find(name);

	if (!setting || !setting->live)
		return -ENOENT;
	switch (setting->kind) {
	case SETTING_NUMBER:
		return settings_number(value, setting->min, setting->max,
				       field_of(settings, setting));
	case SETTING_SWITCH:
		return set_switch(settings, setting, value);
	case SETTING_WORD:
		return setting_set_word(settings, setting, value);
	default:
		return -ENOENT;
	}
}

static void print_word(const struct setting *setting, int value, char *to, size_t size)
{
	const char *word = setting->values;
	size_t length = next_word(&word);

	for (; value > 0 && length > 0; value--) {
		word += length;
		length = next_word(&word);
	}
	snprintf(to, size, "%.*s", (int)length, word);
}

bool settings_each(const struct settings *settings, size_t i, struct setting_row *ret)
{
	const struct setting *setting = settings_table;

	for (; setting < settings_table + SETTINGS_COUNT; setting++)
		if (setting->live && i-- == 0)
			break;
	if (setting == settings_table + SETTINGS_COUNT)
		return false;
	*ret = (struct setting_row){.name = setting->name, .values = values_of(setting)};
	if (setting->kind == SETTING_SWITCH)
		snprintf(ret->value, sizeof(ret->value), "%s",
			 *(const bool *)field_in(settings, setting) ? "on" : "off");
	else if (setting->kind == SETTING_WORD)
		print_word(setting, *(const int *)field_in(settings, setting), ret->value,
			   sizeof(ret->value));
	else
		snprintf(ret->value, sizeof(ret->value), "%d",
			 *(const int *)field_in(settings, setting));
	return true;
}

/* The server's text is looked at when it is the one to be taken: options_parse(). */
static int read_environment(struct settings *settings)
{
	const char *server = secure_getenv("MTCHAT_SERVER");
	const char *name = secure_getenv("MTCHAT_NAME");
	const char *no_color = secure_getenv("NO_COLOR");

	if (server && *server && setting_set_server(settings, setting_find("server"), server) < 0) {
		warnx(_("%s is too long"), "MTCHAT_SERVER");
		return -EINVAL;
	}
	if (name && *name && setting_set_name(settings, setting_find("name"), name) < 0) {
		warnx(_("%s must have 1 to %d bytes, and no spaces or control characters"),
		      "MTCHAT_NAME", CHAT_NAME_SIZE - 1);
		return -EINVAL;
	}
	if ((no_color && *no_color) || terminal_is_dumb())
		settings->style.colour = false;
	if (terminal_is_dumb())
		settings->style.notify = NOTIFY_BELL;
	settings->style.within = terminal_within();
	return 0;
}

/* 0, also if there is no such file, or nobody whose it would be; or -EINVAL, -ENOMEM, told. */
static int read_own_file(struct settings *settings)
{
	const char *config = secure_getenv("XDG_CONFIG_HOME");
	const char *home = secure_getenv("HOME");
	AUTO_FREE char *path = NULL;
	int size, r;

	if (config && *config == '/') /* a relative one does not count: so it is specified */
		size = asprintf(&path, "%s/mtchat/config", config);
	else if (home && *home == '/')
		size = asprintf(&path, "%s/.config/mtchat/config", home);
	else
		return 0;
	if (size < 0) {
		path = NULL;
		return warnx(_("not enough memory")), -ENOMEM;
	}
	if (access(path, F_OK) < 0) /* also in a home that is not ours to look into */
		return 0;
	r = settings_read(settings, path);
	return r == -ENOENT ? 0 : r;
}

int settings_load(struct settings *settings)
{
	int r = settings_read(settings, SYSCONFDIR "/mtchat.conf");

	if (r < 0 && r != -ENOENT)
		return r;
	r = read_own_file(settings);
	if (r < 0)
		return r;
	return read_environment(settings);
}

bool settings_hides(const struct settings *settings, const struct event *event, const char *own)
{
	bool speaks = event->kind == EVENT_SAY || event->kind == EVENT_ME ||
		      event->kind == EVENT_PRIV;

	return speaks && event->from && strcmp(event->from, own) != 0 &&
	       ignored_has(&settings->ignored, event->from);
}
