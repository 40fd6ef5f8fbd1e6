/*
 * log.h - one-line messages, with fields for the journal
 *
 * A message goes to the sink: at first lines on stderr, later whatever log_set_sink() was
 * given (the daemon's journal thread).  Any thread may log.  errno is left as it was.
 *
 * A function either logs its own failures or returns them; its header says "Logs." if it is
 * of the first kind.  Nobody logs the same failure twice.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

enum { LOG_TEXT_MAX = 512, LOG_FIELD_MAX = 96 };

/* What a message is about; a member that is NULL or 0 is not written. */
struct log_fields {
	const char *message_id; /* 32 hex digits: the kind of message, one of messages.h */
	const char *address;    /* CLIENT_ADDRESS */
	const char *room;       /* ROOM */
	const char *reason;     /* REASON */
	uint64_t client_id;     /* CLIENT_ID */
	uint64_t duration_ms;   /* DURATION_MS: written if client_id and reason are */
	uint64_t bytes_in;      /* BYTES_IN: likewise */
	uint64_t bytes_out;     /* BYTES_OUT: likewise */
};

/* A message as the sink gets it: flat, so that a queue can hold copies. */
struct log_record {
	int level; /* LOG_ERR ... LOG_DEBUG */
	int err;   /* errno value, or 0 */
	int line;
	const char *file, *func; /* of static life */
	uint64_t client_id, duration_ms, bytes_in, bytes_out;
	char message_id[33];
	char address[LOG_FIELD_MAX], room[LOG_FIELD_MAX], reason[LOG_FIELD_MAX];
	char text[LOG_TEXT_MAX]; /* cut off to fit, always terminated, no control characters */
};

typedef void log_sink(void *context, const struct log_record *record);

/* Messages above max_level (LOG_ERR ... LOG_DEBUG) are dropped; any time, any thread. */
void log_set_level(int max_level);

/* Is a message of that level written at all?  For whoever would go to some length for one. */
bool log_shows(int level);

/* NULL: back to stderr.  To be called while no other thread logs. */
void log_set_sink(log_sink *sink, void *context);

/*
 * The sink that begins: one line on stderr, with "<N>" for the priority if the journal reads it.
 * Waits for stderr.  The program ignores SIGPIPE, or dies of a stderr that nobody reads any more.
 */
void log_to_stderr(void *context, const struct log_record *record);

/* The same, and tells whether it was taken: 0, or -errno. */
int log_line(const struct log_record *record);

/* Whether what is written to stderr goes to the journal ($JOURNAL_STREAM names it). */
bool log_stderr_is_journal(void);

/*
 * printf into to[size], as a record wants it: cut off at a character, never in one; a '?' for
 * each byte of a control character and each byte that is not UTF-8 (journald hides text with such
 * bytes as "blob data").
 */
void log_format(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* fields: &(struct log_fields){...}, or NULL. */
#define log_event(level, fields, ...)                                                              \
	log_write(level, 0, fields, __FILE__, __LINE__, __func__, __VA_ARGS__)

/*
 * An error; appends ": <what err means>" (err: a negative errno) and returns err, so that one
 * can write
 *	return log_event_errno(r, fields, "cannot listen on %s", address);
 */
#define log_event_errno(err, fields, ...)                                                          \
	log_write(LOG_ERR, err, fields, __FILE__, __LINE__, __func__, __VA_ARGS__)

int log_write(int level, int err, const struct log_fields *fields, const char *file, int line,
	      const char *func, const char *format, ...) __attribute__((format(printf, 7, 8)));
