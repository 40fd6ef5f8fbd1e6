/* command.c - what a client can ask for with a line that begins with a slash */
#include <stdio.h>
#include <string.h>

#include "mtchatd/command.h"

enum {
	TOKEN_MAX = 64,     /* bytes of /ping's token */
	COMMAND_SHOWN = 32, /* of an unknown command's name */
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
	{"join", " ROOM", "goes to a room, makes it if there is none", command_join},
	{"json", "", "speaks JSON Lines to you from now on, for programs", command_json},
	{"last", " [N]", "shows the last lines again", command_last},
	{"me", " TEXT", "says what you do: ** NAME TEXT", command_me},
	{"msg", " NAME TEXT", "says it to one alone", command_msg},
	{"name", " [NAME [KEY]]", "takes a name, or tells yours", command_name},
	{"ping", " [TOKEN]", "answers pong, with the token", run_ping},
	{"quit", "", "ends the connection, after what is still due to you", run_quit},
	{"rooms", " [AFTER]", "lists the rooms, those behind AFTER", command_rooms},
	{"since", " ID", "shows what was said after that line", command_since},
	{"who", " [ROOM [AFTER]]", "lists who is here or in a room, those behind AFTER",
	 command_who},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

struct words command_words(const struct utterance *said)
{
	const char *space = memchr(said->text, ' ', said->size);
	size_t first = space ? (size_t)(space - said->text) : said->size, rest = first;

	while (rest < said->size && said->text[rest] == ' ')
		rest++;
	return (struct words){said->text, said->text + rest, first, said->size - rest};
}

/* No character is cut. */
static size_t cut(const char *text, size_t size, size_t max)
{
	if (size <= max)
		return size;
	for (size = max; size > max - 4 && (text[size] & 0xc0) == 0x80;)
		size--;
	return size;
}

const char *command_show(struct order *order, const char *text, size_t size)
{
	size = cut(text, size, COMMAND_WORD_SHOWN);
	/* Where text = "raw" it can be anything: cleaned by itself, not with what stands around it.
	 */
	if (order->answer.kind == RENDERING_JSON)
		size = text_clean(order->shown, text, size);
	else
		memcpy(order->shown, text, size);
	order->shown[size] = '\0';
	return order->shown;
}

static void run_help(struct order *order)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		char usage[64];

		snprintf(usage, sizeof(usage), "/%s%s", commands[i].name, commands[i].arguments);
		answer_notice(&order->answer, "help", "%-20s %s", usage, commands[i].help);
	}
	answer_notice(&order->answer, "help", "%-20s %s", "//TEXT", "says /TEXT");
}

static void run_ping(struct order *order)
{
	const struct utterance *said = &order->said;

	if (said->size > TOKEN_MAX)
		answer_notice(&order->answer, "too_long", "token too long (%zu > %d bytes)",
			      said->size, TOKEN_MAX);
	else
		answer_pong(&order->answer, said->text, said->size);
}

static void run_quit(struct order *order)
{
	order->quits = true;
}

static const struct command *find(const struct utterance *said)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (protocol_is_command(said, commands[i].name))
			return &commands[i];
	}
	return NULL;
}

static void refuse_unknown(struct order *order)
{
	const struct utterance *said = &order->said;
	int shown = (int)cut(said->word, said->word_size, COMMAND_SHOWN);
	const char *more = said->word_size > COMMAND_SHOWN ? "..." : "";

	answer_notice(&order->answer, "unknown_command",
		      "unknown command /%.*s%s; to say it, type //%.*s%s", shown, said->word, more,
		      shown, said->word, more);
}

static void refuse_flawed(struct order *order, const char *name)
{
	static const char *const cures[] = {
		[FLAW_BLANKS] = "without a blank before it",
		[FLAW_SLASH] = "with a plain slash",
		[FLAW_END] = "with a space behind it",
	};

	answer_notice(&order->answer, "unknown_command",
		      "/%s was not obeyed: write it %s; to say it, type //%s", name,
		      cures[order->said.flaw], name);
}

void command_run(struct order *order)
{
	const struct command *command = find(&order->said);

	if (!command)
		refuse_unknown(order);
	else if (order->said.flaw != FLAW_NONE)
		refuse_flawed(order, command->name);
	else
		command->run(order);
}
