/*
 * history.h - what was typed in earlier sessions, in a file
 *
 * $XDG_STATE_HOME/mtchat/history, or ~/.local/state/mtchat/history: one entry a line, the oldest
 * first; a LF in an entry is "\n" there and a backslash is "\\".  Folders are made 0700, the file
 * is 0600.  It is replaced in one step by one that holds what it held, and the new entries behind:
 * so two sessions that end at once lose the new entries of one of them at most.
 *
 * Entries with a private line ("/msg ...") are never added, so they are never written.
 */
#pragma once

#include <stddef.h>

enum {
	HISTORY_MAX = 1000,             /* entries: the oldest go */
	HISTORY_SIZE_MAX = 1024 * 1024, /* bytes of the file: likewise */
	HISTORY_PATH_SIZE = 4096,
};

struct history {
	char **entries; /* the oldest first */
	size_t count;
};

/* Where the file is, into HISTORY_PATH_SIZE bytes.  0; -ENOENT: nobody says where home is;
 * -ENAMETOOLONG. */
int history_path(char *ret);

void history_done(struct history *history);

/* Copies an entry to the end, unless it is private, empty, or the same as the last.  0, -ENOMEM. */
int history_add(struct history *history, const char *entry);

/* Reads the file.  0; -ENOENT; -ELOOP: it is a symlink; -EBADF: no regular file, or somebody
 * else's; -errno.  ret is empty then. */
int history_read(struct history *ret, const char *path);

/* Puts the entries behind those of the file; makes its folders.  As history_read(). */
int history_write(const struct history *history, const char *path);
