/* prompt.c - the line that is being typed, at the bottom of the terminal (readline) */
#include "mtchat/prompt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <readline/readline.h>

#include "common/clock.h"
#include "mtchat/charset.h"
#include "mtchat/display.h"
#include "mtchat/inlet.h"
#include "mtchat/keys.h"
#include "mtchat/outlet.h"
#include "mtchat/paste.h"
#include "mtchat/question.h"
#include "mtchat/recall.h"
#include "mtchat/signals.h"
#include "mtchat/tty.h"

enum {
	PROMPT_COLUMNS = 80,    /* of a terminal that does not tell */
	PROMPT_ESCAPE = '\033', /* the key itself, or the first byte of another */
};

/* readline's callbacks have no argument of ours, hence a global. */
static struct prompt {
	struct prompt_options options;
	size_t max_line; /* bytes; 0: no limit */
	bool open;
	bool confirmed; /* the next Enter is not asked for */
	char *away;     /* typed, taken from the terminal already; for take_line() */
	char *typed;    /* not yet fetched */
	bool ended;     /* ^D */
} prompt;

static bool is_gone(void)
{
	return inlet_gone() || outlet_gone();
}

/* While the terminal takes nothing, nothing is read of a paste either. */
static void flush(void)
{
	uint64_t begin_ms = clock_ms();

	outlet_flush();
	paste_waited(clock_ms() - begin_ms);
}

/* readline's line vanishes from the terminal, and is empty. */
static int take_away(void)
{
	prompt.away = strdup(rl_line_buffer);
	if (!prompt.away)
		return -ENOMEM;
	rl_deactivate_mark(); /* or it would be drawn once more */
	rl_clear_visible_line();
	rl_on_new_line();
	rl_delete_text(0, rl_end); /* which can be undone: so readline puts its history right */
	rl_point = 0;
	return 0;
}

/* Enter. */
static int accept_line(int count, int key)
{
	bool confirmed = prompt.confirmed;

	prompt.confirmed = false;
	if (inlet_gone())
		return 0;                                   /* readline takes an end for an Enter */
	if (!confirmed && question_is_due(prompt.max_line)) /* without memory, it is not said */
		return question_open() < 0 ? rl_ding() : 0;
	if (!prompt.options.keeps && take_away() < 0)
		return rl_ding();
	if (prompt.options.keeps)
		display_leave_line();
	return rl_newline(count, key);
}

/* A line is finished, or there are no more; readline begins the next one when we return. */
static void take_line(char *line)
{
	char *before = prompt.typed;

	if (!line || inlet_gone()) {
		free(line);
		rl_clear_visible_line(); /* or readline draws the prompt once more behind it */
		rl_on_new_line();
		prompt.ended = true;
		return;
	}
	if (prompt.away) {
		free(line);
		line = prompt.away;
		prompt.away = NULL;
	}
	recall_add(line);
	prompt.typed = line;
	if (before && asprintf(&prompt.typed, "%s\n%s", before, line) >= 0) {
		free(line); /* a keyboard macro types several at once */
		free(before);
	}
}

static int set_up_readline(void)
{
	FILE *out = outlet_open(STDOUT_FILENO);

	if (!out)
		return -ENOMEM;
	rl_readline_name = "mtchat";
	rl_instream = stdin;
	rl_outstream = out;
	rl_getc_function = inlet_read;
	tty_init();
	rl_catch_signals = 0; /* the caller has a signalfd */
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_erase_empty_line = !prompt.options.keeps; /* one that has vanished gets no LF */
	keys_initialize();
	if (tty_has_escape_sequences())
		rl_variable_bind("enable-bracketed-paste", "on");
	keys_bind(accept_line, prompt.options.known);
	return 0;
}

/* What stays on the screen has to have its place: then there are no rows. */
static size_t rows_of(const struct prompt_area *area)
{
	return prompt.options.keeps ? 0 : area->rows_count;
}

static bool is_drawn(const struct prompt_area *area)
{
	return area_is(display_area(), area->prompt, area->rows, rows_of(area));
}

/* Without memory, the old one stays. */
static void set_area(const struct prompt_area *area)
{
	area_set(display_area(), area->prompt, area->rows, rows_of(area));
}

int prompt_open(const struct prompt_options *options, const struct prompt_area *area)
{
	if (prompt.open) {
		prompt_show(NULL, 0, area);
		return 0;
	}
	charset_take(); /* so that readline knows how wide a character is */
	prompt = (struct prompt){.options = *options};
	if (set_up_readline() < 0)
		return -ENOMEM;
	prompt.open = true;
	paste_init(options->has_commands);
	recall_open(prompt.options.history_path);
	display_init();
	set_area(area);
	rl_callback_handler_install(area->prompt, take_line);
	display_erase(); /* what has been drawn is still in the outlet */
	display_draw();
	flush();
	return 0;
}

