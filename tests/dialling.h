/* dialling.h - what the tests of dial.h have in common: a dial is waited for, and leaves nothing */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mtchat/dial.h"

#include "tap.h"

enum { PATIENCE_MS = 20000 };

static inline struct target target_of(const char *text)
{
	struct target target;
	const char *why;

	if (target_parse(&target, text, &why) < 0)
		abort();
	return target;
}

static inline bool becomes_readable(int fd, int limit_ms)
{
	return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, limit_ms) > 0;
}

static inline struct dialled finish(struct dial *dial)
{
	struct dialled dialled = {.fd = -1, .status = -1};

	while (becomes_readable(dial->fd, PATIENCE_MS))
		if (dial_end(dial, &dialled))
			break;
	return dialled;
}

static inline struct dialled dial(const struct target *target)
{
	struct dial dial;

	if (dial_begin(&dial, target, false) < 0)
		abort();
	return finish(&dial);
}

static inline int count_fds(void)
{
	DIR *fds = opendir("/proc/self/fd");
	int count = 0;

	if (!fds)
		abort();
	while (readdir(fds))
		count++;
	closedir(fds);
	return count;
}

static inline bool has_no_child(void)
{
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

/* What one end sends the other one gets, until it has `size` bytes or nothing more comes. */
static inline size_t read_some(int fd, char *to, size_t size)
{
	size_t have = 0;
	ssize_t some = 1;

	while (have < size && some != 0 && becomes_readable(fd, PATIENCE_MS)) {
		some = read(fd, to + have, size - have);
		if (some > 0)
			have += (size_t)some;
		else if (errno != EAGAIN)
			break;
	}
	return have;
}

static inline void fails(const struct target *target, int status, const char *why)
{
	int before = count_fds();
	struct dialled dialled = dial(target);

	is(dialled.status, status, "no link: %s", dialled.why);
	is(dialled.fd, -1, "... and no descriptor");
	ok(strncmp(dialled.why, why, strlen(why)) == 0 && strlen(dialled.why) > strlen(why),
	   "... it is told as \"%s...\"", why);
	is(count_fds(), before, "... all descriptors are closed");
	ok(has_no_child(), "... no child is left");
}
