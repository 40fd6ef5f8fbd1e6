/* contact.c - stays in contact with a server: dials, asks, listens, and dials again */
#include "mtchat/contact.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>

#include "common/deadline.h"
#include "common/text.h"
#include "mtchat/i18n.h"

#define PING_NAME "mtchat"
#define PING_LINE "/ping " PING_NAME "\n"
#define QUIT_LINE "/quit\n"

enum { WORDS_MAX = 128 }; /* bytes of a full house's words that are shown */

/* -- the end of a link -- */

/* What has come keeps its place in memory: somebody may look at a line of it (contact_hear). */
static void hang_up(struct contact *contact)
{
	wire_hang_up(&contact->wire);
}

static void be_over(struct contact *contact)
{
	dial_stop(&contact->dial);
	hang_up(contact);
	contact->state = CONTACT_OVER;
}

static void fail(struct contact *contact, int status)
{
	hang_up(contact);
	contact->state = CONTACT_FAILED;
	contact->status = status;
}

static void wait_for_next_try(struct contact *contact)
{
	contact->state = CONTACT_PAUSES;
	contact->deadline_ms = clock_boot_ms() + backoff_next(&contact->backoff);
}

static void lose(struct contact *contact)
{
	chat_lost(&contact->chat);
	hang_up(contact);
	if (contact->lost_ms == 0)
		contact->lost_ms = contact->silence.heard_ms;
	wait_for_next_try(contact);
}

/* Words of the server, cut and made safe for a terminal. */
static void fail_full(struct contact *contact, const char *text, size_t size)
{
	char words[TEXT_GROWTH * WORDS_MAX + 1];

	words[text_clean(words, text, size < WORDS_MAX ? size : WORDS_MAX)] = '\0';
	snprintf(contact->why, sizeof(contact->why), _("the server says: %s"), words);
	fail(contact, EX_UNAVAILABLE);
}

/* The first time, and no hello: a plain server, also if the link has ended already. */
static void be_plain(struct contact *contact)
{
	size_t size;
	const char *full = incoming_full_house(&contact->wire.in, &size);

	if (full)
		fail_full(contact, full, size);
	else
		contact->state = CONTACT_PLAIN;
}

/* ssh tells itself what is wrong, and ends. */
static void fail_ssh(struct contact *contact)
{
	snprintf(contact->why, sizeof(contact->why), _("cannot connect with ssh to %s"),
		 contact->target->ssh);
	fail(contact, EX_UNAVAILABLE);
}

static void end(struct contact *contact)
{
	if (contact->leaves)
		be_over(contact);
	else if (contact->was_up)
		lose(contact);
	else if (contact->wire.ssh > 0 && !contact->hears)
		fail_ssh(contact);
	else
		be_plain(contact);
}

static void send_all(struct contact *contact)
{
	wire_send(&contact->wire, contact->leaves ? NULL : &contact->chat);
	silence_owes(&contact->silence, waiting_is_owed(&contact->chat.waiting), clock_boot_ms());
}

static void ask(struct contact *contact, const char *line)
{
	if (wire_can_ask(&contact->wire))
		wire_ask(&contact->wire, line);
	else
		end(contact); /* the server has read nothing for a long time */
}

/* -- dialling -- */

static void connected(struct contact *contact, const struct dialled *dialled)
{
	uint64_t now = clock_boot_ms();

	wire_connect(&contact->wire, dialled->fd, dialled->pid);
	contact->state = CONTACT_ASKS;
	contact->hears = false;
	silence_begin(&contact->silence, now);
	contact->deadline_ms = now + CONTACT_ASK_MS;
	if (dialled->pid > 0) /* the first time somebody may have to type a password */
		contact->deadline_ms = contact->was_up ? now + CONTACT_SSH_MS : DEADLINE_NEVER;
	chat_connected(&contact->chat, &contact->wire.asks);
	send_all(contact);
}

