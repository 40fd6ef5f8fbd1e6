/* test-journal.c - the journal thread: to journald, to stderr, and when nobody takes it */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "common/log.h"
#include "mtchatd/journal.h"
#include "mtchatd/messages.h"
#include "mtchatd/notify.h"

#include "capture.h"
#include "tap.h"

/* The journald of this test; the linker takes it for libsystemd's.  Read after journal_stop(). */
static struct {
	int calls, answer;
	bool signals_blocked;
	char fields[4096]; /* of the last entry: "NAME=value\n" each */
} journald;

int sd_journal_sendv(const struct iovec *fields, int count)
{
	size_t used = 0;
	sigset_t blocked;

	for (int i = 0; i < count; i++)
		used += (size_t)snprintf(journald.fields + used, sizeof(journald.fields) - used,
					 "%.*s\n", (int)fields[i].iov_len,
					 (const char *)fields[i].iov_base);
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	journald.signals_blocked = sigismember(&blocked, SIGTERM) &&
				   sigismember(&blocked, SIGHUP) && sigismember(&blocked, SIGPIPE);
	journald.calls++;
	return journald.answer;
}

/* Its socket is there; the C library's access() has no say. */
int access(const char *path, int mode)
{
	return strcmp(path, "/run/systemd/journal/socket") == 0 && mode == F_OK ? 0 : -1;
}

static bool has_field(const char *field)
{
	char line[256];

	snprintf(line, sizeof(line), "%s\n", field);
	for (const char *p = strstr(journald.fields, line); p; p = strstr(p + 1, line))
		if (p == journald.fields || p[-1] == '\n')
			return true;
	return false;
}

static struct journal *start(void)
{
	struct journal *journal;

	must(journal_start(&journal) == 0, "journal_start");
	return journal;
}

static void test_stderr(void)
{
	struct capture capture;
	struct journal *journal;
	char line[256];

	capture_begin(&capture);
	journald.calls = 0;
	journal = start();
	log_event(LOG_INFO, NULL, "first");
	log_event_errno(-EIO, NULL, "second");
	ok(strcmp(capture_line(&capture, line, sizeof(line)), "first") == 0, "a line: %s", line);
	ok(strcmp(capture_line(&capture, line, sizeof(line)), "second: Input/output error") == 0,
	   "the next line: %s", line);
	log_event(LOG_INFO, NULL, "third");
	journal_stop(journal);
	ok(strcmp(capture_line(&capture, line, sizeof(line)), "third") == 0,
	   "a stop writes what is queued");
	log_event(LOG_INFO, NULL, "fourth");
	ok(strcmp(capture_line(&capture, line, sizeof(line)), "fourth") == 0,
	   "afterwards messages go to stderr at once");
	ok(capture_is_empty(&capture) && journald.calls == 0, "nothing else, nothing to journald");
	journal_stop(NULL);
	capture_end(&capture);
}

static void test_journald(void)
{
	const struct log_fields fields = {
		.message_id = MESSAGE_CLIENT_DISCONNECTED,
		.address = "192.0.2.1",
		.room = "lobby",
		.reason = "quit",
		.client_id = 17,
		.bytes_in = 5,
		.bytes_out = 6,
	};
	struct capture capture;
	struct journal *journal;
	char code_line[32];

	capture_begin(&capture);
	capture_is_journal();
	memset(&journald, 0, sizeof(journald));
	journal = start();
	snprintf(code_line, sizeof(code_line), "CODE_LINE=%d", __LINE__ + 1);
	log_event(LOG_WARNING, &fields, "client 17 left");
	journal_stop(journal);
	is(journald.calls, 1, "one entry");
	ok(capture_is_empty(&capture), "nothing on stderr");
	ok(has_field("MESSAGE=client 17 left"), "MESSAGE");
	ok(has_field("PRIORITY=4"), "PRIORITY");
	ok(has_field("SYSLOG_IDENTIFIER=mtchatd"), "SYSLOG_IDENTIFIER");
	ok(has_field("MESSAGE_ID=" MESSAGE_CLIENT_DISCONNECTED), "MESSAGE_ID");
	ok(has_field("CLIENT_ID=17"), "CLIENT_ID");
	ok(has_field("CLIENT_ADDRESS=192.0.2.1"), "CLIENT_ADDRESS");
	ok(has_field("ROOM=lobby"), "ROOM");
	ok(has_field("REASON=quit"), "REASON");
	ok(has_field("DURATION_MS=0"), "DURATION_MS, though 0");
	ok(has_field("BYTES_IN=5") && has_field("BYTES_OUT=6"), "BYTES_IN, BYTES_OUT");
	ok(has_field("CODE_FILE=" __FILE__), "CODE_FILE");
	ok(has_field(code_line), "CODE_LINE");
	ok(has_field("CODE_FUNC=test_journald"), "CODE_FUNC");
	ok(!strstr(journald.fields, "ERRNO="), "no ERRNO without an error");
	ok(journald.signals_blocked, "the thread takes no signals");

	journald.fields[0] = '\0';
	journal = start();
	log_event_errno(-ENOENT, NULL, "alone");
	journal_stop(journal);
	ok(has_field("ERRNO=2"), "ERRNO");
	ok(!strstr(journald.fields, "CLIENT_") && !strstr(journald.fields, "DURATION_") &&
		   !strstr(journald.fields, "MESSAGE_ID"),
	   "no fields that are not given: %zu bytes", strlen(journald.fields));
	capture_end(&capture);
	unsetenv("JOURNAL_STREAM");
}

