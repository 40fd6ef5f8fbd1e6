/* follow.c - reads only: --tail and --json */
#include "mtchat/follow.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/deadline.h"
#include "common/text.h"
#include "mtchat/contact.h"
#include "mtchat/conversation.h"
#include "mtchat/i18n.h"
#include "mtchat/safe.h"
#include "mtchat/screen.h"

enum { POLL_LINK, POLL_OUTPUT, POLL_COUNT };

enum { GO_ON = -1 }; /* what a step returns that is no exit status */

struct follow {
	struct settings *settings;
	struct contact contact;
	struct screen screen;
	bool json, goes_on;
	bool told_lost;
	bool ended; /* all of the history is there, and no more is wanted */
	int status; /* that it ends with */
};

/* As it came, if it is harmless: a server's JSON can have in it what no terminal should get. */
static void write_raw(const struct event *event, const char *raw, size_t size)
{
	AUTO_FREE char *escaped = NULL;

	if (text_clean_prefix(raw, size) == size) {
		fwrite(raw, 1, size, stdout);
	} else if ((escaped = json_dumps(event->json, JSON_ENSURE_ASCII | JSON_COMPACT))) {
		for (const char *at = escaped; *at; at++)
			*at == 0x7f ? fputs("\\u007f", stdout) : putc(*at, stdout);
	}
	putc('\n', stdout);
}

static bool is_ours(const struct follow *follow, const struct event *event, int heard)
{
	if (heard & HEARD_SHOWS)
		return !event->from || !ignored_has(&follow->settings->ignored, event->from);
	return follow->json && !event_is_line(event);
}

static void tell_back(struct follow *follow)
{
	const struct chat *chat = &follow->contact.chat;
	uint64_t seconds = (clock_ms() - follow->contact.lost_ms + 500) / 1000;

	if (follow->told_lost && chat->missed)
		warnx(_("back after %" PRIu64 " s, %" PRIu64 " lines caught up, %" PRIu64
			" missed"),
		      seconds, chat->caught, chat->missed);
	else if (follow->told_lost)
		warnx(_("back after %" PRIu64 " s, %" PRIu64 " lines caught up"), seconds,
		      chat->caught);
	follow->told_lost = false;
	follow->contact.lost_ms = 0;
}

static void become_live(struct follow *follow, int heard)
{
	if (heard & HEARD_ANEW) {
		fflush(stdout);
		warnx(_("the history has begun anew; lines may be missing"));
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
	fflush(stdout);
	safe_warn(event->text);
	follow->status = follow->contact.chat.refused ? EX_NOPERM : EX_DATAERR;
	follow->ended = true;
}

static void hear(struct follow *follow)
{
	struct event event;
	const char *raw;
	size_t size;
	int heard;

	while (!follow->ended && contact_hear(&follow->contact, &event, &heard, &raw, &size)) {
		if (is_refusal(follow, &event))
			refuse(follow, &event);
		else if (is_ours(follow, &event, heard) && follow->json)
			write_raw(&event, raw, size);
		else if (is_ours(follow, &event, heard))
			screen_event(&follow->screen, &event, heard & HEARD_OLD ? SCREEN_OLD : 0,
				     "", conversation_now(), stdout);
		if (event.kind == EVENT_LIVE)
			become_live(follow, heard);
		event_done(&event);
	}
	if (follow->contact.lost_ms && !follow->told_lost) {
		fflush(stdout);
		warnx(_("link lost, retrying"));
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
	return output->revents & (POLLERR | POLLNVAL);
}

static int step(struct follow *follow)
{
	struct pollfd fds[POLL_COUNT] = {
		[POLL_LINK] = contact_poll(&follow->contact),
		[POLL_OUTPUT] = {.fd = STDOUT_FILENO}, /* of a pipe without a reader: POLLERR */
	};

	if (poll(fds, POLL_COUNT, deadline_timeout(contact_deadline(&follow->contact))) < 0)
		return errno == EINTR ? GO_ON : (warn("poll"), EX_OSERR);
	if (output_is_gone(&fds[POLL_OUTPUT]))
		return EX_OK;
	contact_work(&follow->contact, fds[POLL_LINK].revents);
	hear(follow);
	if (fflush(stdout) == 0)
		return look_for_end(follow);
	if (errno == EPIPE)
		return EX_OK;
	warn(_("cannot write standard output"));
	return EX_IOERR;
}

int follow_run(struct settings *settings, const struct target *target, bool json, bool goes_on)
{
	struct follow *follow = calloc(1, sizeof(*follow));
	int status = EX_OSERR, r;

	if (!follow)
		return warnx(_("not enough memory")), EX_OSERR;
	*follow = (struct follow){.settings = settings, .json = json, .goes_on = goes_on};
	settings->style.dates = true;
	settings->style.bell = BELL_OFF;
	screen_init(&follow->screen, &settings->style, 80);
	r = contact_init(&follow->contact, target, &settings->wish,
			 (uint64_t)settings->timeout * 1000);
	if (r < 0) {
		errno = -r;
		warn(_("cannot start"));
	} else {
		do {
			status = step(follow);
		} while (status == GO_ON);
	}
	contact_done(&follow->contact);
	free(follow);
	return status;
}
