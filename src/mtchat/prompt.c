/* prompt.c - the line that is being typed, at the bottom of the terminal (readline) */
#include "mtchat/prompt.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

enum { PROMPT_HISTORY_MAX = 1000 }; /* lines that the up key finds */

/* readline's callbacks have no argument of ours, hence a global. */
static struct prompt {
	bool open;
	char *line; /* typed, not yet fetched */
	bool ended; /* ^D */
	bool gone;  /* the terminal gave an end or an error */
} prompt;

/* readline's own would hand over a half typed line when the terminal vanishes. */
static int read_key(FILE *in)
{
	unsigned char key;
	ssize_t size;

	do {
		size = read(fileno(in), &key, 1);
	} while (size < 0 && errno == EINTR);
	if (size == 1)
		return key;
	prompt.gone = true;
	return EOF;
}

static void write_lines(const char *lines, size_t size)
{
	fwrite(lines, 1, size, rl_outstream);
	fflush(rl_outstream);
}

static void take_line(char *line)
{
	if (!line || prompt.gone) {
		free(line);
		prompt.ended = true;
		rl_callback_handler_remove();
		prompt.open = false;
		if (!prompt.gone)
			write_lines("\n", 1);
		return;
	}
	if (*line)
		add_history(line);
	prompt.line = line;
}

void prompt_open(const char *text)
{
	/* So that readline knows how wide a character is.  There is one thread. */
	setlocale(LC_CTYPE, ""); /* NOLINT(concurrency-mt-unsafe) */
	rl_readline_name = "mtchat";
	rl_instream = stdin;
	rl_outstream = stdout;
	rl_getc_function = read_key;
	rl_catch_signals = 0; /* the caller has a signalfd */
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_inhibit_completion = 1; /* TAB is a TAB, not the name of a file here */
	using_history();
	stifle_history(PROMPT_HISTORY_MAX);
	prompt = (struct prompt){.open = true};
	rl_callback_handler_install(text, take_line);
}

void prompt_close(void)
{
	if (!prompt.open)
		return;
	prompt.open = false;
	if (rl_end == 0) {
		rl_clear_visible_line();
	} else { /* leave it to be copied; the cursor may be anywhere in it */
		rl_point = rl_end;
		rl_redisplay();
		putc('\n', rl_outstream);
	}
	rl_callback_handler_remove();
	fflush(rl_outstream);
}

int prompt_read(char **ret)
{
	rl_callback_read_char();
	if (prompt.gone)
		return -EIO;
	if (prompt.ended)
		return -ENODATA;
	if (!prompt.line)
		return 0;
	*ret = prompt.line;
	prompt.line = NULL;
	return 1;
}

void prompt_show(const char *lines, size_t size)
{
	if (!prompt.open)
		return;
	rl_clear_visible_line();
	write_lines(lines, size);
	rl_on_new_line();
	rl_redisplay();
}

void prompt_resize(void)
{
	rl_resize_terminal();
}

/* With the default action, and not without a shell that could continue us: the kernel's rule. */
static void stop_here(void)
{
	sigset_t stop, before;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	raise(SIGTSTP);
	pthread_sigmask(SIG_UNBLOCK, &stop, &before); /* it stops here */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void prompt_suspend(void)
{
	rl_deprep_terminal();
	write_lines("\n", 1);
	stop_here();
	rl_prep_terminal(1);
	rl_reset_screen_size(); /* it may have changed meanwhile */
	rl_forced_update_display();
}
