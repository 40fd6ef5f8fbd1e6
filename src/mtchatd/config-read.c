/* config-read.c - a file becomes a checked struct config: the source first, then libconfig's values
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libconfig.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "mtchatd/config-check.h"
#include "mtchatd/config-file.h"
#include "mtchatd/config-listen.h"
#include "mtchatd/config-read.h"
#include "mtchatd/config-source.h"
#include "mtchatd/config.h"
#include "mtchatd/machine.h"
#include "mtchatd/messages.h"
#include "mtchatd/settings.h"

/* The service has an account that owns no files. */
static const char everybody[] = "; everybody must be able to read it";
static const char no_setting[] = "has no setting at all, not even a port";

/* One file: its text is ours, ends with NUL, and what was refused is blanked in it. */
struct file {
	struct reader *reader;
	const char *name;
	char *text;
	size_t size;
	int statements;
	struct source_statement found[SETTING_COUNT]; /* name NULL: not in this file, or refused */
};

static void complain_of_value(struct reader *reader, const char *file, int line,
			      const struct setting *setting, const char *value, size_t size)
{
	char allowed[SETTING_TEXT_MAX], quote[SOURCE_QUOTE_MAX];

	setting_allowed_text(setting, allowed);
	source_quote(quote, value, size);
	complain(reader, file, line, "%s must be %s, not %s", setting->name, allowed, quote);
}

/* Refuses a value as it was written. */
static void refuse_value(struct file *file, const struct setting *setting,
			 const struct source_statement *s)
{
	complain_of_value(file->reader, file->name, s->line, setting, s->value, s->value_size);
}

static bool kind_fits(const struct setting *setting, enum source_kind kind)
{
	switch (setting->type) {
	case SETTING_NUMBER:
		return kind == SOURCE_INTEGER;
	case SETTING_WORD:
	case SETTING_PATH:
		return kind == SOURCE_STRING;
	case SETTING_ADDRESSES:
	case SETTING_NETWORKS:
		return kind == SOURCE_STRING || kind == SOURCE_STRINGS;
	}
	return false;
}

static void refuse_unknown(struct file *file, const struct source_statement *s)
{
	const struct setting *nearest = setting_nearest(s->name, s->name_size);
	char quote[SOURCE_QUOTE_MAX];

	source_quote(quote, s->name, s->name_size);
	if (nearest)
		complain(file->reader, file->name, s->line, "%s is no setting; is %s meant?", quote,
			 nearest->name);
	else
		complain(file->reader, file->name, s->line, "%s is no setting", quote);
}

/* Checks all that the source can tell of one setting: its name, and a number's range. */
static bool check_statement(struct file *file, const struct source_statement *s)
{
	const struct setting *setting = setting_find(s->name, s->name_size);
	struct source_statement *found;

	if (!setting) {
		refuse_unknown(file, s);
		return false;
	}
	found = &file->found[setting - settings];
	if (found->line > 0) {
		complain(file->reader, file->name, s->line, "%s is given twice, first on line %d",
			 setting->name, found->line);
		return false;
	}
	found->line = s->line;
	if (!kind_fits(setting, s->kind) ||
	    (s->kind == SOURCE_INTEGER && !setting_allows(setting, s->number))) {
		refuse_value(file, setting, s);
		return false;
	}
	*found = *s;
	file->reader->origins[setting - settings] = (struct origin){.file = file->name,
								    .line = s->line,
								    .order = ++file->reader->order};
	return true;
}

/* So that libconfig can read the rest, with its lines where they are. */
static void blank(struct file *file, const struct source_statement *s)
{
	for (size_t i = s->begin; i < s->end; i++)
		if (file->text[i] != '\n')
			file->text[i] = ' ';
}

static void check_source(struct file *file)
{
	struct source_statement statement;
	struct source source;
	int r;

	source_init(&source, file->text, file->size);
	while ((r = source_next(&source, &statement)) != 0) {
		file->statements++;
		if (r < 0)
			complain(file->reader, file->name, statement.line, "%s", statement.error);
		if (r < 0 || !check_statement(file, &statement))
			blank(file, &statement);
	}
}

