/*
 * tab.h - TAB in the prompt: puts in what the word may become, or lists it
 *
 * It is not readline's own way: that asks whether to list many, and waits for the answer.
 */
#pragma once

#include <stddef.h>

#include "mtchat/known.h"

/*
 * Changes readline's line: what all completions begin with is put in, a single one whole.  If that
 * changes nothing, returns them as lines to be shown, a few at
 * most, to be freed; else NULL.
 */
char *tab_press(const struct known *known, size_t columns);
