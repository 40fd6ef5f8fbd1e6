/* terminal.c - a conversation at a terminal: a prompt, and what comes above it */
#include "mtchat/terminal.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/deadline.h"
#include "mtchat/alarm.h"
#include "mtchat/charset.h"
#include "mtchat/conversation.h"
#include "mtchat/history.h"
#include "mtchat/i18n.h"
#include "mtchat/prompt.h"
#include "mtchat/signals.h"
#include "mtchat/width.h"

enum { POLL_KEYS, POLL_LINK, POLL_SIGNALS, POLL_COUNT };

enum { GO_ON = -2 }; /* what a step returns that is no exit status; TERMINAL_PLAIN is none either */

struct terminal {
	struct conversation conversation;
	struct signals signals;
	struct alarm alarm;
	char history_path[HISTORY_PATH_SIZE];
	FILE *news; /* to be shown, in memory: */
	char *news_text;
	size_t news_size;
	char *typed, *rest; /* lines that were typed, and those of them that are not said yet */
	bool open;          /* the prompt */
	bool stale;         /* the prompt's own texts may have changed */
	uint64_t drawn_ms;  /* when news were last shown */
	uint64_t leave_ms;  /* leave then, whatever waits; DEADLINE_NEVER: nobody leaves */
};

static struct contact *contact_of(struct terminal *terminal)
{
	return &terminal->conversation.contact;
}

/* -- what is shown -- */

/* The texts of the prompt's area, in one piece of memory. */
struct area_texts {
	struct prompt_area area;
	char *text;
	size_t size;
	size_t starts[PROMPT_ROWS_MAX];
};

static void write_row(struct area_texts *texts, FILE *to)
{
	fputc('\0', to);
	fflush(to);
	texts->starts[texts->area.rows_count++] = texts->size;
}

/* Lines that have not come back, the oldest first. */
static void write_rows(const struct terminal *terminal, struct area_texts *texts, FILE *to)
{
	const struct screen *screen = &terminal->conversation.screen;
	const struct waiting *waiting = &terminal->conversation.contact.chat.waiting;
	size_t said = waiting_said(waiting), shown = 0;
	char more[64];

	for (size_t i = 0; i < waiting->count; i++) {
		const struct waiting_line *line = &waiting->lines[i];

		if (line->kind == WAITING_COMMAND)
			continue;
		if (texts->area.rows_count == PROMPT_ROWS_MAX - 1 && said - shown > 1) {
			snprintf(more, sizeof(more), _("and %zu more"), said - shown);
			screen_waiting(screen, more, strlen(more), to);
			write_row(texts, to);
			return;
		}
		screen_waiting(screen, line->text, line->size, to);
		write_row(texts, to);
		shown++;
	}
}

/* 0, or -ENOMEM; texts->text is the caller's to free. */
static int make_area(const struct terminal *terminal, struct area_texts *texts)
{
	const struct chat *chat = &terminal->conversation.contact.chat;
	FILE *to = open_memstream(&texts->text, &texts->size);
	size_t end;

	if (!to)
		return -ENOMEM;
	screen_prompt(&terminal->conversation.screen, chat->room, terminal->conversation.told_lost,
		      waiting_said(&chat->waiting), to);
	fputc('\0', to);
	fflush(to);
	end = texts->size;
	write_rows(terminal, texts, to);
	fclose(to);
	texts->area.prompt = texts->text;
	for (size_t i = 0; i < texts->area.rows_count; i++) {
		texts->area.rows[i] = texts->text + end;
		end = texts->starts[i];
	}
	return 0;
}

static void measure(struct terminal *terminal)
{
	terminal->conversation.screen.columns = prompt_columns();
	/* readline may keep one free */
	terminal->conversation.screen.breaks_at = width_of_terminal();
}

/* Without memory it is tried again with the next news. */
static bool open_prompt(struct terminal *terminal, const struct prompt_area *area)
{
	const struct prompt_options options = {
		.known = &terminal->conversation.known,
		.history_path = terminal->history_path,
		.has_commands = true,
	};

	if (!terminal->open)
		terminal->open = prompt_open(&options, area) == 0;
	if (terminal->open)
		measure(terminal);
	return terminal->open;
}

