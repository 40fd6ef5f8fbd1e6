/* options.c - the command line of mtchatd */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "mtchatd/options.h"

static const char usage[] =
	"Usage: mtchatd [--config FILE] [--check [--verbose]] [--version] [--help]\n"
	"The chat server that never hangs up.\n"
	"\n"
	"  -c, --config FILE  read FILE (and FILE.d/*.conf), not " SYSCONFDIR "/mtchatd.conf\n"
	"      --check        check the configuration, and end: 0 if it is good, else 78\n"
	"  -v, --verbose      with --check: show each setting, and where it is from\n"
	"  -V, --version      print the version, and end\n"
	"  -h, --help         print this, and end\n"
	"\n"
	"It stays in the foreground.  SIGHUP reads the configuration again, SIGTERM ends it.\n";

enum { OPTION_CHECK = 256, OPTION_TUNE };

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"verbose", no_argument, NULL, 'v'},
	{"tune", required_argument, NULL, OPTION_TUNE},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int bad_usage(void)
{
	fputs("Try 'mtchatd --help'.\n", stderr);
	return -EINVAL;
}

int options_parse(struct options *ret, int argc, char *argv[])
{
	int option;

	*ret = (struct options){.config_path = SYSCONFDIR "/mtchatd.conf", .tune = TUNE_DEFAULT};
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread yet */
	while ((option = getopt_long(argc, argv, "c:vVh", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			ret->config_path = optarg;
			break;
		case OPTION_CHECK:
			ret->check_only = true;
			break;
		case 'v':
			ret->verbose = true;
			break;
		case OPTION_TUNE:
			if (tune_set(&ret->tune, optarg) == 0)
				break;
			fprintf(stderr, "mtchatd: --tune %s: no such name, or value\n", optarg);
			return bad_usage();
		case 'V':
			puts("mtchatd " PACKAGE_VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return bad_usage();
		}
	}
	if (optind < argc) {
		fprintf(stderr, "mtchatd: unexpected argument '%s'\n", argv[optind]);
		return bad_usage();
	}
	if (ret->verbose && !ret->check_only) {
		fputs("mtchatd: --verbose is for --check\n", stderr);
		return bad_usage();
	}
	return 1;
}
