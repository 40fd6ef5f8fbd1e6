/* main.c - mtchatd: read the configuration, serve, end */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "common/log.h"
#include "common/streams.h"
#include "mtchatd/acceptor.h"
#include "mtchatd/config-read.h"
#include "mtchatd/config-show.h"
#include "mtchatd/config.h"
#include "mtchatd/descriptors.h"
#include "mtchatd/journal.h"
#include "mtchatd/messages.h"
#include "mtchatd/options.h"
#include "mtchatd/server.h"

enum {
	RETRY_MS = 200,        /* while connections wait */
	RETRY_ALONE_MS = 5000, /* while nobody does but who has started us */
};

/* config: NULL if it has errors. */
static int serve(const struct config *config, const struct options *options, struct store *store)
{
	struct journal *journal = NULL;
	int r;

	if (config) {
		log_set_level(config->log_level);
		descriptors_prepare(config->max_clients);
	}
	r = journal_start(&journal);
	if (r < 0)
		log_event_errno(r, (&(struct log_fields){.message_id = MESSAGE_UNATTENDED}),
				"no journal thread, a slow journal may hold us up");

	r = server_run(config, options->config_path, &options->tune, store);
	journal_stop(journal);
	switch (r) {
	case 0:
		return EXIT_SUCCESS;
	case -ENOMEM:
	case -EMFILE:
		return EX_OSERR;
	default:
		return EX_UNAVAILABLE;
	}
}

/* Without the service manager we serve all the same. */
static void open_store(struct store *store, struct notify *notify)
{
	int r = notify_open(notify);
	int from_store = store_open(store, notify);

	if (r >= 0)
		r = from_store;
	if (r < 0)
		log_event_errno(r, (&(struct log_fields){.message_id = MESSAGE_UNATTENDED}),
				"cannot reach the service manager");
}

/* What was asked for must have come out: a script may look at nothing but the status. */
static int printed(int r)
{
	if (r >= 0 && fflush(stdout) == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "mtchatd: cannot write standard output: %s\n", strerrordesc_np(errno));
	return EX_IOERR;
}

static int check(const struct options *options)
{
	int r;

	acceptor_unblock_signals();
	r = config_show(options->config_path, options->verbose);
	return r == -EINVAL ? EX_CONFIG : printed(r);
}

static int start(const struct options *options, struct store *store)
{
	struct config config;
	bool good = config_load(&config, options->config_path) >= 0;

	if (!good && !server_inherits(store))
		return EX_CONFIG;
	return serve(good ? &config : NULL, options, store);
}

/* Our signals are blocked: one that is to end us ends the pause. */
static void pause_for(int ms)
{
	const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigtimedwait(&set, NULL, &time);
}

/*
 * While connections wait in the store, a start that fails is tried again until it does well: the
 * other statuses would end them (RestartPreventExitStatus= of the unit).  A want of memory is tried
 * again in any case.  The pause keeps that from costing a core, and from filling the journal.
 */
static int settle_status(int status, bool inherits)
{
	if (status == EXIT_SUCCESS)
		return status;
	if (inherits) {
		pause_for(RETRY_MS);
		return EX_TEMPFAIL;
	}
	if (status == EX_OSERR && getenv("NOTIFY_SOCKET")) /* NOLINT(concurrency-mt-unsafe) */
		pause_for(RETRY_ALONE_MS);
	return status;
}

int main(int argc, char *argv[])
{
	struct notify notify = {.fd = -1};
	struct store store;
	struct options options;
	int parsed, status;
	bool inherits;

	streams_open();
	acceptor_block_signals();
	parsed = options_parse(&options, argc, argv);
	if (parsed == 0) /* --help and --version are done by now */
		return printed(0);
	if (parsed > 0 && options.check_only)
		return check(&options);
	open_store(&store, &notify);
	inherits = server_inherits(&store);
	status = parsed < 0 ? EX_USAGE : start(&options, &store);
	store_done(&store);
	notify_close(&notify);
	return settle_status(status, inherits);
}
