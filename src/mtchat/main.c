/* main.c - mtchat, the client: from the command line to a conversation */
#include <err.h>
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/streams.h"
#include "mtchat/charset.h"
#include "mtchat/dial.h"
#include "mtchat/follow.h"
#include "mtchat/i18n.h"
#include "mtchat/options.h"
#include "mtchat/relay.h"
#include "mtchat/say.h"
#include "mtchat/session.h"
#include "mtchat/settings.h"
#include "mtchat/talk.h"
#include "mtchat/terminal.h"

/* Numbers stay as the C language has them.  There is one thread. */
static void languages_open(void)
{
	const char *folder = secure_getenv("TEXTDOMAINDIR");

	charset_init();
	setlocale(LC_MESSAGES, ""); /* NOLINT(concurrency-mt-unsafe) */
	setlocale(LC_TIME, "");     /* NOLINT(concurrency-mt-unsafe) */
	bindtextdomain("mtchat", folder && *folder ? folder : LOCALEDIR);
	textdomain("mtchat");
}

/* What goes before all that is said in the plain way: a name and a room, as commands. */
static void introduce(struct session *session, const struct chat_wish *wish)
{
	char text[sizeof("/name \n/join \n") + CHAT_NAME_SIZE + CHAT_NAME_SIZE];
	int size = 0;

	if (*wish->name)
		size += sprintf(text, "/name %s\n", wish->name);
	if (*wish->room)
		size += sprintf(text + size, "/join %s\n", wish->room);
	session_say(session, text, (size_t)size); /* it fits: nothing is before it */
}

/* The plain way on a link that stands; heard: what has come on it, or NULL. */
static int run_plain(const struct options *options, const struct settings *settings,
		     struct link *link, const struct buffer *heard, const char *name)
{
	CLEANUP(session_done) struct session session = {.link.fd = -1};
	bool shown = isatty(STDOUT_FILENO) && options->way != WAY_STDIO;

	if (session_init(&session, link, name, shown) < 0)
		return warnx(_("not enough memory")), EX_OSERR;
	if (heard)
		session_heard(&session, buffer_first(heard), buffer_size(heard));
	else if (options->way != WAY_TEXTBOOK && options->way != WAY_STDIO)
		introduce(&session, &settings->wish);
	return shown && isatty(STDIN_FILENO) ? talk_run(&session) : relay_run(&session);
}

/* Dials, and waits for it.  0; or an exit status, told.  Logs. */
static int dial_now(struct dialled *ret, const struct target *target)
{
	struct dial dial;
	int r = dial_begin(&dial, target, false);

	if (r < 0) {
		errno = -r;
		return warn(_("cannot start")), EX_OSERR;
	}
	do {
		poll(&(struct pollfd){.fd = dial.fd, .events = POLLIN}, 1, -1);
	} while (!dial_end(&dial, ret));
	if (ret->status)
		warnx("%s", ret->why);
	return ret->status;
}

static int connect_plain(const struct options *options, const struct settings *settings)
{
	struct dialled dialled;
	struct link link;
	int status;

	status = dial_now(&dialled, &options->target);
	if (status)
		return status;
	if (link_adopt(&link, dialled.fd) < 0)
		return warnx(_("not enough memory")), EX_OSERR;
	status = run_plain(options, settings, &link, NULL,
			   options->way == WAY_TEXTBOOK ? options->name : NULL);
	dial_hang_up(dialled.pid);
	return status;
}

static int run_terminal(const struct options *options, struct settings *settings)
{
	struct buffer heard = {0};
	struct link link;
	const char *name = settings->wish.name;
	int status;

	settings->wish.looks = true;
	status = terminal_run(settings, &options->target, options->host, &link, &heard);
	if (status != TERMINAL_PLAIN)
		return status;
	status = run_plain(options, settings, &link, &heard, *name ? name : NULL);
	buffer_done(&heard);
	return status;
}

static int run(const struct options *options, struct settings *settings)
{
	switch (options->way) {
	case WAY_SAY:
		return say_run(settings, &options->target, options->message);
	case WAY_TAIL:
	case WAY_JSON:
		return follow_run(settings, &options->target, options->way == WAY_JSON,
				  options->follow);
	case WAY_AUTO:
		if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
			return run_terminal(options, settings);
		break;
	default:
		break;
	}
	return connect_plain(options, settings);
}

int main(int argc, char *argv[])
{
	static struct settings settings; /* 25 KiB */
	struct options options;
	int r;

	streams_open();
	languages_open();
	signal(SIGPIPE, SIG_IGN); /* writes return EPIPE */

	settings_init(&settings);
	r = options_parse(&options, &settings, argc, argv);
	if (r < 0)
		return r == -ENOMEM ? EX_OSERR : EX_USAGE;
	if (r == 0)
		return fflush(stdout) == 0 ? EX_OK
					   : (warn(_("cannot write standard output")), EX_IOERR);
	if (!isatty(STDOUT_FILENO))
		settings.style.colour = false;
	return run(&options, &settings);
}
