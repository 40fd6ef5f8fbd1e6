/*
 * paste.h - text that the terminal says is pasted: put into readline's line when it is whole
 *
 * readline's own way waits for the end of the paste, and is not safe if the terminal vanishes
 * before (8.2: it reads beyond what came).
 *
 * A CR, a LF, and both in this order are one LF each.  What is beyond PASTE_MAX, or beyond memory,
 * is left out up to the paste's end, with a bell: as keys it would be said line by line.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	PASTE_MAX = 1024 * 1024, /* bytes */
	PASTE_LATE_MS = 1000,    /* of silence: its end may have been lost */
};

/*
 * has_commands: what is typed goes to a server with commands.  Then a paste of several lines is
 * text: each of them that looks like a command gets another slash (slash.h), which one sees and can
 * take away.  A paste of one line is as if it was typed.
 */
void paste_init(bool has_commands);

/* For readline: a paste begins; the bytes that follow are for paste_add(). */
int paste_begin(int count, int key);

bool paste_is_open(void);

/* So long nobody has read: that was no silence. */
void paste_waited(uint64_t ms);

/* Takes the next byte.  true: it was the last, and the text is in the line. */
bool paste_add(int byte);

/* No more will come: what came is put into the line.  Also when none is open. */
void paste_end(void);

/*
 * A key came from the terminal.  Ends and draws a paste that has been silent for PASTE_LATE_MS, if
 * the key comes alone: what is late because the link is slow comes with more.  Is the key done
 * with?  An Enter is, as it would say what nobody has seen yet.
 */
bool paste_end_late(int key);
