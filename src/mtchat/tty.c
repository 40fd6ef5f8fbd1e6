/* tty.c - the terminal is readline's, until it is given back */
#include "mtchat/tty.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

#include "mtchat/inlet.h"
#include "mtchat/outlet.h"
#include "mtchat/signals.h"

enum { STOPS_MAX = 100 }; /* each by somebody who continues it in the background */

static bool taken;

/* What the terminal is set to meanwhile is another's matter, and would be what is given back in the
 * end.  Without a shell that could continue it nothing stops it. */
static void wait_for_foreground(void)
{
	for (int stops = 0; stops < STOPS_MAX; stops++) {
		pid_t group = tcgetpgrp(STDIN_FILENO);

		if (group < 0 || group == getpgrp())
			return;
		signals_stop(SIGTTOU);
	}
}

void tty_take(int meta)
{
	if (taken)
		return;
	wait_for_foreground();
	rl_prep_terminal(meta);
	rl_tty_set_echoing(1); /* whatever it was set to: readline would draw nothing */
	inlet_open();
	taken = true;
}

void tty_give_back(void)
{
	rl_eof_found = 0; /* or it writes a LF */
	rl_deprep_terminal();
	taken = false;
	outlet_flush();
}

static void keep(void)
{
	/* It is given back at the end. */
}

void tty_init(void)
{
	taken = false;
	rl_prep_term_function = tty_take;
	rl_deprep_term_function = keep;
}

bool tty_has_escape_sequences(void)
{
	return rl_terminal_name && *rl_terminal_name && strcmp(rl_terminal_name, "dumb") != 0;
}
