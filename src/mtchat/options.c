/* options.c - the command line of mtchat */
#include "mtchat/options.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mtchat/speech.h"

static const char help[] =
	"usage: mtchat [HOST[:PORT] | [V6]:PORT | unix:PATH]\n"
	"       mtchat IP PORT NAME\n"
	"\n"
	"Talks to a chat server.  Without a server: $MTCHAT_SERVER, else the Unix socket\n" TARGET_SOCKET
	" if it is there, else localhost:" TARGET_PORT ".\n"
	"With IP PORT NAME each line is sent as \"[NAME] line\"; q or Q leaves.\n"
	"\n"
	"  -h, --help     print this and exit\n"
	"  -V, --version  print the version and exit\n";

static int refuse_usage(void)
{
	fputs("Try 'mtchat --help'.\n", stderr);
	return -EINVAL;
}

static bool name_is_good(const char *name)
{
	if (!*name || strlen(name) > SPEECH_NAME_MAX)
		return false;
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return true;
}

static int parse_textbook(struct options *ret, char *argv[])
{
	const char *why;

	if (target_set(&ret->target, argv[0], argv[1], &why) < 0) {
		warnx("%s %s: %s", argv[0], argv[1], why);
		return -EINVAL;
	}
	if (!name_is_good(argv[2])) {
		warnx("the name must have 1 to %d bytes and no control characters",
		      SPEECH_NAME_MAX);
		return -EINVAL;
	}
	ret->name = argv[2];
	return 1;
}

static int parse_target(struct options *ret, const char *text)
{
	char place[TARGET_PATH_SIZE + sizeof("unix:")];
	const char *why;

	if (!text)
		text = target_default(secure_getenv("MTCHAT_SERVER"), TARGET_SOCKET, place);
	if (target_parse(&ret->target, text, &why) < 0) {
		warnx("%s: %s", text, why);
		return -EINVAL;
	}
	return 1;
}

int options_parse(struct options *ret, int argc, char *argv[])
{
	static const struct option longs[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*ret = (struct options){0};
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	while ((option = getopt_long(argc, argv, "hV", longs, NULL)) >= 0) {
		if (option == 'h')
			return fputs(help, stdout), 0;
		if (option == 'V')
			return puts("mtchat " PACKAGE_VERSION), 0;
		return refuse_usage();
	}
	argv += optind;
	argc -= optind;
	if (argc == 3)
		return parse_textbook(ret, argv);
	if (argc <= 1)
		return parse_target(ret, argv[0]);
	warnx("%s arguments", argc == 2 ? "either one or three" : "too many");
	return refuse_usage();
}
