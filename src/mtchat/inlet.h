/*
 * inlet.h - keys from the terminal, and no wait for what is not there
 *
 * poll() says that there is a key, and then there may be none: ^C and ^Z make the kernel forget all
 * that was typed and not read.  So the terminal is told not to let us wait in a read().
 *
 * All bytes are UTF-8, whatever the terminal's encoding is.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Of stdin, once readline has prepared it. */
void inlet_open(void);

/* The next byte if there is one, else EOF; inlet_gone() tells whether there can be one. */
int inlet_take(void);

/* Has a character of another encoding become more bytes than were taken?  poll() does not know. */
bool inlet_holds(void);

/* The byte that inlet_read() gives next. */
void inlet_push(int byte);

/*
 * For readline, within a key or a paste: waits for the next byte.  EOF: the terminal is gone, or a
 * blocked signal waits: the rest may have been forgotten by the kernel.
 */
int inlet_read(FILE *in);

/* Does another byte come so soon that it belongs to the same key? */
bool inlet_has_more(void);

/* The terminal gave an end or an error. */
bool inlet_gone(void);
