/*
 * tty.h - the terminal is readline's, until it is given back
 *
 * readline would give it back for each line, which is heard by whom we draw for.
 */
#pragma once

#include <stdbool.h>

/* Before rl_initialize(). */
void tty_init(void);

/*
 * Once it is ours: a process in the background stops until it is in the foreground.  meta: as
 * rl_prep_terminal() has it.  Nothing if it is taken.
 */
void tty_take(int meta);

/* As it was, with all that was drawn. */
void tty_give_back(void);

/* After rl_initialize().  One that terminfo does not know has them, too: it is a new one, most
 * likely, or comes by ssh. */
bool tty_has_escape_sequences(void);
