/* test-journal-lost.c - the journal thread while there is no journald */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "common/log.h"
#include "mtchatd/journal.h"

#include "capture.h"
#include "tap.h"

/* The journald of this test; the linker takes it for libsystemd's. */
static atomic_bool absent = true;
static atomic_int looks; /* for its socket */
static int calls;
static char texts[1024]; /* "MESSAGE=...\n" of all entries */

int sd_journal_sendv(const struct iovec *fields, int count)
{
	size_t used = strlen(texts);

	(void)count;
	snprintf(texts + used, sizeof(texts) - used, "%.*s\n", (int)fields[0].iov_len,
		 (const char *)fields[0].iov_base);
	calls++;
	return 0;
}

/* In place of the C library's. */
int access(const char *path, int mode)
{
	must(strcmp(path, "/run/systemd/journal/socket") == 0 && mode == F_OK, "access");
	looks++;
	errno = ENOENT;
	return absent ? -1 : 0;
}

static struct journal *start(void)
{
	struct journal *journal;

	must(journal_start(&journal) == 0, "journal_start");
	return journal;
}

static void test_lost(void)
{
	struct journal *journal = start();

	log_event(LOG_INFO, NULL, "lost");
	log_event(LOG_INFO, NULL, "lost");
	journal_stop(journal);
	is(calls, 0, "libsystemd is not asked, which would say that all is well");
}

static void test_told(void)
{
	struct journal *journal = start();

	looks = 0;
	log_event(LOG_INFO, NULL, "lost");
	log_event(LOG_INFO, NULL, "lost");
	while (looks < 3) /* the second time there is something to be told, too */
		poll(NULL, 0, 1);
	absent = false;
	log_event(LOG_INFO, NULL, "taken");
	log_event(LOG_INFO, NULL, "taken, too");
	journal_stop(journal);
	is(calls, 3, "two records, and one that tells of the others");
	ok(!strcmp(texts, "MESSAGE=2 messages were dropped, the journal did not take them\n"
			  "MESSAGE=taken\nMESSAGE=taken, too\n"),
	   "in its place, once: %s", texts);
}

/* stderr is a stream of the journal, whose end has gone with it. */
int main(void)
{
	struct capture capture;

	signal(SIGPIPE, SIG_IGN);
	capture_begin(&capture);
	capture_is_journal();
	close(capture.read_fd);
	test_lost();
	test_told();
	capture.read_fd = open("/dev/null", O_RDONLY | O_CLOEXEC); /* to be closed */
	capture_end(&capture);
	return done();
}
