/* state.c - files that outlive a session, in a folder of the user's own */
#include "mtchat/state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/deadline.h"

enum { LOCK_STEP_MS = 5 };

int state_path(char *ret, const char *name)
{
	const char *state = secure_getenv("XDG_STATE_HOME");
	const char *home = secure_getenv("HOME");
	int size;

	if (state && *state == '/') /* a relative one is to be passed over, says its standard */
		size = snprintf(ret, STATE_PATH_SIZE, "%s/mtchat/%s", state, name);
	else if (home && *home == '/')
		size = snprintf(ret, STATE_PATH_SIZE, "%s/.local/state/mtchat/%s", home, name);
	else
		return -ENOENT;
	return size < STATE_PATH_SIZE ? 0 : -ENAMETOOLONG;
}

/* A FIFO must not stop us, and a symlink not lead us to another file. */
static int open_own(const char *path, int flags)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;

	fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EISDIR || errno == ENXIO ? -EBADF : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return -EBADF;
	if ((flags & O_ACCMODE) != O_RDONLY && (st.st_mode & 07777) != 0600 && fchmod(fd, 0600) < 0)
		return -errno;
	return take_fd(&fd);
}

int state_open(const char *path)
{
	return open_own(path, O_RDONLY);
}

/* mkdir -p, of what is before the last slash. */
static int make_folders(const char *path)
{
	char folder[STATE_PATH_SIZE];
	size_t size = strlen(path);

	if (size >= sizeof(folder))
		return -ENAMETOOLONG;
	memcpy(folder, path, size + 1);
	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

/* 0; -EAGAIN. */
static int lock(int fd, uint64_t deadline)
{
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return 0; /* no locks here */
		if (clock_ms() >= deadline)
			return -EAGAIN;
		poll(NULL, 0, LOCK_STEP_MS);
	}
	return 0;
}

/* Has nobody put another file in its place, before the lock was ours? */
static bool is_current(int fd, const char *path)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) == 0 && lstat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
	       ours.st_dev == theirs.st_dev;
}

int state_lock(const char *path, unsigned int wait_ms)
{
	uint64_t deadline = clock_ms() + wait_ms;
	int r = make_folders(path);

	while (r == 0) {
		AUTO_CLOSE int fd = open_own(path, O_RDWR | O_APPEND | O_CREAT);

		if (fd < 0)
			return fd;
		r = lock(fd, deadline);
		if (r == 0 && is_current(fd, path))
			return take_fd(&fd);
		if (r == 0 && clock_ms() >= deadline)
			r = -EAGAIN;
	}
	return r;
}

static int write_all(int fd, const char *bytes, size_t size)
{
	ssize_t written;

	while (size > 0) {
		written = write(fd, bytes, size);
		if (written < 0 && errno != EINTR)
			return -errno;
		bytes += written > 0 ? written : 0;
		size -= written > 0 ? (size_t)written : 0;
	}
	return 0;
}

int state_replace(const char *path, const char *bytes, size_t size)
{
	char scratch[STATE_PATH_SIZE + sizeof(".new")];
	AUTO_CLOSE int fd = -1;
	int r;

	snprintf(scratch, sizeof(scratch), "%s.new", path);
	unlink(scratch); /* of one that was killed here */
	fd = open(scratch, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, bytes, size);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && rename(scratch, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(scratch);
	return r;
}
