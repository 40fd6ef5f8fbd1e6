/* journald.c - one record to journald, with all its fields */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

/* The place in the source is the record's, not this file's. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "mtchatd/journald.h"

enum {
	ENTRY_FIELDS_MAX = 16,
	/* A text and four more of a record's strings at their longest, file, func, numbers. */
	ENTRY_BYTES_MAX = 2048,
};

struct entry {
	struct iovec fields[ENTRY_FIELDS_MAX];
	int count;
	size_t used;
	char bytes[ENTRY_BYTES_MAX];
};

/* Adds "NAME=value"; without room for all of it, nothing. */
static void __attribute__((format(printf, 2, 3))) add(struct entry *entry, const char *format, ...)
{
	char *field = entry->bytes + entry->used;
	size_t room = sizeof(entry->bytes) - entry->used;
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(field, room, format, list);
	va_end(list);
	if (n < 0 || (size_t)n >= room || entry->count == ENTRY_FIELDS_MAX)
		return;
	entry->fields[entry->count++] = (struct iovec){.iov_base = field, .iov_len = (size_t)n};
	entry->used += (size_t)n;
}

static void add_client(struct entry *entry, const struct log_record *record)
{
	if (record->client_id)
		add(entry, "CLIENT_ID=%" PRIu64, record->client_id);
	if (record->address[0])
		add(entry, "CLIENT_ADDRESS=%s", record->address);
	if (record->room[0])
		add(entry, "ROOM=%s", record->room);
	if (record->reason[0])
		add(entry, "REASON=%s", record->reason);
	if (record->client_id && record->reason[0]) {
		add(entry, "DURATION_MS=%" PRIu64, record->duration_ms);
		add(entry, "BYTES_IN=%" PRIu64, record->bytes_in);
		add(entry, "BYTES_OUT=%" PRIu64, record->bytes_out);
	}
}

/*
 * Without its socket there is no journald, and libsystemd says that all is well.  One that ends
 * between this look and the call loses a record unseen.
 */
static bool is_there(void)
{
	return access("/run/systemd/journal/socket", F_OK) == 0;
}

int journald_send(const struct log_record *record)
{
	struct entry entry = {.count = 0};

	if (!is_there())
		return -errno;
	add(&entry, "MESSAGE=%s", record->text);
	add(&entry, "PRIORITY=%d", record->level & LOG_PRIMASK);
	add(&entry, "SYSLOG_IDENTIFIER=mtchatd");
	if (record->message_id[0])
		add(&entry, "MESSAGE_ID=%s", record->message_id);
	if (record->err)
		add(&entry, "ERRNO=%d", record->err);
	add_client(&entry, record);
	if (record->file && record->func) {
		add(&entry, "CODE_FILE=%s", record->file);
		add(&entry, "CODE_LINE=%d", record->line);
		add(&entry, "CODE_FUNC=%s", record->func);
	}
	return sd_journal_sendv(entry.fields, entry.count);
}
