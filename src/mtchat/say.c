/* say.c - says one line and sees it shown: -m */
#include "mtchat/say.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "common/clock.h"
#include "common/deadline.h"
#include "mtchat/contact.h"
#include "mtchat/i18n.h"
#include "mtchat/safe.h"
#include "mtchat/spelling.h"

enum { GO_ON = -1 }; /* what a step returns that is no exit status */

struct say {
	struct contact contact;
	const char *text;
	struct spelling spelling; /* of the text, for a server that has commands */
	uint64_t deadline_ms;
	bool said;
};

static bool is_notice(const struct event *event, const char *code)
{
	return event->kind == EVENT_NOTICE && event->code && strcmp(event->code, code) == 0;
}

/* GO_ON; or an exit status: it was shown, or refused, which is told in the server's words. */
static int outcome(const struct say *say, const struct event *event, int heard)
{
	const struct chat *chat = &say->contact.chat;
	int status = GO_ON;

	if (chat->refused)
		status = EX_NOPERM;
	else if (chat->no_room)
		status = EX_DATAERR;
	else if (say->said && heard & HEARD_OWN && !chat->waiting.count)
		status = event->kind == EVENT_NOTICE && !is_notice(event, "duplicate") ? EX_DATAERR
										       : EX_OK;
	if (status > EX_OK)
		safe_warn(event->text);
	return status;
}

static int hear(struct say *say)
{
	struct event event;
	int heard, status = GO_ON;

	while (status == GO_ON && contact_hear(&say->contact, &event, &heard, NULL, NULL)) {
		status = outcome(say, &event, heard);
		event_done(&event);
	}
	return status;
}

/* What was meant as a command, and is none that is given: never said. */
static int refuse(const struct say *say)
{
	if (say->spelling.kind == SPELLING_OTHERWISE)
		warnx(_("not said: it looks like /%s, which is spelled so; to say it, begin it with "
			"//"),
		      say->spelling.name);
	else
		warnx(_("not said: it looks like a command; to say it, begin it with //"));
	return EX_DATAERR;
}

static int begin(struct say *say)
{
	const char *text = say->spelling.line ? say->spelling.line : say->text;
	int r;

	if (say->spelling.kind == SPELLING_OTHERWISE || say->spelling.kind == SPELLING_UNKNOWN)
		return refuse(say);
	r = contact_say(&say->contact, text, strlen(text));
	say->said = true;
	if (r == -EMSGSIZE) {
		warnx(_("the line is too long"));
		return EX_DATAERR;
	}
	return r < 0 ? (warnx(_("not enough memory")), EX_OSERR) : GO_ON;
}

static int look_for_end(const struct say *say)
{
	const struct contact *contact = &say->contact;

	if (contact->state == CONTACT_FAILED) {
		warnx("%s", contact->why);
		return contact->status;
	}
	if (contact->state == CONTACT_OVER || clock_boot_ms() >= say->deadline_ms) {
		warnx(_("the server has not shown the line"));
		return EX_TEMPFAIL;
	}
	return GO_ON;
}

static int step(struct say *say)
{
	struct pollfd fd = contact_poll(&say->contact);
	uint64_t deadline = deadline_earlier(contact_deadline(&say->contact), say->deadline_ms);
	int status;

	if (poll(&fd, 1, deadline_boot_timeout(deadline)) < 0)
		return errno == EINTR ? GO_ON : (warn("poll"), EX_OSERR);
	contact_work(&say->contact, fd.revents);
	status = hear(say);
	if (status == GO_ON && !say->said && chat_is_up(&say->contact.chat))
		status = begin(say);
	return status == GO_ON ? look_for_end(say) : status;
}

/* -- a server that speaks no JSON Lines -- */

