/* conversation.c - what a person says and sees */
#include "mtchat/conversation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/deadline.h"
#include "mtchat/i18n.h"
#include "mtchat/own-commands.h"
#include "mtchat/spelling.h"

_Static_assert((int)HEARD_OLD == SCREEN_OLD && (int)HEARD_OWN == SCREEN_OWN &&
		       (int)HEARD_GREETS == SCREEN_GREETS,
	       "the screen is given what was heard");

int64_t conversation_now(void)
{
	return (int64_t)(clock_real_us() / 1000);
}

int conversation_init(struct conversation *ret, struct settings *settings,
		      const struct target *target, const char *host, int columns)
{
	int r;

	*ret = (struct conversation){.settings = settings, .host = host};
	screen_init(&ret->screen, &settings->style, columns);
	ret->claim.fd = -1;
	r = contact_init(&ret->contact, target, &settings->wish,
			 (uint64_t)settings->timeout * 1000);
	if (r == 0)
		claim_begin(&ret->claim, target, &ret->contact.chat);
	return r;
}

void conversation_done(struct conversation *conversation)
{
	if (conversation->settings)
		claim_end(&conversation->claim, &conversation->contact.chat);
	contact_done(&conversation->contact);
	known_done(&conversation->known);
	free(conversation->instead);
}

/* -- events -- */

/* A rule goes before the first line of history, but not before what was caught up. */
static void begin_replay(struct conversation *conversation, const struct event *event)
{
	const struct chat *chat = &conversation->contact.chat;
	bool own = chat->state == CHAT_CATCHES_UP && *chat->name; /* one's own coming is in it */

	conversation->replay = (struct conversation_replay){
		.begins = !conversation->told_lost && event->lines > own,
		.lines = event->lines - (event->lines && own),
	};
}

static void rule_replay(struct conversation *conversation, const struct event *event, FILE *to)
{
	struct conversation_replay *replay = &conversation->replay;
	const struct chat *chat = &conversation->contact.chat;
	uint64_t all = chat->head.number; /* at the begin; later, what has come since is more */

	if (chat->shown.number > all && chat->state == CHAT_LIVE)
		all = chat->shown.number;
	screen_replay(&conversation->screen, replay->lines, all, event->time_ms, to);
	replay->begins = false;
	replay->ruled = true;
}

/* Does a line of history show?  One's own coming does not. */
static bool is_seen(const struct conversation *conversation, const struct event *event)
{
	if (event->kind == EVENT_SAY || event->kind == EVENT_ME)
		return true;
	return event_is_line(event) && conversation->settings->style.comings && event->from &&
	       strcmp(event->from, conversation->contact.chat.name) != 0;
}

/* Is it of what was said while the link was lost?  It is new to the user. */
static bool is_caught_up(const struct chat *chat)
{
	return chat->state == CHAT_CATCHES_UP && chat->away &&
	       strcmp(chat->live_room, chat->room) == 0;
}

static bool is_notice(const struct event *event, const char *code)
{
	return event->kind == EVENT_NOTICE && event->code && strcmp(event->code, code) == 0;
}

/* What is of no use here: help on what is for programs; that one has another name, again; the
 * second copy of a private line to oneself. */
static bool is_idle(const struct conversation *conversation, const struct event *event, int heard)
{
	static const char *const programs[] = {"/json ", "/since "};
	const struct chat *chat = &conversation->contact.chat;

	if (event->kind == EVENT_RENAME && event->to && !(heard & HEARD_OLD))
		return strcmp(event->to, chat->name) == 0;
	if (event->kind == EVENT_PRIV && event->from && event->to && event->nonce)
		return strcmp(event->from, event->to) == 0 && !(heard & HEARD_OWN) &&
		       strncmp(event->nonce, chat->waiting.prefix, strlen(chat->waiting.prefix)) ==
			       0;
	for (size_t i = 0; is_notice(event, "help") && event->text && i < 2; i++) {
		if (strncmp(event->text, programs[i], strlen(programs[i])) == 0)
			return true;
	}
	return false;
}

static void show(struct conversation *conversation, const struct event *event, int heard, FILE *to)
{
	int flags = heard & (HEARD_OLD | HEARD_OWN | HEARD_GREETS);
	int64_t rung_ms = conversation->screen.rung_ms;

	if (settings_hides(conversation->settings, event, conversation->contact.chat.name) ||
	    is_idle(conversation, event, heard))
		return;
	if (conversation->replay.begins && is_seen(conversation, event))
		rule_replay(conversation, event, to);
	if (event->kind == EVENT_BYE && conversation->leaves)
		flags |= SCREEN_OWN;
	if (is_caught_up(&conversation->contact.chat) && !conversation->rang)
		flags &= ~SCREEN_OLD; /* one bell for all of it */
	screen_event(&conversation->screen, event, flags, conversation->host, conversation_now(),
		     to);
	conversation->rang |= conversation->screen.rung_ms != rung_ms;
	if (is_notice(event, "unknown_command"))
		screen_tell(&conversation->screen, conversation_now(), to,
			    _("/help lists the commands"));
}

void conversation_back_text(const struct contact *contact, char *ret, size_t size)
{
	const struct chat *chat = &contact->chat;
	unsigned long long seconds = (clock_boot_ms() - contact->lost_ms + 999) / 1000;
	unsigned long long caught = chat->caught, missed = chat->missed;

	if (missed)
		snprintf(ret, size,
			 ngettext("back after %llu s, %llu line caught up, %llu missed",
				  "back after %llu s, %llu lines caught up, %llu missed", caught),
			 seconds, caught, missed);
	else
		snprintf(ret, size,
			 ngettext("back after %llu s, %llu line caught up",
				  "back after %llu s, %llu lines caught up", caught),
			 seconds, caught);
}