/* The address at i of a list, or the only one. */
static const char *address_at(const config_setting_t *value, int i)
{
	if (config_setting_type(value) == CONFIG_TYPE_STRING)
		return config_setting_get_string(value);
	return config_setting_get_string_elem(value, i);
}

static void refuse_address(struct file *file, const struct setting *setting, int line,
			   const char *address)
{
	char quoted[SOURCE_QUOTE_MAX + 2];
	int size = snprintf(quoted, sizeof(quoted), "\"%s\"", address);

	complain_of_value(file->reader, file->name, line, setting, quoted,
			  (size_t)size < sizeof(quoted) ? (size_t)size : sizeof(quoted) - 1);
}

static bool has_before(const char *list, size_t width, const char *item)
{
	for (const char *other = list; other < item && *item; other += width)
		if (strcmp(other, item) == 0)
			return true;
	return false;
}

/* Into a list of so many bytes; the normal form is what is kept. */
static void take_list(struct file *file, const struct setting *setting,
		      const config_setting_t *value, bool (*normalize)(const char *, char *))
{
	char list[sizeof(file->reader->config.proxy)] = {0};
	const size_t width = setting->size / CONFIG_LISTEN_MAX;
	bool listens = setting->type == SETTING_ADDRESSES;
	int line = file->found[setting - settings].line;
	int count = config_setting_is_aggregate(value) ? config_setting_length(value) : 1;

	if (count > CONFIG_LISTEN_MAX) {
		complain(file->reader, file->name, line, "%s must be at most %d addresses, not %d",
			 setting->name, CONFIG_LISTEN_MAX, count);
		return;
	}
	for (int i = 0; i < count; i++) {
		const char *address = address_at(value, i);
		char *item = list + (size_t)i * width;

		if (!normalize(address, item) &&
		    !(listens && check_scope(file->reader, file->name, line, address)))
			refuse_address(file, setting, line, address);
		if (listens)
			check_listen(file->reader, file->name, line,
				     (const char(*)[INET6_ADDRSTRLEN])list, i);
		else if (has_before(list, width, item))
			complain(file->reader, file->name, line, "%s has %s twice", setting->name,
				 item);
	}
	memcpy((char *)&file->reader->config + setting->offset, list, setting->size);
}

static void take_value(struct file *file, const struct setting *setting,
		       const config_setting_t *value)
{
	const struct source_statement *s = &file->found[setting - settings];
	struct config *config = &file->reader->config;
	const char *string = config_setting_get_string(value);

	switch (setting->type) {
	case SETTING_NUMBER:
		*setting_field(setting, config) = (int)s->number; /* not by libconfig's version */
		break;
	case SETTING_WORD:
		if (setting_word_value(setting, string, setting_field(setting, config)) < 0)
			refuse_value(file, setting, s);
		break;
	case SETTING_ADDRESSES:
		take_list(file, setting, value, normal_address);
		break;
	case SETTING_NETWORKS:
		take_list(file, setting, value, normal_network);
		break;
	case SETTING_PATH:
		memset(config->socket, 0, sizeof(config->socket));
		if (is_socket_path(string, sizeof(config->socket)))
			memcpy(config->socket, string, strlen(string));
		else
			refuse_value(file, setting, s);
		break;
	}
}

static void take_values(struct file *file)
{
	CLEANUP(config_destroy) config_t parsed;

	config_init(&parsed);
	if (!config_read_string(&parsed, file->text)) {
		complain(file->reader, file->name, config_error_line(&parsed), "libconfig says: %s",
			 config_error_text(&parsed));
		return;
	}
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (file->found[i].name)
			take_value(file, &settings[i],
				   config_setting_get_member(config_root_setting(&parsed),
							     settings[i].name));
}

