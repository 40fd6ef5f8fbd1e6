/*
 * talk.c - talks at a terminal: a prompt, and what comes above it
 *
 * Signals come through a signalfd, so that every way out passes the line that gives the
 * terminal back.
 */
#include "mtchat/talk.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/deadline.h"
#include "mtchat/prompt.h"
#include "mtchat/relay.h"

#define PROMPT "> "

enum { POLL_KEYS, POLL_LINK, POLL_SIGNALS, POLL_COUNT };

enum { GO_ON = -1, LEAVE = -2 }; /* what a step returns that is no exit status */

struct talk {
	struct session *session;
	int signal_fd;
	char *typed; /* a line with its LF, not yet said; no key is read meanwhile */
	size_t typed_size, typed_done;
};

static int signals_open(sigset_t *ret_before)
{
	static const int ours[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		sigaddset(&set, ours[i]);
	pthread_sigmask(SIG_BLOCK, &set, ret_before);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int handle_signal(struct talk *talk)
{
	struct signalfd_siginfo info;

	if (read(talk->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return GO_ON;
	if (info.ssi_signo == SIGWINCH)
		prompt_resize();
	else if (info.ssi_signo == SIGTSTP)
		prompt_suspend();
	else
		return 128 + (int)info.ssi_signo; /* as a shell would put it; ^C is 130 */
	return GO_ON;
}

static void show(struct session *session)
{
	struct buffer *lines = &session->show;
	bool more;

	do {
		more = session_show(session);
		if (buffer_size(lines) > 0)
			prompt_show(buffer_first(lines), buffer_size(lines));
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
		return warn("cannot keep the line"), EX_OSERR;
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
		return 128 + SIGHUP;
	r = prompt_read(&line);
	if (r == -EIO)
		return 128 + SIGHUP;
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
		[POLL_SIGNALS] = {.fd = talk->signal_fd, .events = POLLIN},
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
	AUTO_CLOSE int signal_fd = -1;
	struct talk talk = {.session = session};
	sigset_t before;
	int status;

	signal_fd = signals_open(&before);
	if (signal_fd < 0)
		return warn("signalfd"), EX_OSERR;
	talk.signal_fd = signal_fd;
	prompt_open(PROMPT);
	do {
		status = step(&talk);
	} while (status == GO_ON);
	prompt_close();
	free(talk.typed);
	if (status != LEAVE)
		return status; /* with the signals blocked: one that is late changes nothing */
	pthread_sigmask(SIG_SETMASK, &before, NULL); /* what follows can be ended by ^C */
	return session->over ? session_verdict(session) : relay_rest(session);
}