static void tell_back(struct conversation *conversation, FILE *to)
{
	char text[CONVERSATION_BACK_SIZE];

	conversation_back_text(&conversation->contact, text, sizeof(text));
	screen_tell(&conversation->screen, conversation_now(), to, "%s", text);
}

static void become_live(struct conversation *conversation, int heard, FILE *to)
{
	if (heard & HEARD_ANEW)
		screen_tell(&conversation->screen, conversation_now(), to,
			    _("the history has begun anew; lines may be missing"));
	if (conversation->replay.ruled)
		screen_live(&conversation->screen, to);
	if (conversation->told_lost)
		tell_back(conversation, to);
	if (heard & (HEARD_BACK | HEARD_BEGUN)) {
		conversation->told_lost = false;
		conversation->contact.lost_ms = 0;
	}
	conversation->replay = (struct conversation_replay){.begins = false};
	conversation->rang = false;
}

/* Who comes back is called as before, also until the server has said so. */
static const char *own_name(const struct conversation *conversation)
{
	const struct chat *chat = &conversation->contact.chat;

	return conversation->told_lost && !*chat->name ? chat->wish.name : chat->name;
}

static void take(struct conversation *conversation, const struct event *event, int heard, FILE *to)
{
	known_hear(&conversation->known, event);
	if (event->kind == EVENT_HELLO)
		known_forget_people(&conversation->known);
	if (event->kind == EVENT_REPLAY)
		begin_replay(conversation, event);
	screen_set_own(&conversation->screen, own_name(conversation));
	conversation->known.own = conversation->screen.own;
	if (heard & HEARD_SHOWS)
		show(conversation, event, heard, to);
	if (event->kind == EVENT_RENAME && event->from && event->to && /* seen as it happened */
	    (!(heard & HEARD_OLD) || is_caught_up(&conversation->contact.chat)))
		ignored_rename(&conversation->settings->ignored, event->from, event->to);
	if (event->kind == EVENT_LIVE)
		become_live(conversation, heard, to);
}

static bool tell_lost(struct conversation *conversation, FILE *to)
{
	const struct contact *contact = &conversation->contact;
	size_t waiting = waiting_said(&contact->chat.waiting);

	if (!contact->lost_ms || conversation->told_lost || conversation->leaves)
		return false;
	conversation->told_lost = true;
	if (waiting)
		screen_tell(&conversation->screen, conversation_now(), to,
			    ngettext("link lost, retrying (%zu line waiting)",
				     "link lost, retrying (%zu lines waiting)", waiting),
			    waiting);
	else
		screen_tell(&conversation->screen, conversation_now(), to,
			    _("link lost, retrying"));
	return true;
}

bool conversation_hear(struct conversation *conversation, FILE *to)
{
	struct event event;
	bool changed = false;
	int heard;

	while (contact_hear(&conversation->contact, &event, &heard, NULL, NULL)) {
		take(conversation, &event, heard, to);
		event_done(&event);
		changed = true;
	}
	claim_follow(&conversation->claim, &conversation->contact.chat);
	return tell_lost(conversation, to) || changed;
}

/* -- what is typed -- */

/* What was meant as a command is never said: it stays to be edited, spelled right if we know how.
 */
static int refuse(struct conversation *conversation, struct spelling *spelling, const char *line,
		  FILE *to)
{
	int size = (int)(spelling->word_end - spelling->word);

	if (spelling->kind == SPELLING_UNKNOWN)
		screen_tell(
			&conversation->screen, conversation_now(), to,
			_("there is no command %.*s: /help lists them; to say it, begin with //"),
			size, line + spelling->word);
	else
		screen_tell(
			&conversation->screen, conversation_now(), to,
			_("not given yet: this was meant as /%s? Enter gives it as it stands now"),
			spelling->name);
	conversation->instead = spelling->line;
	spelling->line = NULL;
	return -EILSEQ;
}

static int say(struct conversation *conversation, const char *line, FILE *to)
{
	struct screen *screen = &conversation->screen;
	size_t size = strlen(line);
	int r;

	if (own_command_run(conversation, line, to))
		return 0;
	r = contact_say(&conversation->contact, line, size);
	if (r == -ENOSPC && chat_is_up(&conversation->contact.chat))
		return -EAGAIN;
	if (r == -ENOSPC)
		screen_tell(screen, conversation_now(), to,
			    _("%d lines are waiting already; not taken: %s"), WAITING_MAX, line);
	else if (r == -EMSGSIZE)
		screen_tell(screen, conversation_now(), to,
			    _("too long (%zu bytes); not taken: %s"), size, line);
	else if (r < 0)
		screen_tell(screen, conversation_now(), to, "%s",
			    strerror(-r)); /* NOLINT(concurrency-mt-unsafe) */
	return r;
}

int conversation_say(struct conversation *conversation, const char *line, FILE *to)
{
	CLEANUP(spelling_done) struct spelling spelling;
	int r = spelling_read(&spelling, line);

	free(conversation->instead);
	conversation->instead = NULL;
	if (r < 0)
		return r;
	if (spelling.kind == SPELLING_OTHERWISE || spelling.kind == SPELLING_UNKNOWN)
		return refuse(conversation, &spelling, line, to);
	return say(conversation, spelling.line ? spelling.line : line, to);
}
