/* own-commands.c - the commands that the client obeys itself */
#include "mtchat/own-commands.h"

#include <errno.h>
#include <string.h>

#include "mtchat/conversation.h"
#include "mtchat/i18n.h"

enum { WORD_SIZE = 128 };

struct order {
	struct conversation *conversation;
	const char *arguments; /* behind the command and its blanks */
	FILE *to;
};

static void help(const struct order *order);

/* Takes a word off the text's begin, cut if it is too long; returns the rest. */
static const char *next_word(const char *text, char word[WORD_SIZE])
{
	size_t size = strcspn(text, " ");
	size_t kept = size < WORD_SIZE ? size : WORD_SIZE - 1;

	memcpy(word, text, kept);
	word[kept] = '\0';
	text += size;
	return text + strspn(text, " ");
}

static void quit(const struct order *order)
{
	order->conversation->leaves = true;
}

static void reconnect(const struct order *order)
{
	contact_redial(&order->conversation->contact);
}

static void tell_ignored(const struct order *order)
{
	const struct ignored *ignored = &order->conversation->settings->ignored;
	struct screen *screen = &order->conversation->screen;

	if (!ignored->count)
		screen_tell(screen, conversation_now(), order->to, _("you ignore nobody"));
	for (size_t i = 0; i < ignored->count; i++)
		screen_tell(screen, conversation_now(), order->to, _("you ignore %s"),
			    ignored->names[i]);
}

static void ignore(const struct order *order)
{
	struct screen *screen = &order->conversation->screen;
	char name[WORD_SIZE];
	int r;

	if (!*order->arguments) {
		tell_ignored(order);
		return;
	}
	next_word(order->arguments, name);
	r = ignored_turn(&order->conversation->settings->ignored, name);
	if (r > 0)
		screen_tell(screen, conversation_now(), order->to,
			    _("you ignore %s; /ignore %s again to hear them"), name, name);
	else if (r == 0)
		screen_tell(screen, conversation_now(), order->to, _("you hear %s again"), name);
	else if (r == -ENOSPC)
		screen_tell(screen, conversation_now(), order->to,
			    _("you ignore %d people already"), IGNORED_MAX);
	else
		screen_tell(screen, conversation_now(), order->to, _("%s is no name"), name);
}

static void tell_settings(const struct order *order)
{
	struct conversation *conversation = order->conversation;
	struct setting_row row;

	for (size_t i = 0; settings_each(conversation->settings, i, &row); i++)
		screen_tell(&conversation->screen, conversation_now(), order->to,
			    "/set %s %s  (%s)", row.name, row.value, row.values);
}

static const char *values_of(const struct settings *settings, const char *name)
{
	struct setting_row row;

	for (size_t i = 0; settings_each(settings, i, &row); i++) {
		if (strcmp(row.name, name) == 0)
			return row.values;
	}
	return "";
}

static void set(const struct order *order)
{
	struct conversation *conversation = order->conversation;
	struct settings *settings = conversation->settings;
	struct screen *screen = &conversation->screen;
	char name[WORD_SIZE], value[WORD_SIZE];
	int r;

	if (!*order->arguments) {
		tell_settings(order);
		return;
	}
	next_word(next_word(order->arguments, name), value);
	r = settings_set(settings, name, value);
	if (r == -ENOENT)
		screen_tell(screen, conversation_now(), order->to,
			    _("there is no setting %s; /set lists them"), name);
	else if (r < 0)
		screen_tell(screen, conversation_now(), order->to, _("%s can be: %s"), name,
			    values_of(settings, name));
	else
		screen_tell(screen, conversation_now(), order->to, _("the setting %s is %s now"),
			    name, value);
	screen->style = settings->style;
	conversation->contact.timeout_ms = (uint64_t)settings->timeout * 1000;
}

static const struct own_command {
	const char *name, *arguments;
	const char *help; /* NULL: the server tells of it */
	bool passes;      /* the server is asked, too */
	void (*run)(const struct order *order);
} commands[] = {
	{"help", "", NULL, true, help},
	{"ignore", "[NAME]", N_("hides what NAME says, or no more; lists them"), false, ignore},
	{"quit", "", NULL, false, quit},
	{"reconnect", "", N_("connects anew, at once"), false, reconnect},
	{"set", "[SETTING VALUE]", N_("changes a setting, or lists them"), false, set},
};

static void help(const struct order *order)
{
	char call[WORD_SIZE];

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		snprintf(call, sizeof(call), "/%s %s", commands[i].name, commands[i].arguments);
		if (commands[i].help)
			screen_tell(&order->conversation->screen, conversation_now(), order->to,
				    "%-20s %s", call, _(commands[i].help));
	}
}

bool own_command_run(struct conversation *conversation, const char *line, FILE *to)
{
	char word[WORD_SIZE];
	struct order order = {.conversation = conversation, .to = to};

	if (line[0] != '/')
		return false;
	order.arguments = next_word(line + 1, word);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(commands[i].name, word) != 0)
			continue;
		commands[i].run(&order);
		return !commands[i].passes;
	}
	return false;
}