static void work_dial(struct contact *contact)
{
	struct dialled dialled;

	if (!dial_end(&contact->dial, &dialled))
		return;
	if (dialled.status == 0) {
		connected(contact, &dialled);
	} else if (contact->was_up) {
		wait_for_next_try(contact);
	} else {
		memcpy(contact->why, dialled.why, sizeof(contact->why));
		fail(contact, dialled.status);
	}
}

static void dial_again(struct contact *contact)
{
	if (dial_begin(&contact->dial, contact->target, true) < 0)
		wait_for_next_try(contact); /* no process, no descriptor: perhaps later */
	else
		contact->state = CONTACT_DIALS;
}

/* -- in -- */

static void receive(struct contact *contact)
{
	uint64_t now = clock_boot_ms();
	ssize_t size;

	size = incoming_receive(&contact->wire.in, &contact->wire.link);
	if (size == -EAGAIN)
		return;
	if (size >= 0 || size == -ECONNRESET) /* an end is something that comes, too */
		silence_heard(&contact->silence, now);
	if (size <= 0) {
		end(contact);
		return;
	}
	contact->hears = true;
	if (contact->state == CONTACT_ASKS && contact->deadline_ms == DEADLINE_NEVER)
		contact->deadline_ms = now + CONTACT_ASK_MS;
}

/* -- for the caller -- */

int contact_init(struct contact *ret, const struct target *target, const struct chat_wish *wish,
		 uint64_t timeout_ms)
{
	uint64_t seeds[3];
	int r;

	*ret = (struct contact){0};
	if (getrandom(seeds, sizeof(seeds), 0) != sizeof(seeds))
		return -errno;
	*ret = (struct contact){
		.target = target,
		.state = CONTACT_DIALS,
		.dial = {.fd = -1, .link = -1},
		.timeout_ms = timeout_ms,
	};
	chat_init(&ret->chat, wish, seeds[0], seeds[2]);
	backoff_init(&ret->backoff, seeds[1]);
	r = wire_init(&ret->wire);
	if (r == 0)
		r = dial_begin(&ret->dial, target, false);
	if (r < 0)
		contact_done(ret);
	return r;
}

void contact_done(struct contact *contact)
{
	if (!contact->target)
		return;
	be_over(contact);
	wire_done(&contact->wire);
	chat_done(&contact->chat);
	contact->target = NULL;
}

struct pollfd contact_poll(const struct contact *contact)
{
	switch (contact->state) {
	case CONTACT_DIALS:
		return (struct pollfd){.fd = contact->dial.fd, .events = POLLIN};
	case CONTACT_ASKS:
	case CONTACT_UP:
		return (struct pollfd){
			.fd = contact->wire.link.fd,
			.events = wire_events(&contact->wire),
		};
	default:
		return (struct pollfd){.fd = -1};
	}
}

/* Is it not known yet which hello is the server's? */
static bool is_greeting(const struct contact *contact)
{
	return contact->state == CONTACT_UP && contact->chat.state == CHAT_ASKS;
}

uint64_t contact_deadline(const struct contact *contact)
{
	switch (contact->state) {
	case CONTACT_ASKS:
	case CONTACT_PAUSES:
		return contact->deadline_ms;
	case CONTACT_UP:
		if (contact->leaves || is_greeting(contact))
			return contact->deadline_ms;
		return silence_deadline(&contact->silence, contact->timeout_ms);
	default:
		return DEADLINE_NEVER;
	}
}

static void judge_silence(struct contact *contact)
{
	switch (silence_judge(&contact->silence, clock_boot_ms(), contact->timeout_ms,
			      link_unanswered_ms(&contact->wire.link))) {
	case SILENCE_BEARABLE:
		break;
	case SILENCE_ASK:
		ask(contact, PING_LINE);
		break;
	case SILENCE_DEAD:
		lose(contact);
		break;
	}
}

/* Nothing came in time. */
static void fall_due(struct contact *contact)
{
	if (contact->leaves)
		be_over(contact);
	else if (contact->state == CONTACT_ASKS && !contact->was_up)
		be_plain(contact);
	else if (contact->state == CONTACT_ASKS || is_greeting(contact))
		lose(contact);
	else
		judge_silence(contact);
}