/* What has come goes above the prompt; a bell that it rings is in it. */
static void draw(struct terminal *terminal)
{
	struct area_texts texts = {.text = NULL};

	fflush(terminal->news);
	if (make_area(terminal, &texts) == 0 && open_prompt(terminal, &texts.area))
		prompt_show(terminal->news_text, terminal->news_size, &texts.area);
	free(texts.text);
	rewind(terminal->news);
	fflush(terminal->news);
	terminal->news_size = 0;
	terminal->stale = false;
	terminal->drawn_ms = clock_boot_ms();
}

static bool has_news(const struct terminal *terminal)
{
	fflush(terminal->news);
	return terminal->news_size > 0 || terminal->stale;
}

/* When news may be shown: not at once after others. */
static uint64_t draw_deadline(const struct terminal *terminal)
{
	bool begun = terminal->conversation.contact.was_up; /* before, there is no prompt */

	if (!begun || !has_news(terminal))
		return DEADLINE_NEVER;
	return terminal->drawn_ms + TERMINAL_REDRAW_MS;
}

/* -- what happens -- */

static int handle_signal(struct terminal *terminal)
{
	int number = signals_read(&terminal->signals);

	if (number == SIGWINCH && terminal->open) {
		prompt_resize();
		measure(terminal);
		terminal->stale = true;
	} else if (number == SIGTSTP) {
		prompt_suspend();
	} else if (number == SIGCONT) {
		prompt_go_on();
	} else if (number && number != SIGWINCH) {
		return signals_status(number);
	}
	return GO_ON;
}

static void leave(struct terminal *terminal)
{
	terminal->conversation.leaves = true;
	if (terminal->leave_ms == DEADLINE_NEVER)
		terminal->leave_ms = clock_boot_ms() + TERMINAL_LEAVE_MS;
}

/* The next line; NULL: there is none.  The LF at the end of a paste begins none. */
static char *next_line(struct terminal *terminal)
{
	char *line = strsep(&terminal->rest, "\n");

	return line && !*line && !terminal->rest ? NULL : line;
}

/* Nobody takes the line, nor what was typed behind it: all that is typed still. */
static void put_back(struct terminal *terminal, const char *line)
{
	const char *instead = terminal->conversation.instead;

	if (terminal->rest)
		terminal->rest[-1] = '\n'; /* as it was */
	if (instead && terminal->rest)     /* then the line itself as it would be right */
		prompt_put(terminal->rest - 1);
	prompt_put(instead ? instead : line);
	terminal->rest = NULL;
}

/* Says what was typed, as far as it goes: a long paste waits for its first lines to come back. */
static void speak(struct terminal *terminal)
{
	char *line;
	int r = 0;

	while (r == 0 && (line = next_line(terminal)))
		r = conversation_say(&terminal->conversation, line, terminal->news);
	if (r == -EAGAIN) {
		if (terminal->rest)
			terminal->rest[-1] = '\n';
		terminal->rest = line;
		return;
	}
	if (r < 0)
		put_back(terminal, line);
	free(terminal->typed);
	terminal->typed = NULL;
}

/* An Enter alone is for the eyes: it is not said. */
static void take_typed(struct terminal *terminal, char *typed)
{
	terminal->typed = terminal->rest = typed;
	speak(terminal);
	terminal->stale = true;
}

static int handle_key(struct terminal *terminal, int events)
{
	char *typed;
	int r;

	if (events & (POLLHUP | POLLERR | POLLNVAL))
		return signals_status(SIGHUP);
	r = prompt_read(&typed);
	if (r == -EIO)
		return signals_status(SIGHUP);
	if (r == -ENODATA)
		leave(terminal);
	else if (r > 0)
		take_typed(terminal, typed);
	return GO_ON;
}

/* Said is what has come back: only then may one go. */
static int look_for_end(struct terminal *terminal)
{
	struct contact *contact = contact_of(terminal);
	size_t waiting = contact->chat.waiting.count;

	if (contact->state == CONTACT_PLAIN)
		return TERMINAL_PLAIN;
	if (contact->state == CONTACT_FAILED)
		return contact->status;
	if (terminal->conversation.leaves)
		leave(terminal); /* a /quit that was typed */
	if (terminal->conversation.leaves && !contact->leaves && (!waiting || !contact->was_up))
		contact_leave(contact);
	if (contact->state == CONTACT_OVER || clock_boot_ms() >= terminal->leave_ms) {
		if (contact->chat.refused)
			return EX_NOPERM;
		return waiting ? EX_TEMPFAIL : EX_OK;
	}
	return GO_ON;
}

