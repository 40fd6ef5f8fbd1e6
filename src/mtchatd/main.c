/* main.c - mtchatd: read the configuration, serve, end */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "common/log.h"
#include "mtchatd/acceptor.h"
#include "mtchatd/config.h"
#include "mtchatd/journal.h"
#include "mtchatd/messages.h"
#include "mtchatd/options.h"
#include "mtchatd/server.h"

static int serve(const struct config *config, const struct options *options)
{
	struct journal *journal = NULL;
	int r;

	acceptor_block_signals(); /* before the first thread, so that all inherit the mask */
	log_set_level(config->log_level);
	r = journal_start(&journal);
	if (r < 0)
		log_event_errno(r, (&(struct log_fields){.message_id = MESSAGE_UNATTENDED}),
				"no journal thread, a slow journal may hold us up");

	r = server_run(config, options->config_path, &options->tune);
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

int main(int argc, char *argv[])
{
	struct options options;
	struct config config;
	int r;

	r = options_parse(&options, argc, argv);
	if (r <= 0) /* --help and --version are done by now */
		return r < 0 ? EX_USAGE : EXIT_SUCCESS;

	if (config_load(&config, options.config_path) < 0)
		return EX_CONFIG;
	if (options.check_only) {
		printf("%s: ok\n", options.config_path);
		return EXIT_SUCCESS;
	}
	return serve(&config, &options);
}