/* Returns how many statements there are, good or bad; or -ENOMEM. */
static int read_text(struct reader *reader, const char *text, size_t size, const char *name)
{
	struct file file = {.reader = reader, .name = name, .size = size};
	AUTO_FREE char *copy = malloc(size + 2);

	if (!copy)
		return -ENOMEM;
	if (size > 0)
		memcpy(copy, text, size);
	memcpy(copy + size, "\n", 2); /* libconfig wants the last line ended, if it is a comment */
	file.text = copy;
	check_source(&file);
	take_values(&file);
	return file.statements;
}

static void complain_of_file(struct reader *reader, const char *path, int err)
{
	if (err == -EISDIR)
		complain(reader, path, 0, "is a folder, not a file");
	else if (err == -ENOTSUP)
		complain(reader, path, 0, "is not a regular file");
	else if (err == -EFBIG)
		complain(reader, path, 0, "is larger than %d bytes", CONFIG_FILE_SIZE_MAX);
	else
		complain(reader, path, 0, "cannot be read: %s%s", strerrordesc_np(-err),
			 err == -EACCES ? everybody : "");
}

/* Returns how many statements there are, or -errno: the file cannot be read. */
static int read_file(struct reader *reader, const char *path)
{
	AUTO_FREE char *text = NULL;
	size_t size = 0;
	int r;

	r = config_file_read(path, &text, &size);
	return r < 0 ? r : read_text(reader, text, size, path);
}

static void read_dropins(struct reader *reader, const char *path, struct file_list *dropins)
{
	int r = config_file_dropins(path, dropins);

	if (r == -E2BIG)
		complain(reader, path, 0, "its folder %s.d has more than %d files", path,
			 CONFIG_DROPINS_MAX);
	else if (r < 0)
		complain(reader, path, 0, "its folder %s.d cannot be read: %s%s", path,
			 strerrordesc_np(-r), r == -EACCES ? everybody : "");
	for (size_t i = 0; i < dropins->count; i++) {
		r = read_file(reader, dropins->paths[i]);
		if (r == -EISDIR || r == -ENOTSUP)
			log_event(LOG_WARNING,
				  (&(struct log_fields){.message_id = MESSAGE_CONFIG_ERROR}),
				  "%s is not a regular file, so it is not read", dropins->paths[i]);
		else if (r < 0)
			complain_of_file(reader, dropins->paths[i], r);
	}
}

int reader_finish(const struct reader *reader, struct config *ret)
{
	if (reader->errors > CONFIG_ERRORS_MAX)
		log_event(LOG_ERR, (&(struct log_fields){.message_id = MESSAGE_CONFIG_ERROR}),
			  "%s: %d more error%s", reader->name, reader->errors - CONFIG_ERRORS_MAX,
			  reader->errors == CONFIG_ERRORS_MAX + 1 ? "" : "s");
	if (reader->errors > 0)
		return -EINVAL;
	*ret = reader->config;
	return 0;
}

int config_parse(struct config *ret, const char *text, size_t size, const char *name)
{
	struct reader reader = {.name = name};
	int r;

	config_default(&reader.config);
	r = read_text(&reader, text, size, name);
	if (r < 0)
		complain_of_file(&reader, name, r);
	else if (r == 0)
		complain(&reader, name, 0, "%s", no_setting);
	check_ring(&reader);
	return reader_finish(&reader, ret);
}

void reader_read(struct reader *reader, struct file_list *dropins, const char *path,
		 uint64_t memory_max)
{
	int r;

	config_default(&reader->config);
	r = read_file(reader, path);
	if (r < 0)
		complain_of_file(reader, path, r);
	else if (r == 0)
		complain(reader, path, 0, "%s", no_setting);
	if (r >= 0)
		read_dropins(reader, path, dropins);
	check_ring(reader);
	check_memory(reader, memory_max);
}

int config_load_within(struct config *ret, const char *path, uint64_t memory_max)
{
	CLEANUP(file_list_done) struct file_list dropins = {0};
	struct reader reader = {.name = path};

	reader_read(&reader, &dropins, path, memory_max);
	return reader_finish(&reader, ret);
}

int config_load(struct config *ret, const char *path)
{
	return config_load_within(ret, path,
				  machine_memory_max("/proc/self/cgroup", "/sys/fs/cgroup"));
}
