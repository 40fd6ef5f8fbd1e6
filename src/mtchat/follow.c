/* follow.c - reads only: --tail and --json */
#include "mtchat/follow.h"

#include <err.h>
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/deadline.h"
#include "common/text.h"
#include "mtchat/alarm.h"
#include "mtchat/contact.h"
#include "mtchat/conversation.h"
#include "mtchat/i18n.h"
#include "mtchat/safe.h"
#include "mtchat/screen.h"
#include "mtchat/width.h"

_Static_assert(SCREEN_NO_ROWS == -1, "the width of what is no terminal");

enum { POLL_LINK, POLL_OUTPUT, POLL_COUNT };

enum { GO_ON = -1 }; /* what a step returns that is no exit status */

struct follow {
	struct settings *settings;
	struct contact contact;
	struct alarm alarm;
	struct screen screen;
	bool json, goes_on;
	FILE *out; /* to be written to stdout, in memory: */
	char *out_text;
	size_t out_size;
	bool told_lost;
	bool ended; /* all of the history is there, and no more is wanted */
	int status; /* that it ends with */
};

/* Waits until stdout has taken it all.  0, or -errno. */
static int write_out(struct follow *follow)
{
	const char *bytes;
	ssize_t written;
	size_t size;

	fflush(follow->out);
	bytes = follow->out_text;
	size = follow->out_size;
	while (size > 0) {
		written = write(STDOUT_FILENO, bytes, size);
		if (written >= 0) {
			bytes += written;
			size -= (size_t)written;
		} else if (errno == EAGAIN) { /* somebody has made it non-blocking */
			poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	rewind(follow->out);
	return 0;
}

/* On stderr, behind all that was printed before. */
static void tell(struct follow *follow, const char *text)
{
	write_out(follow); /* that it fails is told by the next one */
	safe_warn(text);
}

/*
 * As it came, if it is harmless: a server's JSON can have in it what no terminal should get.  But
 * the key by which one takes one's name back is nobody else's business.
 */
static void write_raw(struct follow *follow, const struct event *event, const char *raw,
		      size_t size)
{
	bool clean = text_clean_prefix(raw, size) == size;
	AUTO_FREE char *made = NULL;

	if (clean && event->kind != EVENT_HELLO) {
		fwrite(raw, 1, size, follow->out);
		putc('\n', follow->out);
		return;
	}
	if (event->kind == EVENT_HELLO)
		json_object_del(event->json, "key");
	made = json_dumps(event->json, JSON_COMPACT | (clean ? 0 : JSON_ENSURE_ASCII));
	for (const char *at = made; at && *at; at++)
		*at == 0x7f ? fputs("\\u007f", follow->out) : putc(*at, follow->out);
	putc('\n', follow->out);
}

static bool is_ours(const struct follow *follow, const struct event *event, int heard)
{
	if (heard & HEARD_SHOWS)
		return !settings_hides(follow->settings, event, follow->contact.chat.name);
	return follow->json && !event_is_line(event);
}

static void tell_back(struct follow *follow)
{
	char text[CONVERSATION_BACK_SIZE];

	if (follow->told_lost) {
		conversation_back_text(&follow->contact, text, sizeof(text));
		tell(follow, text);
	}
	follow->told_lost = false;
	follow->contact.lost_ms = 0;
}

static void become_live(struct follow *follow, int heard)
{
	if (heard & HEARD_ANEW) {
		tell(follow, _("the history has begun anew; lines may be missing"));
		if (!follow->goes_on)
			follow->status = EX_DATAERR;
	}
	if (!(heard & (HEARD_BACK | HEARD_BEGUN)))
		return;
	tell_back(follow);
	follow->ended = !follow->goes_on;
}

/* A name or a room that the server does not give: there is nothing else to do here. */
static bool is_refusal(const struct follow *follow, const struct event *event)
{
	const struct chat *chat = &follow->contact.chat;

	return event->kind == EVENT_NOTICE && (chat->refused || chat->no_room);
}

static void refuse(struct follow *follow, const struct event *event)
{
	tell(follow, event->text);
	follow->status = follow->contact.chat.refused ? EX_NOPERM : EX_DATAERR;
	follow->ended = true;
}

static void hear(struct follow *follow)
{
	struct event event;
	const char *raw;
	size_t size;
	int heard;

	follow->screen.columns = width_of_terminal(); /* a log has no rows */
	while (!follow->ended && contact_hear(&follow->contact, &event, &heard, &raw, &size)) {
		if (is_refusal(follow, &event))
			refuse(follow, &event);
		else if (is_ours(follow, &event, heard) && follow->json)
			write_raw(follow, &event, raw, size);
		else if (is_ours(follow, &event, heard))
			screen_event(&follow->screen, &event, heard & HEARD_OLD ? SCREEN_OLD : 0,
				     "", conversation_now(), follow->out);
		if (event.kind == EVENT_LIVE)
			become_live(follow, heard);
		event_done(&event);
	}
	if (follow->contact.lost_ms && !follow->told_lost) {
		tell(follow, _("link lost, retrying"));
		follow->told_lost = true;
	}
}

/* -1: nothing ended it. */
static int look_for_end(const struct follow *follow)
{
	const struct contact *contact = &follow->contact;

	if (follow->ended)
		return follow->status;
	switch (contact->state) {
	case CONTACT_PLAIN:
		warnx(_("the server speaks no JSON Lines"));
		return EX_PROTOCOL;
	case CONTACT_FAILED:
		warnx("%s", contact->why);
		return contact->status;
	case CONTACT_OVER:
		return contact->chat.refused ? EX_NOPERM : EX_TEMPFAIL;
	default:
		return GO_ON;
	}
}

/* Nobody reads any more: that is how a reader says that it has had enough. */
static bool output_is_gone(const struct pollfd *output)
{
	return output->revents & (POLLERR | POLLHUP | POLLNVAL);
}

static int step(struct follow *follow)
{
	struct pollfd fds[POLL_COUNT + 1] = {
		[POLL_LINK] = contact_poll(&follow->contact),
		[POLL_OUTPUT] = {.fd = STDOUT_FILENO}, /* of a pipe without a reader: POLLERR */
	};
	int r;

	if (alarm_poll(&follow->alarm, fds, POLL_COUNT, contact_deadline(&follow->contact)) < 0)
		return errno == EINTR ? GO_ON : (warn("poll"), EX_OSERR);
	if (output_is_gone(&fds[POLL_OUTPUT]))
		return EX_OK;
	contact_work(&follow->contact, fds[POLL_LINK].revents);
	hear(follow);
	r = write_out(follow);
	if (r == 0)
		return look_for_end(follow);
	if (r == -EPIPE)
		return EX_OK;
	errno = -r;
	warn(_("cannot write standard output"));
	return EX_IOERR;
}

static int run(struct follow *follow, const struct target *target)
{
	int status, r = -ENOMEM;

	follow->out = open_memstream(&follow->out_text, &follow->out_size);
	if (follow->out)
		r = contact_init(&follow->contact, target, &follow->settings->wish,
				 (uint64_t)follow->settings->timeout * 1000);
	if (r < 0) {
		errno = -r;
		return warn(_("cannot start")), EX_OSERR;
	}
	do {
		status = step(follow);
	} while (status == GO_ON);
	return status;
}

int follow_run(struct settings *settings, const struct target *target, bool json, bool goes_on)
{
	struct follow *follow = calloc(1, sizeof(*follow));
	int status;

	if (!follow)
		return warnx(_("not enough memory")), EX_OSERR;
	*follow = (struct follow){.settings = settings, .json = json, .goes_on = goes_on};
	settings->style.dates = true;
	settings->style.bell = BELL_OFF;
	alarm_open(&follow->alarm);
	screen_init(&follow->screen, &settings->style, SCREEN_NO_ROWS);
	status = run(follow, target);
	contact_done(&follow->contact);
	alarm_close(&follow->alarm);
	if (follow->out)
		fclose(follow->out);
	free(follow->out_text);
	free(follow);
	return status;
}