void prompt_hurry(void)
{
	if (prompt.open)
		outlet_hurry();
}

void prompt_close(void)
{
	if (!prompt.open)
		return;
	prompt.open = false;
	outlet_hurry();
	paste_end();
	if (question_is_open()) {
		display_erase();
		question_close(ANSWER_EDIT);
		display_draw();
	}
	if (rl_end == 0) {
		rl_clear_visible_line();
	} else { /* leave it to be copied; the cursor may be anywhere in it */
		rl_point = rl_end;
		(*rl_redisplay_function)();
		putc('\n', rl_outstream);
	}
	rl_callback_handler_remove();
	tty_give_back();
	display_done();
	outlet_close();
	rl_outstream = stdout;
	free(prompt.typed);
	prompt.typed = NULL;
	recall_close();
}

void prompt_set_max_line(size_t max_line)
{
	prompt.max_line = max_line;
}

/* The key that answers, or makes one edit again, is not typed into the line; but the first byte of
 * an arrow key, say, has to be, as the others follow. */
static void swallow_key(int key)
{
	int rest = key >= 0xf0 ? 3 : key >= 0xe0 ? 2 : key >= 0xc0 ? 1 : 0;

	while (rest-- > 0 && inlet_has_more())
		inlet_read(stdin);
	if (key == PROMPT_ESCAPE && inlet_has_more()) {
		inlet_push(key);
		rl_callback_read_char();
	}
}

static void answer_question(void)
{
	int key = inlet_read(stdin);
	enum question_answer answer = question_answer(key);

	if (key == EOF)
		return;
	if (answer == ANSWER_EDIT) {
		display_erase();
		question_close(answer);
		display_draw();
		swallow_key(key);
		return;
	}
	rl_clear_visible_line();
	question_close(answer);
	display_forget_line();
	if (prompt.options.keeps)
		(*rl_redisplay_function)();
	prompt.confirmed = true;
	inlet_push('\r');
	rl_callback_read_char();
}

/* A byte of a paste, and all that are there. */
static void read_paste(int byte)
{
	while (byte != EOF && !paste_add(byte))
		byte = inlet_take();
	if (!paste_is_open())
		(*rl_redisplay_function)();
}

static void handle_key(int key)
{
	if (paste_end_late(key))
		return;
	if (paste_is_open())
		return read_paste(key);
	inlet_push(key);
	if (question_is_open())
		answer_question();
	else
		rl_callback_read_char();
}

int prompt_read(char **ret)
{
	int key;

	if (!prompt.open || is_gone())
		return -EIO;
	key = inlet_take();
	if (key == EOF)
		return inlet_gone() ? -EIO : 0;
	for (; key != EOF; key = inlet_holds() ? inlet_take() : EOF)
		handle_key(key);
	display_catch_up();
	flush();
	if (is_gone())
		return -EIO;
	if (prompt.ended) {
		prompt.ended = false;
		return -ENODATA;
	}
	if (!prompt.typed)
		return 0;
	*ret = prompt.typed;
	prompt.typed = NULL;
	return 1;
}

void prompt_show(const char *lines, size_t size, const struct prompt_area *area)
{
	bool same = !area || is_drawn(area);

	if (!prompt.open || (size == 0 && same))
		return;
	display_erase();
	if (size > 0)
		fwrite(lines, 1, size, rl_outstream);
	if (!same)
		set_area(area);
	display_draw();
	flush();
}

void prompt_put(const char *text)
{
	if (!prompt.open)
		return;
	display_erase();
	rl_point = 0;
	rl_insert_text(text);
	rl_point = rl_end;
	display_draw();
	flush();
}

void prompt_resize(void)
{
	if (!prompt.open)
		return;
	display_resize();
	flush();
}

int prompt_columns(void)
{
	struct winsize size;

	if (prompt.open)
		return (int)display_columns();
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return PROMPT_COLUMNS;
}

/* Whoever had the terminal has left its cursor somewhere. */
static void take_again(void)
{
	tty_take(1);
	display_begin_anew();
	flush();
}

void prompt_suspend(void)
{
	int point;

	if (!prompt.open) {
		signals_stop(SIGTSTP);
		return;
	}
	if (RL_ISSTATE(RL_STATE_MULTIKEY)) /* the kernel has forgotten the rest of a key, */
		rl_callback_sigcleanup();
	paste_end(); /* or of a paste */
	point = rl_point;
	rl_point = rl_end; /* what the shell says comes behind all that is typed */
	(*rl_redisplay_function)();
	rl_point = point;
	putc('\n', rl_outstream);
	tty_give_back();
	signals_stop(SIGTSTP);
	take_again();
}

void prompt_go_on(void)
{
	if (!prompt.open)
		return;
	putc('\r', rl_outstream);
	outlet_control("ce");
	tty_give_back();
	take_again();
}
