/* keeper.c - a small process that outlives a crash of ours for a moment */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "mtchatd/descriptors.h"
#include "mtchatd/keeper.h"
#include "mtchatd/tally.h"

static bool is_known(const struct keeper *keeper, uint32_t fd)
{
	return fd / 8 >= keeper->known_size || keeper->known[fd / 8] & 1U << fd % 8;
}

/* Whoever has a slot was parked before. */
static void know_the_parked(struct keeper *keeper)
{
	uint64_t slots = word_get(&keeper->core->legacy->slots);

	for (uint64_t i = 0; i < slots && i < SLOTS_MAX; i++) {
		const struct slot *slot = &keeper->core->slots[i];
		uint32_t fd = (uint32_t)slot->fd;

		if (slot->use != SLOT_FREE && fd / 8 < keeper->known_size)
			keeper->known[fd / 8] |= (uint8_t)(1U << fd % 8);
	}
}

/* A connection of a client that nobody has hung up on; *ret says which. */
static bool is_connection(int fd, struct parked *ret)
{
	int type, domain, listens = 0;
	socklen_t size = sizeof(int);
	struct tally tally;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || listens ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0)
		return false;
	*ret = (struct parked){.slot = PARKED_NOWHERE};
	size = sizeof(ret->cookie);
	/* Perhaps we died before its count was begun.  Never twice: in the midst of a compaction
	 * there are copies of sockets that have given much, and a Unix socket would forget it. */
	if (domain != AF_UNIX || tally_take(&tally, fd, domain, 0) == -ENODATA)
		tally_begin(fd, domain);
	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &ret->cookie, &size) == 0 &&
	       tally_take(&tally, fd, domain, 0) == 0 && tally.talks;
}

/* In any bag that has space. */
static void park(struct keeper *keeper, const struct parked *who, int fd)
{
	for (uint32_t i = 0; i < keeper->parking->count; i++) {
		if (bag_park(&keeper->parking->bags[i], who, fd) == 0)
			return;
	}
}

static void park_strays(struct keeper *keeper)
{
	uint64_t fds = word_get(&keeper->core->legacy->fds) + LEGACY_FDS_SLACK;
	struct parked who;

	know_the_parked(keeper);
	/* Beyond what is known there is none, whatever the arena says. */
	for (uint32_t fd = STDERR_FILENO + 1; fd < fds && fd / 8 < keeper->known_size; fd++) {
		if (!is_known(keeper, fd) && is_connection((int)fd, &who))
			park(keeper, &who, (int)fd);
	}
}

/* Nothing here allocates or locks: other threads of ours may have held any lock at the clone. */
static _Noreturn void keep(struct keeper *keeper)
{
	struct pollfd pollfd = {.fd = keeper->parent, .events = POLLIN};
	struct legacy *legacy = keeper->core->legacy;

	prctl(PR_SET_NAME, "keeper");
	while (poll(&pollfd, 1, -1) < 0)
		continue;
	if (!word_get(&legacy->ended_at))
		word_set(&legacy->ended_at, clock_ms());
	park_strays(keeper);
	_exit(0);
}

/* A child that shares the table of descriptors.  Its pid, or -errno; in the child 0. */
static pid_t clone_files(void)
{
	sigset_t all, before;
	long pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid != 0)
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid < 0 ? -errno : (pid_t)pid;
}

int keeper_init(struct keeper *keeper, const struct core *core, struct parking *parking)
{
	*keeper = (struct keeper){.core = core, .parking = parking, .source.fd = -1};
	keeper->parent = pidfd_open(getpid(), 0);
	if (keeper->parent < 0)
		return -errno;
	keeper->known_size = (size_t)descriptors_raise() / 8 + 1;
	keeper->known = calloc(1, keeper->known_size); /* sparse */
	return keeper->known ? 0 : -ENOMEM;
}

int keeper_start(struct keeper *keeper)
{
	pid_t pid = clone_files();

	if (pid == 0)
		keep(keeper);
	if (pid < 0)
		return pid;
	keeper->pid = pid;
	keeper->source.fd = pidfd_open(pid, 0);
	return keeper->source.fd < 0 ? -errno : 0;
}

void keeper_reap(struct keeper *keeper)
{
	waitpid(keeper->pid, NULL, 0);
	close(keeper->source.fd);
	keeper->source.fd = -1;
	keeper->pid = 0;
}

void keeper_done(struct keeper *keeper)
{
	closep(&keeper->source.fd);
	closep(&keeper->parent);
	free(keeper->known);
	*keeper = (struct keeper){.source.fd = -1, .parent = -1};
}
