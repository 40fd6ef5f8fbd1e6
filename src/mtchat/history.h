/*
 * history.h - what was typed in earlier sessions, in a file
 *
 * $XDG_STATE_HOME/mtchat/history, or ~/.local/state/mtchat/history: one entry a line, the oldest
 * first; a LF in an entry is "\n" there and a backslash is "\\".  Each entry is added to the file
 * when it was typed, under a lock (state.h): so neither a kill nor other sessions that end at the
 * same time lose any.  A session that ends makes the file shorter if it is too long.
 *
 * Entries with a line that may be private are never added, so they are never written: spelling.h.
 */
#pragma once

#include <stddef.h>

#include "mtchat/state.h"

enum {
	HISTORY_MAX = 1000,             /* entries: the oldest go */
	HISTORY_SIZE_MAX = 1024 * 1024, /* bytes of the file: likewise; while it is open, twice */
	HISTORY_PATH_SIZE = STATE_PATH_SIZE,
};

struct history {
	char **entries; /* the oldest first */
	size_t count;
};

/* Where the file is, into HISTORY_PATH_SIZE bytes.  0; -ENOENT: nobody says where home is;
 * -ENAMETOOLONG: then "", for a history in memory only. */
int history_path(char *ret);

void history_done(struct history *history);

/* Copies an entry to the end, unless it is private, empty, or the same as the last.  0, -ENOMEM. */
int history_add(struct history *history, const char *entry);

/* Reads the file.  0; -ENOENT; -ELOOP: it is a symlink; -EBADF: no regular file, or somebody
 * else's; -errno.  ret is empty then. */
int history_read(struct history *ret, const char *path);

/*
 * Puts the entries behind those of the file; makes its folders.  As history_read(); -EAGAIN: others
 * have it locked all the time.  A file that is twice as long as it may be is shortened.
 */
int history_append(const struct history *history, const char *path);

/* Takes the oldest entries out that are too many, and what is not to be kept; else nothing is
 * written but what the system still holds.  As history_append(). */
int history_shorten(const char *path);