static bool has_link(const struct contact *contact)
{
	return contact->state == CONTACT_ASKS || contact->state == CONTACT_UP;
}

static void work_link(struct contact *contact, short revents)
{
	/* What came while we did not run (^Z) counts before the silence does. */
	if (revents & ~POLLOUT || clock_boot_ms() >= contact_deadline(contact))
		receive(contact);
	if (contact->state == CONTACT_ASKS && incoming_hello(&contact->wire.in)) {
		contact->state = CONTACT_UP;
		contact->was_up = true;
		contact->deadline_ms = clock_boot_ms() + contact->timeout_ms;
	}
	if (has_link(contact) && clock_boot_ms() >= contact_deadline(contact))
		fall_due(contact);
	if (has_link(contact))
		send_all(contact);
}

void contact_work(struct contact *contact, short revents)
{
	if (has_link(contact))
		work_link(contact, revents);
	else if (contact->state == CONTACT_DIALS && revents)
		work_dial(contact);
	else if (contact->state == CONTACT_PAUSES && clock_boot_ms() >= contact->deadline_ms)
		dial_again(contact);
}

/* Is it the answer to our own ping?  Then it is done with. */
static bool take_our_pong(struct contact *contact, struct event *event)
{
	if (contact->silence.asked_ms == 0 || event->kind != EVENT_PONG || !event->token ||
	    strcmp(event->token, PING_NAME) != 0)
		return false;
	silence_answered(&contact->silence);
	event_done(event);
	return true;
}

/* The chat has heard something: the link goes its way. */
static void follow_chat(struct contact *contact)
{
	const struct chat *chat = &contact->chat;

	if (chat->state == CHAT_OVER) {
		be_over(contact);
	} else if (chat->state == CHAT_OFF) {
		end(contact);
	} else {
		if (chat_is_up(chat))
			backoff_reset(&contact->backoff);
		send_all(contact);
	}
}

bool contact_hear(struct contact *contact, struct event *ret, int *ret_flags, const char **ret_raw,
		  size_t *ret_size)
{
	const char *raw;
	size_t size;
	int r;

	do {
		if (contact->state != CONTACT_UP || !wire_can_ask(&contact->wire))
			return false;
		r = wire_event(&contact->wire, &contact->chat, ret, &raw, &size);
	} while (r == 0 && take_our_pong(contact, ret));
	if (r >= 0)
		*ret_flags = r == 0 ? chat_hear(&contact->chat, ret, &contact->wire.asks) : 0;
	if (r == -ENOMEM || r == -EPROTO)
		end(contact); /* as if it had not come: it is caught up */
	else
		follow_chat(contact); /* also if there is no event: it may have asked something */
	if (ret_raw)
		*ret_raw = raw;
	if (ret_size)
		*ret_size = size;
	return r >= 0;
}

int contact_say(struct contact *contact, const char *text, size_t size)
{
	int r = chat_say(&contact->chat, text, size);

	if (r == 0 && contact->state == CONTACT_UP)
		send_all(contact);
	return r;
}

void contact_redial(struct contact *contact)
{
	if (has_link(contact) && contact->was_up && !contact->leaves) {
		silence_heard(&contact->silence, clock_boot_ms()); /* it was not lost before */
		lose(contact);
	}
	if (contact->state == CONTACT_PAUSES) {
		backoff_reset(&contact->backoff);
		contact->deadline_ms = clock_boot_ms();
	}
}

void contact_leave(struct contact *contact)
{
	if (contact->state == CONTACT_DIALS || contact->state == CONTACT_ASKS ||
	    contact->state == CONTACT_PAUSES) {
		be_over(contact);
	} else if (contact->state == CONTACT_UP && !contact->leaves) {
		send_all(contact);
		contact->leaves = true;
		contact->deadline_ms = clock_boot_ms() + CONTACT_LEAVE_MS;
		ask(contact, QUIT_LINE);
		if (contact->state == CONTACT_UP)
			send_all(contact);
	}
}

void contact_take_plain(struct contact *contact, struct link *ret, struct buffer *ret_heard)
{
	wire_take(&contact->wire, ret, ret_heard);
}
