/* command.c - what a client can ask for with a line that begins with a slash */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mtchatd/command.h"

enum {
	TOKEN_MAX = 64, /* bytes of /ping's token */
	WORD_SHOWN = 32 /* of an unknown command's name */
};

struct command {
	const char *name;
	const char *arguments; /* for /help */
	const char *help;
	void (*run)(struct order *order);
};

static void run_help(struct order *order);
static void run_ping(struct order *order);
static void run_quit(struct order *order);

static const struct command commands[] = {
	{"help", "", "lists the commands", run_help},
	{"last", " [N]", "shows the last lines again", command_last},
	{"me", " TEXT", "says what you do: ** NAME TEXT", command_me},
	{"msg", " NAME TEXT", "says it to one alone", command_msg},
	{"name", " [NAME]", "takes a name, or tells yours", command_name},
	{"ping", " [TOKEN]", "answers pong, with the token", run_ping},
	{"quit", "", "ends the connection, after what is still due to you", run_quit},
	{"since", " ID", "shows what was said after that line", command_since},
	{"who", "", "lists who is here", command_who},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

void answer_add(struct answer *answer, const char *format, ...)
{
	size_t room = sizeof(answer->text) - answer->size;
	char *to = answer->text + answer->size;
	va_list ap;
	size_t size;

	if (room < sizeof("* \n"))
		return;
	to[0] = '*';
	to[1] = ' ';
	va_start(ap, format);
	size = 2 + (size_t)vsnprintf(to + 2, room - 2, format, ap);
	va_end(ap);
	if (size > room - 1)
		size = room - 1;
	to[size] = '\n';
	answer->size += size + 1;
}

static void run_help(struct order *order)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		char usage[64];

		snprintf(usage, sizeof(usage), "/%s%s", commands[i].name, commands[i].arguments);
		answer_add(&order->answer, "%-16s %s", usage, commands[i].help);
	}
	answer_add(&order->answer, "%-16s %s", "//TEXT", "says /TEXT");
}

static void run_ping(struct order *order)
{
	const struct utterance *said = &order->said;

	if (said->size > TOKEN_MAX)
		answer_add(&order->answer, "token too long (%zu > %d bytes)", said->size,
			   TOKEN_MAX);
	else
		answer_add(&order->answer, "pong%s%.*s", said->size ? " " : "", (int)said->size,
			   said->text);
}

static void run_quit(struct order *order)
{
	order->quits = true;
}

void command_run(struct order *order)
{
	const struct utterance *said = &order->said;
	int shown = said->word_size < WORD_SHOWN ? (int)said->word_size : WORD_SHOWN;
	const char *more = said->word_size > WORD_SHOWN ? "..." : "";

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strlen(commands[i].name) == said->word_size &&
		    memcmp(commands[i].name, said->word, said->word_size) == 0) {
			commands[i].run(order);
			return;
		}
	}
	answer_add(&order->answer, "unknown command /%.*s%s; to say it, type //%.*s%s", shown,
		   said->word, more, shown, said->word, more);
}
