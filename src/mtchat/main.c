/* main.c - mtchat, the client: from the command line to a conversation */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "mtchat/address.h"
#include "mtchat/options.h"
#include "mtchat/relay.h"
#include "mtchat/session.h"
#include "mtchat/talk.h"

/* Nothing else may get the numbers 0 to 2, or it would be read and written in their place. */
static void standard_streams_open(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	closep(&fd);
}

/* 0; or an exit status, told.  Logs. */
static int link_to(struct link *ret, const struct target *target)
{
	CLEANUP(addresses_done) struct addresses addresses = {0};
	char place[TARGET_HOST_SIZE + sizeof(" port ") + TARGET_PORT_SIZE];
	int r;

	target_print(target, place, sizeof(place));
	r = addresses_find(&addresses, target);
	if (r == EAI_SYSTEM) {
		warn("cannot find the host %s", target->host);
		return EX_NOHOST;
	}
	if (r != 0) {
		warnx("cannot find the host %s: %s", target->host, gai_strerror(r));
		return EX_NOHOST;
	}
	r = link_open(ret, &addresses);
	if (r < 0) {
		errno = -r;
		warn("cannot connect to %s", place);
		return EX_UNAVAILABLE;
	}
	return 0;
}

int main(int argc, char *argv[])
{
	CLEANUP(session_done) struct session session = {.link.fd = -1};
	struct options options;
	struct link link;
	bool shown;
	int r;

	standard_streams_open();
	signal(SIGPIPE, SIG_IGN); /* writes return EPIPE */

	r = options_parse(&options, argc, argv);
	if (r <= 0)
		return r < 0 ? EX_USAGE : EX_OK;

	r = link_to(&link, &options.target);
	if (r > 0)
		return r;

	shown = isatty(STDOUT_FILENO);
	if (session_init(&session, &link, options.name, shown) < 0)
		return warnx("not enough memory"), EX_OSERR;
	return shown && isatty(STDIN_FILENO) ? talk_run(&session) : relay_run(&session);
}
