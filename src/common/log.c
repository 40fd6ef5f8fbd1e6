/* log.c - one-line messages: builds the record, hands it to the sink */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"

enum stream { STREAM_UNKNOWN, STREAM_PLAIN, STREAM_JOURNAL };

/* One for the process: a message can come from anywhere, and there is one stderr. */
static struct {
	atomic_int max_level;
	atomic_int stream; /* enum stream: what stderr is, once it was looked at */
	log_sink *sink;    /* changes only while one thread logs */
	void *context;
} logger = {.max_level = LOG_INFO, .sink = log_to_stderr};

void log_set_level(int max_level)
{
	atomic_store_explicit(&logger.max_level, max_level, memory_order_relaxed);
}

bool log_shows(int level)
{
	return level <= atomic_load_explicit(&logger.max_level, memory_order_relaxed);
}

void log_set_sink(log_sink *sink, void *context)
{
	logger.sink = sink ? sink : log_to_stderr;
	logger.context = context;
	atomic_store(&logger.stream, STREAM_UNKNOWN);
}

/* The variable alone does not say it: children of a service inherit it, whatever their stderr. */
static enum stream stderr_stream(void)
{
	const char *named = getenv("JOURNAL_STREAM"); /* NOLINT(concurrency-mt-unsafe): no setenv */
	char ours[64];
	struct stat st;

	if (!named || fstat(STDERR_FILENO, &st) < 0)
		return STREAM_PLAIN;
	snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(ours, named) == 0 ? STREAM_JOURNAL : STREAM_PLAIN;
}

bool log_stderr_is_journal(void)
{
	int stream = atomic_load(&logger.stream);

	if (stream == STREAM_UNKNOWN) {
		stream = (int)stderr_stream(); /* two threads at once find the same */
		atomic_store(&logger.stream, stream);
	}
	return stream == STREAM_JOURNAL;
}

/* All of it; or -errno: nobody takes it. */
static int write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			return n == 0 ? -EIO : -errno;
		} else if (errno == EAGAIN) {
			/* A terminal that another program made non-blocking. */
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
		}
	}
	return 0;
}

int log_line(const struct log_record *record)
{
	char line[sizeof("<7>\n") + LOG_TEXT_MAX];
	int n;

	if (log_stderr_is_journal())
		n = snprintf(line, sizeof(line), "<%d>%s\n", record->level & LOG_PRIMASK,
			     record->text);
	else
		n = snprintf(line, sizeof(line), "%s\n", record->text);
	return n > 0 ? write_all(STDERR_FILENO, line, (size_t)n) : 0;
}

void log_to_stderr(void *context, const struct log_record *record)
{
	(void)context;
	(void)log_line(record); /* there is no one left to tell */
}

/*
 * The length of the character at the start of text; 0 if it is a control character or no
 * well-formed UTF-8.  text ends with NUL, which is no continuation byte: no bound is needed.
 */
static size_t character_length(const unsigned char *text)
{
	/* By length: the first code that needs so many bytes and is no control character. */
	static const uint32_t first_code[] = {0, 0x20, 0xa0, 0x800, 0x10000};
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	uint32_t code = length == 1 ? text[0] : text[0] & (0x7fU >> length);

	if ((text[0] & 0xc0) == 0x80 || text[0] >= 0xf8)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3fU);
	}
	if (code < first_code[length] || code == 0x7f || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return length;
}

static void clean(char *text)
{
	while (*text != '\0') {
		size_t length = character_length((const unsigned char *)text);

		if (length == 0)
			*text = '?';
		text += length > 0 ? length : 1;
	}
}

/* The last character of cut-off text may be half a one: it goes, unless it is ASCII. */
static void drop_half_character(char *text, size_t length)
{
	size_t end = length;

	while (end > 0 && length - end < 3 && (text[end - 1] & 0xc0) == 0x80)
		end--;
	if (end > 0 && (text[end - 1] & 0x80) != 0)
		text[end - 1] = '\0';
}

static void format_list(char *to, size_t size, const char *format, va_list list)
	__attribute__((format(printf, 3, 0)));

static void format_list(char *to, size_t size, const char *format, va_list list)
{
	int n = vsnprintf(to, size, format, list);

	if (n < 0)
		to[0] = '\0';
	else if ((size_t)n >= size)
		drop_half_character(to, size - 1);
	clean(to);
}

void log_format(char *to, size_t size, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	format_list(to, size, format, list);
	va_end(list);
}

static void fill_fields(struct log_record *record, const struct log_fields *fields)
{
	record->client_id = fields->client_id;
	record->duration_ms = fields->duration_ms;
	record->bytes_in = fields->bytes_in;
	record->bytes_out = fields->bytes_out;
	if (fields->message_id)
		log_format(record->message_id, sizeof(record->message_id), "%s",
			   fields->message_id);
	if (fields->address)
		log_format(record->address, sizeof(record->address), "%s", fields->address);
	if (fields->room)
		log_format(record->room, sizeof(record->room), "%s", fields->room);
	if (fields->reason)
		log_format(record->reason, sizeof(record->reason), "%s", fields->reason);
}

/* ": <what err means>", or "" for no error. */
static void describe_error(char *to, size_t size, int err)
{
	const char *meaning = err ? strerrordesc_np(err) : "";

	if (!meaning)
		snprintf(to, size, ": error %d", err);
	else
		snprintf(to, size, "%s%s", err ? ": " : "", meaning);
}

static void fill_text(struct log_record *record, const char *format, va_list list)
	__attribute__((format(printf, 2, 0)));

static void fill_text(struct log_record *record, const char *format, va_list list)
{
	char meaning[64];

	/* The text gives way to what the error means, not the other way round. */
	describe_error(meaning, sizeof(meaning), record->err);
	format_list(record->text, sizeof(record->text) - strlen(meaning), format, list);
	memcpy(record->text + strlen(record->text), meaning, strlen(meaning) + 1);
}

/* Seven arguments, but nobody writes them: the macros do.  NOLINTNEXTLINE(*-function-size) */
int log_write(int level, int err, const struct log_fields *fields, const char *file, int line,
	      const char *func, const char *format, ...)
{
	int saved_errno = errno;
	struct log_record record;
	va_list list;

	if (!log_shows(level))
		return err;
	record = (struct log_record){.level = level, .file = file, .line = line, .func = func};
	record.err = err < 0 ? -err : err;
	if (fields)
		fill_fields(&record, fields);
	va_start(list, format);
	fill_text(&record, format, list);
	va_end(list);
	logger.sink(logger.context, &record);
	errno = saved_errno;
	return err;
}
