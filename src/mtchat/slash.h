/*
 * slash.h - pasted lines that look like commands are text: they get a second slash
 *
 * Pure.  The server says of "//x" what is behind the first slash.  So a line that begins with a
 * slash is said as it was.  What begins like a command behind blanks, or with the wide slash
 * U+FF0F, the server would refuse: nothing can make it say that as it is, so it is said with a
 * plain slash at its begin.
 */
#pragma once

#include <stdbool.h>

/*
 * A copy with such slashes, to be freed.  begins: its first line is the begin of a line, too.
 * NULL: no memory.
 */
char *slash_add(const char *text, bool begins);

/* Takes them out of a text of several lines again, but for its first line, as the others become
 * words in it. */
void slash_remove(char *text);
