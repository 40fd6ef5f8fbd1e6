/* session.c - one conversation with a server: what both ways to run it have in common */
#include "mtchat/session.h"

#include <err.h>
#include <errno.h>
#include <sysexits.h>

#include "common/deadline.h"
#include "mtchat/i18n.h"

int session_init(struct session *ret, struct link *link, const char *name, bool clean)
{
	int r;

	*ret = (struct session){
		.link = *link,
		.clean = clean,
		.active_ms = clock_ms(),
		.pause_ms = DEADLINE_NEVER,
	};
	*link = (struct link){.fd = -1};
	speech_init(&ret->speech, name);
	echo_init(&ret->echo, ret->speech.prefix, ret->speech.prefix_size);
	r = plain_init(&ret->plain);
	if (r == 0)
		r = buffer_init(&ret->show, PLAIN_SHOW_SIZE);
	if (r < 0)
		session_done(ret);
	return r;
}

void session_done(struct session *session)
{
	link_close(&session->link);
	plain_done(&session->plain);
	buffer_done(&session->show);
}

/* What was added to the link since it held `before` bytes is ours. */
static void note_sent(struct session *session, size_t before)
{
	const struct buffer *out = &session->link.out;

	echo_sent(&session->echo, buffer_first(out) + before, buffer_size(out) - before);
}

void session_flush(struct session *session)
{
	size_t before = buffer_size(&session->link.out);

	if (before == 0)
		return;
	link_flush(&session->link);
	if (buffer_size(&session->link.out) < before)
		session->active_ms = clock_ms();
}

size_t session_say(struct session *session, const char *bytes, size_t size)
{
	const struct link *link = &session->link;
	size_t done = 0, before;

	do { /* a second time if the kernel took it all: then nobody would wake us for the rest */
		before = buffer_size(&link->out);
		done += speech_add(&session->speech, &session->link.out, bytes + done, size - done);
		note_sent(session, before);
		session_flush(session);
	} while (done < size && buffer_size(&link->out) == 0);
	return done;
}

void session_say_end(struct session *session)
{
	struct link *link = &session->link;
	size_t before = buffer_size(&link->out);

	if (link->half_closed || !speech_end(&session->speech, &link->out))
		return;
	note_sent(session, before);
	session_flush(session);
	if (buffer_size(&link->out) > 0 || link->send_error)
		return;
	link_half_close(link);
	session->active_ms = clock_ms();
}

/* Where bytes from the link are put. */
static struct buffer *incoming(struct session *session)
{
	return session->clean ? &session->plain.held : &session->show;
}

bool session_has_room(struct session *session)
{
	return buffer_room(incoming(session)) > 0;
}

/* So many bytes were added to what came. */
static void note_heard(struct session *session, const struct buffer *to, size_t size)
{
	session->active_ms = clock_ms();
	if (session->clean)
		session->pause_ms = session->active_ms + PLAIN_HOLD_MS;
	echo_heard(&session->echo, to->bytes + to->end - size, size);
}

void session_heard(struct session *session, const char *bytes, size_t size)
{
	struct buffer *to = incoming(session);

	if (size == 0)
		return;
	buffer_add(to, bytes, size);
	note_heard(session, to, size);
}

void session_hear(struct session *session)
{
	struct buffer *to = incoming(session);
	ssize_t size = link_receive(&session->link, to);

	if (size == -EAGAIN)
		return;
	if (size <= 0) {
		session->over = true;
		session->error = (int)size;
		return;
	}
	note_heard(session, to, (size_t)size);
}

bool session_show(struct session *session)
{
	enum plain_until until = PLAIN_LINES;
	bool more;

	if (!session->clean)
		return false;
	if (session->over)
		until = PLAIN_END;
	else if (session->pause_ms <= clock_ms())
		until = PLAIN_PAUSE;
	more = plain_lines(&session->plain, &session->show, until);
	if (until == PLAIN_PAUSE && more)
		session->pause_ms = clock_ms() + PLAIN_HOLD_MS; /* no room yet */
	else if (until == PLAIN_PAUSE || buffer_size(&session->plain.held) == 0)
		session->pause_ms = DEADLINE_NEVER;
	return more;
}

int session_verdict(const struct session *session)
{
	int error = session->error;

	if (!error && session->link.send_error != -EPIPE) /* the first to notice took the error */
		error = session->link.send_error;
	if (session->speech.quit)
		return EX_OK;
	if (error) {
		errno = -error;
		warn(_("connection lost"));
		return EX_TEMPFAIL;
	}
	if (session->link.half_closed)
		return EX_OK;
	warnx(_("connection lost: the server closed it"));
	return EX_TEMPFAIL;
}
