/* test-log.c - messages: level, text, fields, stderr */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "common/log.h"

#include "capture.h"
#include "tap.h"

static struct log_record last; /* what the sink `keep` got */
static int kept;

static void keep(void *context, const struct log_record *record)
{
	last = *record;
	kept += *(int *)context;
	errno = EBADF;
}

/* The text of the record that comes of it. */
#define text_of(...) (log_event(LOG_INFO, NULL, __VA_ARGS__), last.text)

static void test_level(void)
{
	static int one = 1;

	kept = 0;
	log_set_sink(keep, &one);
	log_event(LOG_DEBUG, NULL, "not by default");
	is(kept, 0, "debug messages are off at first");
	log_event(LOG_INFO, NULL, "yes");
	is(kept, 1, "info messages are on");
	log_set_level(LOG_ERR);
	log_event(LOG_WARNING, NULL, "no");
	is(kept, 1, "a lower level drops warnings");
	is(log_event_errno(-EIO, NULL, "yes"), -EIO, "log_event_errno() returns the error");
	is(log_write(LOG_DEBUG, -EIO, NULL, "f", 1, "f", "no"), -EIO, "also if it is dropped");
	is(kept, 2, "errors pass");
	log_set_level(LOG_DEBUG);
	log_event(LOG_DEBUG, NULL, "yes");
	is(kept, 3, "and debug messages, when asked for");
	is(last.level, LOG_DEBUG, "the record knows its level");
	log_set_level(LOG_INFO);
}

static void test_error(void)
{
	char long_text[2 * LOG_TEXT_MAX];

	log_event_errno(-ENOENT, NULL, "cannot open %s", "x");
	ok(strcmp(last.text, "cannot open x: No such file or directory") == 0, "what it means: %s",
	   last.text);
	is(last.err, ENOENT, "the record has a positive number");
	log_event_errno(-99999, NULL, "odd");
	ok(strcmp(last.text, "odd: error 99999") == 0, "an unknown error: %s", last.text);
	log_event(LOG_ERR, NULL, "no number");
	ok(strcmp(last.text, "no number") == 0 && last.err == 0, "no error, no meaning");

	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	log_event_errno(-ENOENT, NULL, "%s", long_text);
	is(strlen(last.text), LOG_TEXT_MAX - 1, "a long text fills the record");
	ok(strcmp(last.text + LOG_TEXT_MAX - 1 - 27, ": No such file or directory") == 0 &&
		   last.text[LOG_TEXT_MAX - 1 - 28] == 'a',
	   "and leaves what the error means whole");

	errno = ENOTTY;
	log_event(LOG_ERR, NULL, "x");
	is(errno, ENOTTY, "errno is left as it was, whatever the sink does");
}

