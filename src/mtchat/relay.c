/* relay.c - talks without a prompt: stdin to the server and the server to stdout, both at once */
#include "mtchat/relay.h"

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/deadline.h"
#include "mtchat/i18n.h"

enum { RELAY_INPUT_SIZE = 65536 };
enum { POLL_INPUT, POLL_LINK, POLL_OUTPUT, POLL_COUNT };

struct relay {
	struct session *session;
	struct buffer input;  /* read from stdin, not yet said */
	bool input_ended;     /* stdin is not read any more */
	bool input_whole;     /* ... because it ended */
	bool output_gone;     /* stdout takes no more */
	uint64_t deadline_ms; /* leave then, whatever is owed */
	int status;           /* the first failure that was told */
};

static void fail(struct relay *relay, int error, const char *what)
{
	errno = error;
	warn("%s", what);
	relay->status = EX_IOERR;
}

static void read_input(struct relay *relay)
{
	char *next = buffer_next(&relay->input);
	ssize_t size = read(STDIN_FILENO, next, buffer_room(&relay->input));

	if (size > 0) {
		buffer_added(&relay->input, (size_t)size);
		return;
	}
	if (size < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (size < 0)
		fail(relay, errno, _("cannot read standard input"));
	relay->input_ended = true;
	relay->input_whole = size == 0;
}

static void lose_output(struct relay *relay, int error)
{
	if (error != EPIPE)
		fail(relay, error, _("cannot write standard output"));
	relay->output_gone = true;
	relay->input_ended = true;
}

/* To be called when poll() finds room: then a pipe takes PIPE_BUF bytes without blocking. */
static void write_output(struct relay *relay)
{
	struct buffer *lines = &relay->session->show;
	size_t size = buffer_size(lines) < PIPE_BUF ? buffer_size(lines) : PIPE_BUF;
	ssize_t written = write(STDOUT_FILENO, buffer_first(lines), size);

	if (written >= 0)
		buffer_taken(lines, (size_t)written);
	else if (errno != EINTR && errno != EAGAIN)
		lose_output(relay, errno);
}

/* From stdin to the server, as far as it goes. */
static void speak(struct relay *relay)
{
	struct session *session = relay->session;
	struct buffer *input = &relay->input;

	if (buffer_size(input) > 0)
		buffer_taken(input, session_say(session, buffer_first(input), buffer_size(input)));
	if (session->speech.left) {
		relay->input_ended = true;
		relay->input_whole = true;
	}
	if (relay->input_ended && buffer_size(input) == 0)
		session_say_end(session);
	session_flush(session);
}

/* From the server towards stdout. */
static void show(struct relay *relay)
{
	struct session *session = relay->session;
	bool more;

	do {
		more = session_show(session);
		if (relay->output_gone)
			buffer_taken(&session->show, buffer_size(&session->show));
	} while (more && relay->output_gone);
	if (buffer_size(&session->show) > 0) /* it is us who are slow: no silence */
		session->active_ms = clock_ms();
}

static bool silence_counts(const struct relay *relay)
{
	const struct session *session = relay->session;

	return relay->output_gone || (session->link.half_closed && session->speech.prefix_size > 0);
}

/* Has the server nothing more for us?  Ends the session then, so that all of it is shown. */
static void look_for_end(struct relay *relay)
{
	struct session *session = relay->session;
	uint64_t now = clock_ms();

	if (session->over)
		return;
	if ((session->link.half_closed && echo_complete(&session->echo)) ||
	    (silence_counts(relay) && now >= session->active_ms + RELAY_SILENCE_MS) ||
	    now >= relay->deadline_ms) {
		session->over = true;
		if (!session->link.half_closed)
			session->error = -ETIMEDOUT;
	}
}

static uint64_t next_deadline(const struct relay *relay)
{
	const struct session *session = relay->session;
	uint64_t deadline = deadline_earlier(relay->deadline_ms, session->pause_ms);

	if (session->over)
		return DEADLINE_NEVER;
	if (silence_counts(relay))
		deadline = deadline_earlier(deadline, session->active_ms + RELAY_SILENCE_MS);
	return deadline;
}

/* Only what we can act on: poll() tells of a hang-up unasked, and would tell it for ever. */
static void set_interests(const struct relay *relay, struct pollfd fds[static POLL_COUNT])
{
	struct session *session = relay->session;
	const struct link *link = &session->link;
	bool sending = buffer_size(&link->out) > 0 && !link->send_error;
	int link_events = (session_has_room(session) ? POLLIN : 0) | (sending ? POLLOUT : 0);

	if (session->over)
		link_events = 0;
	fds[POLL_INPUT] = (struct pollfd){.fd = -1, .events = POLLIN};
	if (!relay->input_ended && !session->over && buffer_room(&relay->input) > 0)
		fds[POLL_INPUT].fd = STDIN_FILENO;
	fds[POLL_LINK] = (struct pollfd){.fd = -1, .events = (short)link_events};
	if (link_events)
		fds[POLL_LINK].fd = link->fd;
	fds[POLL_OUTPUT] = (struct pollfd){.fd = relay->output_gone ? -1 : STDOUT_FILENO};
	if (buffer_size(&session->show) > 0)
		fds[POLL_OUTPUT].events = POLLOUT;
}

static void handle(struct relay *relay, const struct pollfd fds[static POLL_COUNT])
{
	if (fds[POLL_INPUT].revents)
		read_input(relay);
	if (fds[POLL_LINK].revents & ~POLLOUT && session_has_room(relay->session))
		session_hear(relay->session);
	if (fds[POLL_OUTPUT].revents & POLLOUT)
		write_output(relay);
	else if (fds[POLL_OUTPUT].revents)
		lose_output(relay, EPIPE); /* nobody reads it */
}

static int verdict(const struct relay *relay)
{
	const struct session *session = relay->session;

	if (relay->status)
		return relay->status;
	if (relay->output_gone)
		return relay->input_whole && session->link.half_closed ? EX_OK : EX_IOERR;
	return session_verdict(session);
}

static int run(struct relay *relay)
{
	struct session *session = relay->session;
	struct pollfd fds[POLL_COUNT];

	for (;;) {
		if (!session->over)
			speak(relay);
		look_for_end(relay);
		show(relay);
		if (session->over && buffer_size(&session->show) == 0)
			return verdict(relay);
		set_interests(relay, fds);
		if (poll(fds, POLL_COUNT, deadline_timeout(next_deadline(relay))) >= 0)
			handle(relay, fds);
		else if (errno != EINTR)
			return warn("poll"), EX_OSERR;
	}
}

int relay_run(struct session *session)
{
	struct relay relay = {.session = session, .deadline_ms = DEADLINE_NEVER};
	int status;

	if (buffer_init(&relay.input, RELAY_INPUT_SIZE) < 0)
		return warn(_("cannot start")), EX_OSERR;
	status = run(&relay);
	buffer_done(&relay.input);
	return status;
}

int relay_rest(struct session *session)
{
	struct relay relay = {
		.session = session,
		.input_ended = true,
		.input_whole = true,
		.deadline_ms = clock_ms() + RELAY_REST_MS,
	};

	return run(&relay);
}