/* Every field at its longest fits into the entry. */
static void test_long_fields(void)
{
	char text[LOG_TEXT_MAX], field[LOG_FIELD_MAX], wanted[LOG_TEXT_MAX + 16];
	struct capture capture;
	struct journal *journal;

	memset(text, 't', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(field, 'f', sizeof(field) - 1);
	field[sizeof(field) - 1] = '\0';
	capture_begin(&capture);
	capture_is_journal();
	journald.fields[0] = '\0';
	journal = start();
	log_write(LOG_ERR, 0,
		  &(struct log_fields){.message_id = MESSAGE_CLIENT_DISCONNECTED,
				       .address = field,
				       .room = field,
				       .reason = field,
				       .client_id = UINT64_MAX,
				       .duration_ms = UINT64_MAX,
				       .bytes_in = UINT64_MAX,
				       .bytes_out = UINT64_MAX},
		  field, 2147483647, field, "%s", text);
	journal_stop(journal);
	snprintf(wanted, sizeof(wanted), "MESSAGE=%s\n", text);
	ok(strstr(journald.fields, wanted), "the whole text");
	ok(strstr(journald.fields, "CLIENT_ID=18446744073709551615\n"), "the largest number");
	snprintf(wanted, sizeof(wanted), "CODE_FUNC=%s", field);
	ok(has_field(wanted), "the last field is there too");
	capture_end(&capture);
	unsetenv("JOURNAL_STREAM");
}

/* stderr is a stream of the journal, but journald's socket refuses us (a sandbox, say). */
static void test_journald_refuses(void)
{
	struct capture capture;
	struct journal *journal;
	char line[256];

	capture_begin(&capture);
	capture_is_journal();
	journald.calls = 0;
	journald.answer = -EACCES;
	journal = start();
	log_event(LOG_WARNING, NULL, "told anyway");
	journal_stop(journal);
	is(journald.calls, 1, "journald was asked");
	ok(strcmp(capture_line(&capture, line, sizeof(line)), "<4>told anyway") == 0,
	   "stderr gets what journald does not take: %s", line);
	journald.answer = 0;
	capture_end(&capture);
	unsetenv("JOURNAL_STREAM");
}

enum { MANY = 10000, FEW = 10 };

/* So long that the pipe takes but a hundred or two. */
static void log_numbers(int first, int end)
{
	for (int i = first; i < end; i++)
		log_event(LOG_INFO, NULL, "line %d %0400d", i, 0);
}

static void wait_until_full(void)
{
	uint64_t until_us = notify_monotonic_usec() + CAPTURE_WAIT_MS * 1000;
	struct pollfd writable = {.fd = STDERR_FILENO, .events = POLLOUT};

	while (poll(&writable, 1, 0) != 0 && notify_monotonic_usec() < until_us)
		poll(NULL, 0, 1);
}

/* Reads all lines up to `last`; checks that numbers and gaps count up; how many were dropped. */
static int read_numbers(struct capture *capture, int last, int *ret_gaps)
{
	char line[LOG_TEXT_MAX];
	int next = 0, dropped = 0, count, number;

	*ret_gaps = 0;
	while (next <= last) {
		capture_line(capture, line, sizeof(line));
		if (sscanf(line, "line %d", &number) == 1 && number == next) {
			next++;
		} else if (sscanf(line, "%d messages were dropped", &count) == 1) {
			next += count;
			dropped += count;
			++*ret_gaps;
		} else {
			printf("# unexpected: %s\n", line);
			return -1;
		}
	}
	return dropped;
}

static void test_dropped(void)
{
	struct capture capture;
	struct journal *journal;
	uint64_t begin_us;
	size_t filled;
	char byte;
	int dropped, gaps;

	capture_begin(&capture);
	filled = capture_fill();
	journal = start();
	begin_us = notify_monotonic_usec();
	log_numbers(0, MANY);
	ok(notify_monotonic_usec() - begin_us < 10000000, "10,000 messages while stderr is stuck");
	while (filled > 0 && read(capture.read_fd, &byte, 1) == 1)
		filled--;
	wait_until_full();
	log_numbers(MANY, MANY + FEW); /* more than half the queue is still there: no room yet */
	dropped = read_numbers(&capture, MANY + FEW - 1, &gaps);
	/* 1024 and the one in the thread's hands come, the rest is told as lost. */
	ok(dropped >= MANY + FEW - 1025 && dropped <= MANY + FEW - 1024,
	   "all but what the queue held is dropped, and told: %d", dropped);
	is(gaps, 1, "in one message, where they are missing");
	log_event(LOG_INFO, NULL, "line 0");
	is(read_numbers(&capture, 0, &gaps), 0, "then it goes on");
	journal_stop(journal);
	ok(capture_is_empty(&capture), "and nothing else comes");
	capture_end(&capture);
}

static void test_stop_stuck(void)
{
	struct capture capture;
	struct journal *journal;
	uint64_t begin_us, took_us;
	size_t filled;
	char line[256], byte;

	capture_begin(&capture);
	filled = capture_fill();
	journal = start();
	for (int i = 0; i < 100; i++)
		log_event(LOG_INFO, NULL, "line %d", i);
	begin_us = notify_monotonic_usec();
	journal_stop(journal);
	took_us = notify_monotonic_usec() - begin_us;
	ok(took_us >= 900000 && took_us < 10000000,
	   "a stuck stderr holds a stop for a second: %" PRIu64, took_us);
	log_event(LOG_INFO, NULL, "lost");
	ok(true, "a message after that holds nobody");
	while (filled > 0 && read(capture.read_fd, &byte, 1) == 1)
		filled--;
	ok(strcmp(capture_line(&capture, line, sizeof(line)), "line 0") == 0,
	   "what the thread had in hand comes when stderr does: %s", line);
	capture_end(&capture);
	log_set_sink(NULL, NULL);
}

/* What the clients' messages of one kind and their sums say, together. */
static void test_storm(void)
{
	const struct log_fields fields = {.message_id = MESSAGE_CLIENT_CONNECTED, .client_id = 1};
	struct capture capture;
	struct journal *journal;
	char line[256];
	int lines = 0, summed = 0, sums = 0, count;

	capture_begin(&capture);
	journal = start();
	for (int i = 0; i < 500; i++)
		log_event(LOG_INFO, &fields, "client 1 connected");
	while (lines + summed < 500 && capture_line(&capture, line, sizeof(line))[0] != '\0') {
		if (strcmp(line, "client 1 connected") == 0)
			lines++;
		else if (sscanf(line, "%d more like this in", &count) == 1) {
			summed += count;
			sums++;
		}
	}
	is(lines + summed, 500, "a storm of 500: all written or summed up, by itself");
	ok(sums >= 1 && lines <= 20 * (sums + 1), "%d lines, %d sums", lines, sums);

	for (int i = 0; i < 500; i++)
		log_event(LOG_INFO, &fields, "client 1 connected");
	journal_stop(journal);
	lines = summed = 0;
	while (!capture_is_empty(&capture)) {
		capture_line(&capture, line, sizeof(line));
		if (sscanf(line, "%d more like this in", &count) == 1)
			summed += count;
		else
			lines++;
	}
	is(lines + summed, 500, "a stop does not wait for the second to be over");
	capture_end(&capture);
}

enum { THREADS = 4, EACH = 200 };

static void *log_each(void *unused)
{
	for (int i = 0; i < EACH; i++)
		log_event(LOG_INFO, NULL, "line");
	return unused;
}

static void test_threads(void)
{
	pthread_t threads[THREADS];
	struct capture capture;
	struct journal *journal;
	char line[256];
	int lines = 0;

	capture_begin(&capture);
	journal = start();
	for (int i = 0; i < THREADS; i++)
		must(pthread_create(&threads[i], NULL, log_each, NULL) == 0, "pthread_create");
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	journal_stop(journal);
	while (!capture_is_empty(&capture) &&
	       strcmp(capture_line(&capture, line, sizeof(line)), "line") == 0)
		lines++;
	is(lines, THREADS * EACH, "what four threads log is all there");
	capture_end(&capture);
}

int main(void)
{
	unsetenv("JOURNAL_STREAM");
	test_stderr();
	test_journald();
	test_long_fields();
	test_journald_refuses();
	test_dropped();
	test_stop_stuck();
	test_storm();
	test_threads();
	return done();
}