static bool takes_keys(const struct terminal *terminal)
{
	return terminal->open && !terminal->typed && !terminal->conversation.leaves;
}

static int step(struct terminal *terminal)
{
	struct contact *contact = contact_of(terminal);
	uint64_t deadline = deadline_earlier(contact_deadline(contact), draw_deadline(terminal));
	struct pollfd fds[POLL_COUNT + 1] = {
		[POLL_KEYS] = {.fd = takes_keys(terminal) ? STDIN_FILENO : -1, .events = POLLIN},
		[POLL_LINK] = contact_poll(contact),
		[POLL_SIGNALS] = {.fd = terminal->signals.fd, .events = POLLIN},
	};
	int r = GO_ON;

	if (terminal->news_size > TERMINAL_NEWS_MAX)
		fds[POLL_LINK].fd = -1;
	deadline = deadline_earlier(deadline, terminal->leave_ms);
	if (alarm_poll(&terminal->alarm, fds, POLL_COUNT, deadline) < 0)
		return errno == EINTR ? GO_ON : (warn("poll"), EX_OSERR);
	if (fds[POLL_SIGNALS].revents)
		r = handle_signal(terminal);
	contact_work(contact, fds[POLL_LINK].revents);
	if (conversation_hear(&terminal->conversation, terminal->news))
		terminal->stale = true;
	if (terminal->typed)
		speak(terminal);
	if (r == GO_ON && fds[POLL_KEYS].revents && takes_keys(terminal))
		r = handle_key(terminal, fds[POLL_KEYS].revents);
	if (draw_deadline(terminal) <= clock_boot_ms())
		draw(terminal);
	if (terminal->open && contact->chat.max_line)
		prompt_set_max_line(chat_line_max(&contact->chat));
	return r == GO_ON ? look_for_end(terminal) : r;
}

/* -- from the begin to the end -- */

/* What was not shown yet, and why it ended. */
static void close_terminal(struct terminal *terminal, int status)
{
	const struct contact *contact = contact_of(terminal);
	size_t waiting = contact->chat.waiting.count;

	prompt_hurry(); /* the terminal may take nothing any more */
	if (contact->was_up && has_news(terminal) && terminal->open)
		draw(terminal);
	prompt_close();
	if (contact->was_up && !terminal->open)
		fwrite(terminal->news_text, 1, terminal->news_size, stdout);
	fflush(stdout);
	if (contact->state == CONTACT_FAILED)
		warnx("%s", contact->why);
	if (status == EX_TEMPFAIL)
		warnx(ngettext("%zu line was not sent", "%zu lines were not sent", waiting),
		      waiting);
}

static int run(struct terminal *terminal)
{
	int status;

	while ((status = step(terminal)) == GO_ON)
		continue;
	return status;
}

static int open_terminal(struct terminal *terminal, struct settings *settings,
			 const struct target *target, const char *host)
{
	int r;

	charset_take(); /* all texts are in one encoding, also those before the prompt */
	terminal->leave_ms = DEADLINE_NEVER;
	terminal->signals.fd = -1;
	alarm_open(&terminal->alarm);
	terminal->news = open_memstream(&terminal->news_text, &terminal->news_size);
	if (!terminal->news)
		return -ENOMEM;
	(void)history_path(terminal->history_path);
	r = signals_open(&terminal->signals);
	if (r < 0)
		return r;
	return conversation_init(&terminal->conversation, settings, target, host, prompt_columns());
}

int terminal_run(struct settings *settings, const struct target *target, const char *host,
		 struct link *ret_link, struct buffer *ret_heard)
{
	struct terminal *terminal = calloc(1, sizeof(*terminal));
	int status = EX_OSERR, r;

	if (!terminal)
		return warnx(_("not enough memory")), EX_OSERR;
	r = open_terminal(terminal, settings, target, host);
	if (r < 0) {
		errno = -r;
		warn(_("cannot start"));
	} else {
		status = run(terminal);
		close_terminal(terminal, status);
	}
	if (status == TERMINAL_PLAIN) {
		contact_take_plain(contact_of(terminal), ret_link, ret_heard);
		signals_close(&terminal->signals); /* else, one that is late changes nothing */
	}
	conversation_done(&terminal->conversation);
	alarm_close(&terminal->alarm);
	if (terminal->news)
		fclose(terminal->news);
	free(terminal->news_text);
	free(terminal->typed);
	free(terminal);
	return status;
}