static void test_clean(void)
{
	static const struct {
		const char *in, *out, *what;
	} cases[] = {
		{"a\x1b[31mb\nc\td\x7f", "a?[31mb?c?d?", "C0 and DEL"},
		{"\xc2\x9b.", "??.", "C1"},
		{"\x9b \x80\x80.", "? ??.", "continuation bytes alone"},
		{"\xc2\xa0 \xed\x95\x9c \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf \xef\xbf\xbd",
		 "\xc2\xa0 \xed\x95\x9c \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf \xef\xbf\xbd",
		 "well-formed characters pass"},
		{"\xc0\x80 \xc1\xbf \xe0\x9f\xbf \xf0\x8f\xbf\xbf", "?? ?? ??? ????", "overlong"},
		{"\xed\x9f\xbf \xed\xa0\x80 \xed\xbf\xbf \xee\x80\x80",
		 "\xed\x9f\xbf ??? ??? \xee\x80\x80", "surrogates, and what lies beside them"},
		{"\xf4\x90\x80\x80 \xf5\x80\x80\x80 \xf8\x88\x80\x80\x80 \xff", "???? ???? ????? ?",
		 "beyond U+10FFFF"},
		{"\xed\x95 \xf0\x9f\x98", "?? ???", "cut off within"},
		{"\xed\x95", "??", "cut off at the end"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(strcmp(text_of("%s", cases[i].in), cases[i].out) == 0, "cleaned: %s",
		   cases[i].what);
}

static void test_cut(void)
{
	static const char *characters[] = {"a", "\xc3\xa4", "\xed\x95\x9c", "\xf0\x9f\x98\x80"};
	char text[LOG_TEXT_MAX + 64], small[8];

	for (size_t i = 0; i < 4; i++) {
		bool good = true;

		for (size_t shift = 0; shift < 8; shift++) {
			size_t length = shift;

			memset(text, '-', shift);
			while (length + i + 1 < sizeof(text)) {
				memcpy(text + length, characters[i], i + 1);
				length += i + 1;
			}
			text[length] = '\0';
			log_event(LOG_INFO, NULL, "%s", text);
			length = strlen(last.text);
			good = good && length >= LOG_TEXT_MAX - 5 && length < LOG_TEXT_MAX &&
			       (length - shift) % (i + 1) == 0 &&
			       memcmp(last.text, text, length) == 0;
		}
		ok(good, "cut between characters of %zu bytes", i + 1);
	}
	log_format(small, sizeof(small), "%s", "\x80\x80\x80\x80\x80\x80\x80\x80\x80");
	ok(strlen(small) < sizeof(small) && strspn(small, "?") == strlen(small),
	   "cut within bytes that are no text: %s", small);
	log_format(small, sizeof(small), "%s", "1234567");
	ok(strcmp(small, "1234567") == 0, "what just fits is not cut");
	log_format(small, 1, "%s", "\xc3\xa4");
	ok(small[0] == '\0', "no room at all");
}

static void test_fields(void)
{
	char long_field[2 * LOG_FIELD_MAX];
	struct log_fields fields = {
		.message_id = "0123456789abcdef0123456789abcdef",
		.address = "::1",
		.room = "a\nb",
		.reason = long_field,
		.client_id = UINT64_MAX,
		.duration_ms = 1,
		.bytes_in = 2,
		.bytes_out = 3,
	};
	int line;

	memset(long_field, 'r', sizeof(long_field) - 1);
	long_field[sizeof(long_field) - 1] = '\0';
	line = __LINE__ + 1;
	log_event(LOG_WARNING, &fields, "event %d", 7);
	ok(strcmp(last.text, "event 7") == 0 && last.level == LOG_WARNING, "text and level");
	ok(strcmp(last.message_id, fields.message_id) == 0, "a whole message id");
	ok(strcmp(last.address, "::1") == 0, "address");
	ok(strcmp(last.room, "a?b") == 0, "no line end in a field");
	is(strlen(last.reason), LOG_FIELD_MAX - 1, "a long field is cut");
	ok(last.client_id == UINT64_MAX && last.duration_ms == 1 && last.bytes_in == 2 &&
		   last.bytes_out == 3,
	   "numbers");
	ok(strcmp(last.file, __FILE__) == 0 && last.line == line &&
		   strcmp(last.func, "test_fields") == 0,
	   "the place in the source");
	log_event(LOG_INFO, &(struct log_fields){.client_id = 5}, "few");
	ok(last.client_id == 5 && !last.message_id[0] && !last.address[0] && !last.room[0] &&
		   !last.reason[0],
	   "fields that are not given are empty");
}

static void test_stderr(void)
{
	struct capture capture;
	char line[LOG_TEXT_MAX * 2];

	unsetenv("JOURNAL_STREAM");
	capture_begin(&capture);
	log_set_sink(NULL, NULL);
	log_event(LOG_WARNING, NULL, "plain %d", 1);
	ok(strcmp(capture_line(&capture, line, sizeof(line)), "plain 1") == 0, "a line: %s", line);

	setenv("JOURNAL_STREAM", "1:1", 1);
	log_set_sink(NULL, NULL);
	ok(!log_stderr_is_journal(), "another stream is the journal's");
	log_event(LOG_WARNING, NULL, "inherited");
	ok(strcmp(capture_line(&capture, line, sizeof(line)), "inherited") == 0,
	   "no priority for a stderr that the journal does not read: %s", line);

	capture_is_journal();
	log_set_sink(NULL, NULL);
	ok(log_stderr_is_journal(), "this stream is the journal's");
	log_event(LOG_WARNING, NULL, "read by journald");
	ok(strcmp(capture_line(&capture, line, sizeof(line)), "<4>read by journald") == 0,
	   "with the priority: %s", line);
	memset(line, 'a', LOG_TEXT_MAX);
	line[LOG_TEXT_MAX] = '\0';
	log_event(LOG_ERR, NULL, "%s", line);
	is(strlen(capture_line(&capture, line, sizeof(line))), 3 + LOG_TEXT_MAX - 1,
	   "the longest line is whole");

	ok(capture_is_empty(&capture), "nothing else");
	close(STDERR_FILENO);
	errno = ENOTTY;
	log_event(LOG_ERR, NULL, "to nobody");
	is(errno, ENOTTY, "a closed stderr harms nothing");
	capture_end(&capture);
	unsetenv("JOURNAL_STREAM");
	log_set_sink(NULL, NULL);
}

static void *log_one(void *unused)
{
	log_event(LOG_INFO, NULL, "after the flood");
	return unused;
}

static void test_nonblocking_stderr(void)
{
	struct capture capture;
	pthread_t thread;
	char line[128] = "", byte;
	size_t filled;

	capture_begin(&capture);
	filled = capture_fill();
	must(fcntl(STDERR_FILENO, F_SETFL, O_WRONLY | O_NONBLOCK) == 0, "fcntl");
	must(pthread_create(&thread, NULL, log_one, NULL) == 0, "pthread_create");
	while (filled > 0 && read(capture.read_fd, &byte, 1) == 1)
		filled--;
	ok(strcmp(capture_line(&capture, line, sizeof(line)), "after the flood") == 0,
	   "a full non-blocking stderr loses nothing: %s", line);
	pthread_join(thread, NULL);
	capture_end(&capture);
}

enum { THREADS = 4, EACH = 100 };

static void *log_many(void *name)
{
	for (int i = 0; i < EACH; i++)
		log_event(LOG_INFO, NULL, "%s %d", (const char *)name, i);
	return NULL;
}

static void test_threads(void)
{
	static char names[THREADS][2] = {"0", "1", "2", "3"};
	pthread_t threads[THREADS];
	int next[THREADS] = {0};
	struct capture capture;
	char line[128];
	bool good = true;

	capture_begin(&capture);
	log_set_sink(NULL, NULL);
	for (int i = 0; i < THREADS; i++)
		must(pthread_create(&threads[i], NULL, log_many, names[i]) == 0, "pthread_create");
	for (int i = 0; i < THREADS * EACH; i++) {
		int name = -1, number = -1;

		capture_line(&capture, line, sizeof(line));
		good = good && sscanf(line, "%d %d", &name, &number) == 2 && name >= 0 &&
		       name < THREADS && number == next[name]++;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ok(good && capture_is_empty(&capture), "four threads: whole lines, each in its order");
	capture_end(&capture);
}

int main(void)
{
	test_level();
	test_error();
	test_clean();
	test_cut();
	test_fields();
	test_stderr();
	test_nonblocking_stderr();
	test_threads();
	return done();
}
