/*
 * prompt.h - the line that is being typed, at the bottom of the terminal (readline)
 *
 * There is one terminal, and readline has its state in globals: so there is one prompt.
 * It waits for nobody: the caller polls stdin and calls prompt_read() for each key.
 * A key that may begin an escape sequence is waited on by readline (half a second at most).
 *
 *	10:31 alice: hello		scrollback: what prompt_show() was given
 *	… and this is new		rows of what waits: they go when they come back
 *	lobby alice> what is typed_	the prompt, redrawn with the rows
 *
 * A terminal that cannot move its cursor up (TERM=dumb) shows no rows of what waits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mtchat/area.h"
#include "mtchat/known.h"

enum { PROMPT_ROWS_MAX = AREA_ROWS_MAX };

/* What stands below the scrollback, but for what is typed.  The texts are copied. */
struct prompt_area {
	const char *prompt;                /* may have escape sequences: \001...\002 around them */
	const char *rows[PROMPT_ROWS_MAX]; /* each fits one row of the terminal; no LF */
	size_t rows_count;
};

struct prompt_options {
	const struct known *known; /* for TAB; NULL: TAB is a TAB */
	const char *history_path;  /* "" or NULL: in memory only */
	bool has_commands;         /* the server's: a paste of several lines has none (paste.h) */
	bool keeps; /* what was typed stays on the screen above its answer: so no rows */
};

/* Takes over the terminal: stdin and stdout.  The options' pointers must last.  0; -ENOMEM: it is
 * not open. */
int prompt_open(const struct prompt_options *options, const struct prompt_area *area);

/* The end has come, but more is to be shown before prompt_close(): from now on a terminal that
 * takes nothing is waited for a second at most. */
void prompt_hurry(void);

/* Gives the terminal back as it was, the cursor on a new line; writes the history.  Also when not
 * open.  Logs. */
void prompt_close(void);

/* Bytes a line may have: longer ones are asked for.  0, and after prompt_open(): no limit. */
void prompt_set_max_line(size_t max_line);

/*
 * stdin has something.  1 and *ret: a line was typed (without LF, to be freed; pasted lines
 * have LFs inside); 0: not yet; -ENODATA: ^D; -EIO: the terminal is gone.
 *
 * A paste of more than 3 lines, or a line over max_line, is asked for first: "send 27 lines
 * (1.9 KB)? y = send, j = one line, any other key = edit".
 *
 * A paste is shown when it is whole.  If its end was lost (paste.h), the next key that is typed by
 * hand, a second or more later, ends it; an Enter does nothing else then.
 */
int prompt_read(char **ret);

/* Prints whole lines above the area (size 0: none) and draws it anew, with other texts (NULL: as
 * before). */
void prompt_show(const char *lines, size_t size, const struct prompt_area *area);

/* Puts text where it would be typed, before what is there: a line that nobody took. */
void prompt_put(const char *text);

/* The terminal has another size (SIGWINCH). */
void prompt_resize(void);

/* Columns of the terminal, at least 1. */
int prompt_columns(void);

/* Stops the process, as ^Z asks for, with the terminal as it was; returns when it goes on.  Also
 * when not open. */
void prompt_suspend(void);

/* The process was stopped by somebody (SIGCONT says so), who may have changed the terminal: takes
 * it again, once it is ours, and draws.  Also when not open. */
void prompt_go_on(void);
