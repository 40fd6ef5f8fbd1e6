/*
 * prompt.h - the line that is being typed, at the bottom of the terminal (readline)
 *
 * There is one terminal, and readline has its state in globals: so there is one prompt.
 * It waits for nobody: the caller polls stdin and calls prompt_read() for each key.
 * A key that may begin an escape sequence is waited on by readline (half a second at most).
 */
#pragma once

#include <stddef.h>

/* Takes over the terminal: stdin and stdout. */
void prompt_open(const char *text);

/* Gives the terminal back as it was, the cursor on a new line.  Also when not open. */
void prompt_close(void);

/*
 * stdin has something.  1 and *ret: a line was typed (without LF, to be freed; pasted lines
 * have LFs inside); 0: not yet; -ENODATA: ^D; -EIO: the terminal is gone.
 */
int prompt_read(char **ret);

/* Prints whole lines above the prompt; what is being typed stays as it is. */
void prompt_show(const char *lines, size_t size);

/* The terminal has another size (SIGWINCH). */
void prompt_resize(void);

/* Stops the process, as ^Z asks for, with the terminal as it was; returns when it goes on. */
void prompt_suspend(void);
