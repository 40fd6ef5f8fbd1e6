/* talk.c - talks at a terminal in the plain protocol: a prompt, and what comes above it */
#include "mtchat/talk.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/deadline.h"
#include "mtchat/history.h"
#include "mtchat/i18n.h"
#include "mtchat/prompt.h"
#include "mtchat/relay.h"
#include "mtchat/signals.h"

#define PROMPT "> "

enum { POLL_KEYS, POLL_LINK, POLL_SIGNALS, POLL_COUNT };

enum { GO_ON = -1, LEAVE = -2 }; /* what a step returns that is no exit status */

struct talk {
	struct session *session;
	struct signals signals;
	char *typed; /* a line with its LF, not yet said; no key is read meanwhile */
	size_t typed_size, typed_done;
};

static int handle_signal(struct talk *talk)
{
	int number = signals_read(&talk->signals);

	if (number == SIGWINCH)
		prompt_resize();
	else if (number == SIGTSTP)
		prompt_suspend();
	else if (number == SIGCONT)
		prompt_go_on();
	else if (number)
		return signals_status(number);
	return GO_ON;
}

static void show(struct session *session)
{
	struct buffer *lines = &session->show;
	bool more;

	do {
		more = session_show(session);
		if (buffer_size(lines) > 0)
			prompt_show(buffer_first(lines), buffer_size(lines), NULL);
		buffer_taken(lines, buffer_size(lines));
	} while (more);
}

/* A line without its LF becomes talk->typed. */
static int keep_typed(struct talk *talk, char *line)
{
	size_t size = strlen(line);
	char *typed = realloc(line, size + 1);

	if (!typed) {
		free(line);
		return warn(_("cannot keep the line")), EX_OSERR;
	}
	typed[size] = '\n'; /* in place of the NUL */
	talk->typed = typed;
	talk->typed_size = size + 1;
	talk->typed_done = 0;
	return GO_ON;
}

static int handle_key(struct talk *talk, int events)
{
	char *line;
	int r;

	if (events & (POLLHUP | POLLERR | POLLNVAL))
		return signals_status(SIGHUP);
	r = prompt_read(&line);
	if (r == -EIO)
		return signals_status(SIGHUP);
	if (r == -ENODATA)
		return LEAVE;
	return r > 0 ? keep_typed(talk, line) : GO_ON;
}

/* Says what was typed, as far as the server takes it. */
static int speak(struct talk *talk)
{
	struct session *session = talk->session;

	if (talk->typed) {
		talk->typed_done += session_say(session, talk->typed + talk->typed_done,
						talk->typed_size - talk->typed_done);
		if (talk->typed_done == talk->typed_size) {
			free(talk->typed);
			talk->typed = NULL;
		}
	}
	session_flush(session);
	return session->speech.left ? LEAVE : GO_ON;
}

static int step(struct talk *talk)
{
	struct session *session = talk->session;
	const struct link *link = &session->link;
	bool sending = buffer_size(&link->out) > 0 && !link->send_error;
	struct pollfd fds[POLL_COUNT] = {
		[POLL_KEYS] = {.fd = talk->typed ? -1 : STDIN_FILENO, .events = POLLIN},
		[POLL_LINK] = {.fd = link->fd, .events = (short)(POLLIN | (sending ? POLLOUT : 0))},
		[POLL_SIGNALS] = {.fd = talk->signals.fd, .events = POLLIN},
	};
	int r = GO_ON;

	if (poll(fds, POLL_COUNT, deadline_timeout(session->pause_ms)) < 0)
		return errno == EINTR ? GO_ON : (warn("poll"), EX_OSERR);
	if (fds[POLL_SIGNALS].revents)
		r = handle_signal(talk);
	if (fds[POLL_LINK].revents & ~POLLOUT)
		session_hear(session);
	show(session);
	if (r == GO_ON && session->over)
		r = LEAVE;
	if (r == GO_ON && fds[POLL_KEYS].revents)
		r = handle_key(talk, fds[POLL_KEYS].revents);
	return r == GO_ON ? speak(talk) : r;
}

int talk_run(struct session *session)
{
	struct talk talk = {.session = session};
	char path[HISTORY_PATH_SIZE];
	struct prompt_options options = {.history_path = path, .keeps = true};
	int status;

	status = signals_open(&talk.signals);
	if (status < 0) {
		errno = -status;
		return warn(_("cannot start")), EX_OSERR;
	}
	(void)history_path(path);
	if (prompt_open(&options, &(struct prompt_area){.prompt = PROMPT}) < 0)
		return warnx(_("not enough memory")), EX_OSERR;
	do {
		status = step(&talk);
	} while (status == GO_ON);
	prompt_close();
	free(talk.typed);
	if (status != LEAVE)
		return status; /* with the signals blocked: one that is late changes nothing */
	signals_close(&talk.signals); /* what follows can be ended by ^C */
	return session->over ? session_verdict(session) : relay_rest(session);
}
