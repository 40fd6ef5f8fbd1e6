/*
 * paste.h - text that the terminal says is pasted: put into readline's line when it is whole
 *
 * readline's own way waits for the end of the paste, and is not safe if the terminal vanishes
 * before (8.2: it reads beyond what came).
 */
#pragma once

#include <stdbool.h>

/* For readline: a paste begins; the bytes that follow are for paste_add(). */
int paste_begin(int count, int key);

bool paste_is_open(void);

/* Takes the next byte.  true: it was the last, and the text is in the line. */
bool paste_add(int byte);

/* No more will come: what came is put into the line.  Also when none is open. */
void paste_end(void);
