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
	enum command_effect (*run)(const struct utterance *said, struct answer *answer);
};

static enum command_effect run_help(const struct utterance *said, struct answer *answer);
static enum command_effect run_ping(const struct utterance *said, struct answer *answer);
static enum command_effect run_quit(const struct utterance *said, struct answer *answer);

static const struct command commands[] = {
	{"help", "", "lists the commands", run_help},
	{"ping", " [TOKEN]", "answers pong, with the token", run_ping},
	{"quit", "", "ends the connection, after what is still due to you", run_quit},
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

static enum command_effect run_help(const struct utterance *said, struct answer *answer)
{
	(void)said;
	for (size_t i = 0; i < COMMANDS; i++) {
		char usage[64];

		snprintf(usage, sizeof(usage), "/%s%s", commands[i].name, commands[i].arguments);
		answer_add(answer, "%-16s %s", usage, commands[i].help);
	}
	answer_add(answer, "%-16s %s", "//TEXT", "says /TEXT");
	return COMMAND_ANSWERS;
}

static enum command_effect run_ping(const struct utterance *said, struct answer *answer)
{
	if (said->size > TOKEN_MAX)
		answer_add(answer, "token too long (%zu > %d bytes)", said->size, TOKEN_MAX);
	else
		answer_add(answer, "pong%s%.*s", said->size ? " " : "", (int)said->size,
			   said->text);
	return COMMAND_ANSWERS;
}

static enum command_effect run_quit(const struct utterance *said, struct answer *answer)
{
	(void)said;
	(void)answer;
	return COMMAND_QUITS;
}

enum command_effect command_run(const struct utterance *said, struct answer *answer)
{
	int shown = said->word_size < WORD_SHOWN ? (int)said->word_size : WORD_SHOWN;
	const char *more = said->word_size > WORD_SHOWN ? "..." : "";

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strlen(commands[i].name) == said->word_size &&
		    memcmp(commands[i].name, said->word, said->word_size) == 0)
			return commands[i].run(said, answer);
	}
	answer_add(answer, "unknown command /%.*s%s; to say it, type //%.*s%s", shown, said->word,
		   more, shown, said->word, more);
	return COMMAND_ANSWERS;
}
