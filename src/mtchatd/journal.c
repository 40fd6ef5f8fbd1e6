/* journal.c - the journal thread: takes messages from a bounded queue and writes them */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "common/log.h"
#include "mtchatd/journal.h"
#include "mtchatd/journald.h"
#include "mtchatd/messages.h"
#include "mtchatd/notify.h"
#include "mtchatd/storm.h"

enum { QUEUE_MAX = 1024, STOP_US = 1000000 };

/*
 * One block of 0.9 MiB.  The kernel gives a page when it is first touched, and an empty queue
 * begins again at its first place: so it costs what the longest queue so far took, mostly a page.
 */
struct journal {
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t work;  /* something to write, a sum to wait for, or the stop */
	pthread_cond_t end;   /* `ended` is true */
	bool stopping, ended;
	bool abandoned; /* nobody joins: the thread frees this, if it ever comes back */
	uint64_t dropped;
	uint64_t lost; /* the thread's: nobody took them */
	struct storm storm;
	size_t first, count;
	struct log_record queue[QUEUE_MAX];
};

static void queue_push(struct journal *journal, const struct log_record *record)
{
	journal->queue[(journal->first + journal->count++) % QUEUE_MAX] = *record;
}

static void queue_pop(struct journal *journal, struct log_record *ret)
{
	*ret = journal->queue[journal->first];
	journal->first = --journal->count == 0 ? 0 : (journal->first + 1) % QUEUE_MAX;
}

/*
 * Once something was dropped, all is until half the queue is free again: so the gap is in one
 * piece, and what tells of it stands in its place and comes once in 512 messages at most.
 */
static bool queue_has_room(const struct journal *journal)
{
	return journal->count < (journal->dropped ? QUEUE_MAX / 2 : QUEUE_MAX);
}

static struct log_record note_dropped(uint64_t count)
{
	struct log_record note = {.level = LOG_WARNING,
				  .file = __FILE__,
				  .line = __LINE__,
				  .func = __func__,
				  .message_id = MESSAGE_RECORDS_DROPPED};

	log_format(note.text, sizeof(note.text),
		   "%" PRIu64 " messages were dropped, the journal did not take them", count);
	return note;
}

/* Queues our own records: how many were dropped, how many are summed up. */
static void queue_notes(struct journal *journal, uint64_t now_us)
{
	struct log_record note;

	if (!queue_has_room(journal))
		return;
	if (journal->dropped > 0) {
		note = note_dropped(journal->dropped);
		journal->dropped = 0;
		queue_push(journal, &note);
	}
	while (journal->count < QUEUE_MAX &&
	       storm_sum(&journal->storm, now_us, journal->stopping, &note))
		queue_push(journal, &note);
}

/* The sink: any thread. */
static void journal_take(void *context, const struct log_record *record)
{
	struct journal *journal = context;
	uint64_t now_us = notify_monotonic_usec();
	uint64_t due_us;

	pthread_mutex_lock(&journal->lock);
	queue_notes(journal, now_us);
	due_us = storm_due_us(&journal->storm);
	if (!storm_passes(&journal->storm, record, now_us)) {
		/* The thread may be waiting without a deadline, or with a later one. */
		if (storm_due_us(&journal->storm) < due_us)
			pthread_cond_signal(&journal->work);
	} else if (queue_has_room(journal)) {
		queue_push(journal, record);
		pthread_cond_signal(&journal->work);
	} else {
		journal->dropped++;
	}
	pthread_mutex_unlock(&journal->lock);
}

/* Lock held; until the time, or a signal.  Returns what pthread_cond_timedwait() does. */
static int wait_until(struct journal *journal, pthread_cond_t *cond, uint64_t until_us)
{
	struct timespec until = {.tv_sec = (time_t)(until_us / 1000000),
				 .tv_nsec = (long)(until_us % 1000000) * 1000};

	if (until_us == UINT64_MAX)
		return pthread_cond_wait(cond, &journal->lock);
	return pthread_cond_timedwait(cond, &journal->lock, &until);
}

/* Lock held.  Waits for the next record to write; false: there is none, and we end. */
static bool next_record(struct journal *journal, struct log_record *ret)
{
	while (!journal->abandoned) {
		queue_notes(journal, notify_monotonic_usec());
		if (journal->count > 0) {
			queue_pop(journal, ret);
			return true;
		}
		if (journal->stopping)
			return false;
		wait_until(journal, &journal->work, storm_due_us(&journal->storm));
	}
	return false;
}

static void journal_free(struct journal *journal)
{
	pthread_cond_destroy(&journal->end);
	pthread_cond_destroy(&journal->work);
	pthread_mutex_destroy(&journal->lock);
	free(journal);
}

/* What journald's socket does not take, its end of our stderr may.  0, or -errno: nobody did. */
static int write_record(const struct log_record *record)
{
	if (log_stderr_is_journal() && journald_send(record) == 0)
		return 0;
	return log_line(record);
}

/* What was lost is told first, in its place. */
static void write_or_count(struct journal *journal, const struct log_record *record)
{
	if (journal->lost > 0) {
		const struct log_record note = note_dropped(journal->lost);

		if (write_record(&note) == 0)
			journal->lost = 0;
	}
	if (write_record(record) < 0)
		journal->lost++;
}

static void *journal_run(void *context)
{
	struct journal *journal = context;
	struct log_record record;
	bool abandoned;

	pthread_mutex_lock(&journal->lock);
	while (next_record(journal, &record)) {
		pthread_mutex_unlock(&journal->lock);
		write_or_count(journal, &record);
		pthread_mutex_lock(&journal->lock);
	}
	journal->ended = true;
	abandoned = journal->abandoned;
	pthread_cond_signal(&journal->end);
	pthread_mutex_unlock(&journal->lock);
	if (abandoned)
		journal_free(journal);
	return NULL;
}

static struct journal *journal_new(void)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	pthread_condattr_t attributes;

	if (!journal)
		return NULL;
	pthread_mutex_init(&journal->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&journal->work, &attributes);
	pthread_cond_init(&journal->end, &attributes);
	pthread_condattr_destroy(&attributes);
	return journal;
}

int journal_start(struct journal **ret)
{
	struct journal *journal = journal_new();
	sigset_t all, before;
	int r;

	if (!journal)
		return -ENOMEM;
	/* A signal handled in this thread could hang with it. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&journal->thread, NULL, journal_run, journal);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0) {
		journal_free(journal);
		return -r;
	}
	pthread_setname_np(journal->thread, "journal");
	log_set_sink(journal_take, journal);
	*ret = journal;
	return 0;
}

/* The sink when stderr is known to hang. */
static void drop(void *context, const struct log_record *record)
{
	(void)context;
	(void)record;
}

void journal_stop(struct journal *journal)
{
	uint64_t until_us = notify_monotonic_usec() + STOP_US;
	pthread_t thread;
	bool ended;

	if (!journal)
		return;
	log_set_sink(NULL, NULL);
	thread = journal->thread;
	pthread_mutex_lock(&journal->lock);
	journal->stopping = true;
	pthread_cond_signal(&journal->work);
	while (!journal->ended && wait_until(journal, &journal->end, until_us) == 0)
		;
	ended = journal->ended;
	journal->abandoned = !ended;
	pthread_mutex_unlock(&journal->lock);
	if (ended) {
		pthread_join(thread, NULL);
		journal_free(journal);
	} else {
		log_set_sink(drop, NULL);
		pthread_detach(thread); /* from here on it may free the journal */
	}
}
