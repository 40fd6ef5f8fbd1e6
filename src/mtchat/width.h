/* width.h - where the terminal breaks a line */
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

/* Columns of standard output; 0: it does not tell; -1: it is no terminal. */
static inline int width_of_terminal(void)
{
	struct winsize size = {.ws_col = 0};

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 ? -1 : size.ws_col;
}
