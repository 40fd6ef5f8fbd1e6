/* settings-file.c - a configuration file, and what is wrong with it */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "mtchat/i18n.h"
#include "mtchat/settings-table.h"

enum {
	COMPLAINT_SIZE = 512,
	DIGITS_MAX = 9, /* of a number: fewer than would not fit an int */
};

/* Tells what is wrong, and where.  Always -EINVAL.  Logs. */
static int complain(const char *path, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int complain(const char *path, int line, const char *format, ...)
{
	char text[COMPLAINT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	warnx("%s:%d: %s", path, line, text);
	return -EINVAL;
}

/* -- the file -- */

/* O_NONBLOCK: the open of a FIFO would wait. */
static int open_regular(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return -ENOENT;
	if (fd < 0 || fstat(fd, &st) < 0) {
		warn(_("cannot read %s"), path);
		return -EINVAL;
	}
	if (!S_ISREG(st.st_mode)) {
		warnx(_("cannot read %s: it is no regular file"), path);
		return -EINVAL;
	}
	return take_fd(&fd);
}

/* The whole text, an LF and a NUL: libconfig wants the last line ended, if it is a comment. */
static int read_text(const char *path, char **ret)
{
	AUTO_CLOSE int fd = open_regular(path);
	AUTO_FREE char *text = NULL;
	ssize_t got = 1;
	size_t size = 0;

	if (fd < 0)
		return fd;
	text = malloc(SETTINGS_FILE_MAX + 1 + sizeof("\n"));
	if (!text)
		return warnx(_("not enough memory")), -ENOMEM;
	while (got != 0 && size <= SETTINGS_FILE_MAX) {
		got = read(fd, text + size, SETTINGS_FILE_MAX + 1 - size);
		if (got < 0 && errno != EINTR) {
			warn(_("cannot read %s"), path);
			return -EINVAL;
		}
		size += got > 0 ? (size_t)got : 0;
	}
	if (size > SETTINGS_FILE_MAX) {
		warnx(_("%s is larger than %d KiB"), path, SETTINGS_FILE_MAX / 1024);
		return -EINVAL;
	}
	if (memchr(text, '\0', size)) {
		warnx(_("%s is no text"), path);
		return -EINVAL;
	}
	memcpy(text + size, "\n", sizeof("\n"));
	*ret = text;
	text = NULL;
	return 0;
}

/* -- what libconfig would take for something else -- */

/* The end of a comment or a string that begins here; or `at`.  NULL: it has none. */
static const char *skip_dead_text(const char *at)
{
	const char *end;

	if (*at == '#' || strncmp(at, "//", 2) == 0)
		return at + strcspn(at, "\n");
	if (strncmp(at, "/*", 2) == 0) {
		end = strstr(at + 2, "*/");
		return end ? end + 2 : NULL;
	}
	if (*at == '"') {
		for (at++; *at && *at != '"'; at++)
			at += *at == '\\' && at[1];
		return *at ? at + 1 : NULL;
	}
	return at;
}

/*
 * libconfig takes a number that is too large for another one, without a word; reads any file that
 * @include names; and tells the last line of a string that does not end.
 */
static int check_text(const char *path, const char *text)
{
	static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "0123456789_*-";
	int line = 1;

	while (*text) {
		const char *end = skip_dead_text(text);
		size_t size;

		if (!end)
			return complain(path, line, _("what begins here does not end"));
		size = strspn(end, name_characters);
		for (; text < end; text++)
			line += *text == '\n';
		if (size > DIGITS_MAX && strchr("-0123456789", *text))
			return complain(path, line, _("the number %.*s is too large"), (int)size,
					text);
		if (*text == '@')
			return complain(path, line, _("@include is not supported"));
		line += *text == '\n';
		text += size ? size : *text != '\0';
	}
	return 0;
}

/* -- its settings -- */

static bool is_number(const config_setting_t *value)
{
	int type = config_setting_type(value);

	return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
}

static int take_server(struct settings *settings, const struct setting *setting, const char *text,
		       const char **ret_why)
{
	struct target target;

	*ret_why = _("it must be a text in quotes");
	if (!text || target_parse(&target, text, ret_why) < 0)
		return -EINVAL;
	*ret_why = _("it is too long");
	return setting_set_server(settings, setting, text);
}

/* Those of this file, in place of any before.  Names twice are one. */
static int take_ignored(struct ignored *ignored, const config_setting_t *value)
{
	if (!config_setting_is_array(value) && !config_setting_is_list(value))
		return -EINVAL;
	*ignored = (struct ignored){0};
	for (int i = 0; i < config_setting_length(value); i++) {
		const char *name = config_setting_get_string_elem(value, i);

		if (!name || !settings_name_is_good(name))
			return -EINVAL;
		if (!ignored_has(ignored, name) && ignored_turn(ignored, name) < 0)
			return -EINVAL;
	}
	return 0;
}

static int take_setting(struct settings *settings, const config_setting_t *value, const char *path)
{
	const char *name = config_setting_name(value), *text = config_setting_get_string(value);
	const struct setting *setting = setting_find(name);
	int line = (int)config_setting_source_line(value);
	const char *why;

	if (!setting)
		return complain(path, line, _("%s is no setting"), name);
	switch (setting->kind) {
	case SETTING_SERVER:
		if (take_server(settings, setting, text, &why) < 0)
			return complain(path, line, "%s: %s", name, why);
		return 0;
	case SETTING_NAME:
		if (!text || setting_set_name(settings, setting, text) < 0)
			return complain(path, line,
					_("%s must have 1 to %d bytes, and no spaces or control "
					  "characters"),
					name, CHAT_NAME_SIZE - 1);
		return 0;
	case SETTING_NUMBER:
		if (!is_number(value) ||
		    setting_set_number(settings, setting, config_setting_get_int64(value)) < 0)
			return complain(path, line, _("%s must be %d to %d"), name, setting->min,
					setting->max);
		return 0;
	case SETTING_WORD:
		if (!text || setting_set_word(settings, setting, text) < 0)
			return complain(path, line, _("%s must be one of these, in quotes: %s"),
					name, setting->values);
		return 0;
	case SETTING_SWITCH:
		if (config_setting_type(value) != CONFIG_TYPE_BOOL)
			return complain(path, line, _("%s must be true or false"), name);
		setting_set_switch(settings, setting, config_setting_get_bool(value));
		return 0;
	case SETTING_IGNORE:
		if (take_ignored(&settings->ignored, value) < 0)
			return complain(path, line,
					_("%s must be a list of at most %d names, as in "
					  "[\"bob\", \"carol\"]"),
					name, IGNORED_MAX);
		return 0;
	}
	return 0;
}

int settings_read(struct settings *settings, const char *path)
{
	CLEANUP(config_destroy) config_t parsed;
	AUTO_FREE char *text = NULL;
	int r;

	config_init(&parsed);
	r = read_text(path, &text);
	if (r < 0)
		return r;
	r = check_text(path, text);
	if (r < 0)
		return r;
	if (!config_read_string(&parsed, text))
		return complain(path, config_error_line(&parsed), "%s", config_error_text(&parsed));
	for (int i = 0; r == 0 && i < config_setting_length(config_root_setting(&parsed)); i++)
		r = take_setting(settings,
				 config_setting_get_elem(config_root_setting(&parsed),
							 (unsigned int)i),
				 path);
	return r;
}
