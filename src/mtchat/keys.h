/*
 * keys.h - keys that do something else here than in other programs with readline
 *
 * For those who edit as in emacs, and for those who edit as in vi:
 *	Enter	the caller's, and so is any key that the user's inputrc makes an Enter
 *	TAB	tab.h; without `known`, a TAB
 *	^D	deletes; on an empty line, the end, which is readline's matter
 *	pastes	paste.h
 *	^L	an empty screen, the rows above the prompt included
 * What else would end a line is no key any more, as it would not be asked for; nor is what reads
 * the inputrc again, which would give such keys back.
 *
 * A byte of 0x80 or more is a part of a character, never a command: whatever the locale, and
 * whatever the user's inputrc binds to it.  Meta with a key is ESC and the key.
 */
#pragma once

#include <readline/readline.h>

#include "mtchat/known.h"

/* rl_initialize(), for bytes that are UTF-8. */
void keys_initialize(void);

/* After that. */
void keys_bind(rl_command_func_t *enter, const struct known *known);
