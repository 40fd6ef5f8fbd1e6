/*
 * state.h - files that outlive a session, in a folder of the user's own
 *
 * $XDG_STATE_HOME/mtchat, or ~/.local/state/mtchat.  Folders are made 0700, files are 0600 whatever
 * they were.  Several clients of one user may have one file in hand: who changes it has it locked
 * (flock), for a moment; who only reads need not.  A kill at any place leaves the old file or the
 * new one, and at most one scratch file behind ("NAME.new"), which the next one takes the place of.
 */
#pragma once

#include <stddef.h>

enum {
	STATE_PATH_SIZE = 4096,
	STATE_WAIT_MS =
		200, /* for a lock: who holds one is done in a millisecond, or was stopped */
};

/* Where a file of that name is, into STATE_PATH_SIZE bytes.  0; -ENOENT: nobody says where home is;
 * -ENAMETOOLONG. */
int state_path(char *ret, const char *name);

/* Opens it to be read.  A descriptor; -ENOENT; -ELOOP: it is a symlink; -EBADF: no regular file, or
 * somebody else's; -errno. */
int state_open(const char *path);

/*
 * Opens it to be read and added to, and locks it; makes it and its folders if they are not there.
 * The lock goes with the descriptor.  As state_open(); -EAGAIN: somebody else holds the lock, all
 * the time.  A file system that knows no locks goes without.
 */
int state_lock(const char *path, unsigned int wait_ms);

/* While it is locked: puts a new file in its place, in one step, also if power fails.  0, or
 * -errno.
 */
int state_replace(const char *path, const char *bytes, size_t size);
