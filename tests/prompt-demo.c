/*
 * prompt-demo.c - the prompt without a chat: a program for test_prompt.py
 *
 * usage: prompt-demo [--keeps] [--history PATH] [--max-line N] [--people A,B...] [--rooms A,B...]
 *                    [--commands]
 *
 * Shows what is typed as "typed: ..." above the prompt, a LF in it as "|".  Lines on descriptor 3:
 *	show TEXT	a line above the prompt
 *	prompt TEXT	another prompt
 *	rows A|B|C	the rows above it; "rows": none
 *	nothing		the same as before
 *	close		gives the terminal back, tells so, and opens the prompt again
 * Ends with "left: N", if the terminal takes that, and status N: 0 after ^D, 1 if the terminal is
 * gone, 128 + a signal.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "mtchat/known.h"
#include "mtchat/prompt.h"

enum { COMMANDS = 3, LIST_MAX = 200, GO_ON = -1 };

static char *people[LIST_MAX], *rooms[LIST_MAX];

static struct demo {
	struct known known;
	struct prompt_options options;
	size_t max_line;
	char text[4096]; /* of the area */
	struct prompt_area area;
	FILE *commands;
} demo = {.area.prompt = "demo> "};

static void split(struct known_list *ret, char **names, char *text)
{
	ret->names = names;
	for (char *name; (name = strsep(&text, ",")) && ret->count < LIST_MAX;)
		names[ret->count++] = name;
	demo.options.known = &demo.known;
}

static void parse_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{"keeps", no_argument, NULL, 'k'},
		{"history", required_argument, NULL, 'h'},
		{"max-line", required_argument, NULL, 'm'},
		{"people", required_argument, NULL, 'p'},
		{"rooms", required_argument, NULL, 'r'},
		{"commands", no_argument, NULL, 'c'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'k':
			demo.options.keeps = true;
			break;
		case 'c':
			demo.options.has_commands = true;
			break;
		case 'h':
			demo.options.history_path = optarg;
			break;
		case 'm':
			demo.max_line = strtoul(optarg, NULL, 10);
			break;
		case 'p':
			split(&demo.known.people, people, optarg);
			break;
		case 'r':
			split(&demo.known.rooms, rooms, optarg);
			break;
		default:
			exit(64);
		}
	}
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (const int *s = (const int[]){SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH, 0};
	     *s; s++)
		sigaddset(&set, *s);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int handle_signal(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		err(1, "signalfd");
	if (info.ssi_signo == SIGWINCH)
		prompt_resize();
	else if (info.ssi_signo == SIGTSTP)
		prompt_suspend();
	else if (info.ssi_signo == SIGCONT)
		prompt_go_on();
	else
		return 128 + (int)info.ssi_signo;
	return GO_ON;
}

static void show_typed(char *typed)
{
	char *line = NULL;
	int size;

	for (char *c = typed; *c; c++)
		if (*c == '\n')
			*c = '|';
	size = asprintf(&line, "typed: %s\n", typed);
	if (size < 0)
		err(1, "typed");
	prompt_show(line, (size_t)size, NULL);
	free(line);
	free(typed);
}

static int handle_key(void)
{
	char *typed = NULL;
	int r = prompt_read(&typed);

	if (r > 0)
		show_typed(typed);
	if (r == -ENODATA)
		return 0;
	return r == -EIO ? 1 : GO_ON;
}

/* Rows and prompt lie in one text, with their ends. */
static void set_area(const char *prompt, const char *rows)
{
	char *text = NULL, *rest;
	int size = asprintf(&text, "%s%c%s", prompt, 0, rows);

	if (size < 0 || (size_t)size >= sizeof(demo.text))
		errx(1, "area");
	memcpy(demo.text, text, (size_t)size + 1);
	free(text);
	demo.area = (struct prompt_area){.prompt = demo.text};
	rest = demo.text + strlen(demo.text) + 1;
	while (rest && *rest && demo.area.rows_count < PROMPT_ROWS_MAX)
		demo.area.rows[demo.area.rows_count++] = strsep(&rest, "|") ?: "";
	prompt_show(NULL, 0, &demo.area);
}

static void open_prompt(void)
{
	if (prompt_open(&demo.options, &demo.area) < 0)
		errx(1, "no memory");
	prompt_set_max_line(demo.max_line);
}

static void open_again(void)
{
	prompt_close();
	puts("closed");
	fflush(stdout);
	open_prompt();
}

static void handle_command(char *line)
{
	static char rows[4096];
	static char prompt[4096] = "demo> ";
	char *argument = strchr(line, ' ');

	argument = argument ? argument + 1 : line + strcspn(line, "\n");
	if (strncmp(line, "show ", 5) == 0)
		prompt_show(argument, strlen(argument), &demo.area);
	argument[strcspn(argument, "\n")] = '\0';
	if (strncmp(line, "prompt ", 7) == 0)
		snprintf(prompt, sizeof(prompt), "%s", argument);
	else if (strncmp(line, "rows", 4) == 0)
		snprintf(rows, sizeof(rows), "%s", argument);
	else if (strncmp(line, "close", 5) == 0)
		open_again();
	set_area(prompt, rows);
}

static void handle_commands(void)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, demo.commands) > 0)
		handle_command(line);
	clearerr(demo.commands);
	free(line);
}

static int run(int signal_fd)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = signal_fd, .events = POLLIN},
		{.fd = COMMANDS, .events = POLLIN},
	};
	int status = GO_ON;

	while (status == GO_ON) {
		if (poll(fds, 3, -1) < 0)
			err(1, "poll");
		if (fds[1].revents)
			status = handle_signal(signal_fd);
		if (fds[2].revents)
			handle_commands();
		if (status == GO_ON && fds[0].revents)
			status = handle_key();
	}
	return status;
}

int main(int argc, char *argv[])
{
	int signal_fd, status;

	parse_options(argc, argv);
	signal_fd = open_signals();
	fcntl(COMMANDS, F_SETFL, O_NONBLOCK);
	demo.commands = fdopen(COMMANDS, "r");
	if (!demo.commands)
		err(1, "descriptor 3");
	open_prompt();
	status = run(signal_fd);
	prompt_close();
	if (poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, 0) > 0)
		printf("left: %d\n", status);
	return status;
}