/* Is the line among those that have come?  With a name before it, if there is one. */
static bool has_come(struct buffer *heard, const char *line)
{
	const char *end;
	bool found = false;

	while (!found && (end = memchr(buffer_first(heard), '\n', buffer_size(heard)))) {
		size_t size = (size_t)(end - buffer_first(heard)) + 1;

		found = size == strlen(line) && memcmp(buffer_first(heard), line, size) == 0;
		buffer_taken(heard, size);
	}
	if (!found && !buffer_room(heard))
		buffer_taken(heard, buffer_size(heard)); /* a line longer than ours */
	return found;
}

static int wait_plain(struct link *link, struct buffer *heard, const char *line)
{
	uint64_t deadline = clock_boot_ms() + SAY_PLAIN_MS;
	ssize_t size = 1;

	while (size > 0 && clock_boot_ms() < deadline) {
		short sending = buffer_size(&link->out) > 0 ? POLLOUT : 0;
		struct pollfd fd = {.fd = link->fd, .events = (short)(POLLIN | sending)};

		if (has_come(heard, line))
			return EX_OK;
		if (poll(&fd, 1, deadline_boot_timeout(deadline)) < 0 && errno != EINTR)
			return warn("poll"), EX_OSERR;
		link_flush(link);
		size = link_receive(link, heard);
		if (size == -EAGAIN)
			size = 1;
	}
	if (has_come(heard, line))
		return EX_OK;
	warnx(_("the server has not shown the line"));
	return EX_TEMPFAIL;
}

static int say_plain(struct say *say, const char *name)
{
	struct buffer heard = {0};
	struct link link;
	char *line = NULL;
	int size, status = EX_OSERR;

	contact_take_plain(&say->contact, &link, &heard);
	if (*name)
		size = asprintf(&line, "[%s] %s\n", name, say->text);
	else
		size = asprintf(&line, "%s\n", say->text);
	if (size < 0) {
		warnx(_("not enough memory"));
	} else if ((size_t)size > buffer_room(&link.out)) {
		warnx(_("the line is too long"));
		status = EX_DATAERR;
	} else {
		buffer_add(&link.out, line, (size_t)size);
		link_flush(&link);
		status = wait_plain(&link, &heard, line);
	}
	free(line);
	buffer_done(&heard);
	link_close(&link);
	return status;
}

/* -- all of it -- */

static int run(struct say *say, const char *name)
{
	int status;

	do {
		status = step(say);
		if (say->contact.state == CONTACT_PLAIN)
			return say_plain(say, name);
	} while (status == GO_ON);
	return status;
}

static bool can_be_said(const char *text)
{
	return *text && !strchr(text, '\n');
}

/* A line in any case of letters: known as what it is. */
static bool is_other_command(const struct spelling *spelling)
{
	return spelling->kind == SPELLING_WELL &&
	       waiting_kind(spelling->line, strlen(spelling->line)) == WAITING_COMMAND;
}

static int say_it(struct say *say, struct settings *settings, const struct target *target)
{
	int status = EX_OSERR, r;

	if (spelling_read(&say->spelling, say->text) < 0)
		return warnx(_("not enough memory")), EX_OSERR;
	if (is_other_command(&say->spelling))
		return warnx(_("-m says something; commands but /me and /msg do not")), EX_USAGE;
	settings->wish.last = 0;
	say->deadline_ms = clock_boot_ms() + SAY_LIMIT_MS;
	r = contact_init(&say->contact, target, &settings->wish,
			 (uint64_t)settings->timeout * 1000);
	if (r < 0) {
		errno = -r;
		warn(_("cannot start"));
	} else {
		status = run(say, settings->wish.name);
	}
	contact_done(&say->contact);
	return status;
}

int say_run(struct settings *settings, const struct target *target, const char *text)
{
	struct say *say;
	int status;

	if (!can_be_said(text))
		return warnx(_("-m says one line, not none and not several")), EX_DATAERR;
	say = calloc(1, sizeof(*say));
	if (!say)
		return warnx(_("not enough memory")), EX_OSERR;
	say->text = text;
	status = say_it(say, settings, target);
	spelling_done(&say->spelling);
	free(say);
	return status;
}
