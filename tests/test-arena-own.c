/*
 * test-arena-own.c - an arena is one daemon's until it is gone, its keeper with it
 *
 * The keeper is a process that shares the table of descriptors, and may outlive the daemon.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "mtchatd/arena.h"

#include "tap.h"

enum { DEADLINE_MS = 10000, OWNED = 0, NOT_OWNED = 1, FAILED = 2 };

static struct arena arena;

/* In the arena, behind its header: what processes tell each other. */
struct news {
	atomic_int owns;   /* the daemon does */
	atomic_int keeper; /* its pid */
	atomic_int leave;
};

static struct news *news(void)
{
	return (void *)(arena.bytes + ARENA_PAGE / 2);
}

static int owned(int ms)
{
	switch (arena_own(&arena, ms)) {
	case 0:
		return OWNED;
	case -ETIMEDOUT:
		return NOT_OWNED;
	default:
		return FAILED;
	}
}

static int exit_of(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return FAILED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
}

/* Does another process get it? */
static int owned_by_another(int ms)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(owned(ms));
	return exit_of(pid);
}

static bool wait_for(atomic_int *word)
{
	uint64_t deadline = clock_ms() + DEADLINE_MS;

	while (!atomic_load(word) && clock_ms() < deadline)
		poll(NULL, 0, 1);
	return atomic_load(word) != 0;
}

static void begin(void)
{
	if (arena_new(&arena, ARENA_PAGE, ARENA_PAGE, 1) < 0)
		abort();
}

static void test_ours(void)
{
	uint64_t before;

	begin();
	is(owned_by_another(0), OWNED, "a new arena is nobody's");
	is(arena_own(&arena, 0), 0, "it can be owned");
	is(arena_own(&arena, 0), 0, "by its owner again and again");
	is(owned_by_another(0), NOT_OWNED, "by nobody else");
	before = clock_ms();
	is(owned_by_another(50), NOT_OWNED, "nor when it waits");
	ok(clock_ms() - before >= 50, "as long as it was told");
	arena_done(&arena);
	is(arena_own(&arena, 0), -EBADF, "without an arena there is nothing to own");
}

/* Why nobody may close a descriptor of an arena but arena_done(). */
static void test_trap(void)
{
	begin();
	arena_own(&arena, 0);
	close(fcntl(arena.fd, F_DUPFD_CLOEXEC, 0));
	is(owned_by_another(0), OWNED, "to close any copy is to let it go");
	arena_own(&arena, 0);
	is(owned_by_another(0), NOT_OWNED, "until it is owned again");
	arena_done(&arena);
}

/* A copy that another process has, like the service manager, neither holds it nor lets it go. */
static void test_copies(void)
{
	pid_t pid;

	begin();
	arena_own(&arena, 0);
	pid = fork();
	if (pid == 0) {
		arena_done(&arena);
		_exit(OWNED);
	}
	is(exit_of(pid), OWNED, "another process has closed its copy");
	is(owned_by_another(0), NOT_OWNED, "which is all the same to the owner");
	arena_done(&arena);
}

static _Noreturn void own_and_leave(void)
{
	if (owned(0) != OWNED)
		_exit(FAILED);
	atomic_store(&news()->owns, 1);
	if (!wait_for(&news()->leave))
		_exit(FAILED);
	poll(NULL, 0, 30); /* for the other one to be waiting meanwhile */
	_exit(OWNED);
}

static void test_wait(void)
{
	pid_t pid;

	begin();
	pid = fork();
	if (pid == 0)
		own_and_leave();
	ok(wait_for(&news()->owns), "another process owns it");
	is(arena_own(&arena, 0), -ETIMEDOUT, "so it is not ours");
	atomic_store(&news()->leave, 1);
	is(arena_own(&arena, DEADLINE_MS), 0, "it ends while we wait: now it is");
	is(exit_of(pid), OWNED, "it ended in order");
	arena_done(&arena);
}

/* Owns it, and starts a keeper; both go on until they are killed. */
static _Noreturn void run_daemon(void)
{
	long pid;

	if (owned(0) != OWNED)
		_exit(FAILED);
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid < 0)
		_exit(FAILED);
	if (pid > 0)
		atomic_store(&news()->keeper, (int)pid);
	for (;;)
		pause();
}

static void test_keeper(void)
{
	pid_t daemon, keeper;

	begin();
	daemon = fork();
	if (daemon == 0)
		run_daemon();
	ok(wait_for(&news()->keeper), "a daemon has a keeper");
	keeper = atomic_load(&news()->keeper);
	is(arena_own(&arena, 0), -ETIMEDOUT, "and owns its arena");
	kill(daemon, SIGKILL);
	ok(waitpid(daemon, NULL, 0) == daemon, "it is killed");
	is(kill(keeper, 0), 0, "its keeper lives");
	is(arena_own(&arena, 20), -ETIMEDOUT, "the arena is not free yet");
	if (keeper > 0)
		kill(keeper, SIGKILL);
	is(arena_own(&arena, DEADLINE_MS), 0, "now the keeper is gone, too: it is ours");
	ok(waitpid(keeper, NULL, 0) == keeper, "it has been killed");
	arena_done(&arena);
}

/* A keeper that dies first does not let the arena go under its daemon. */
static void test_keeper_first(void)
{
	pid_t daemon, keeper;

	begin();
	daemon = fork();
	if (daemon == 0)
		run_daemon();
	ok(wait_for(&news()->keeper), "another one");
	keeper = atomic_load(&news()->keeper);
	if (keeper > 0)
		kill(keeper, SIGKILL);
	is(arena_own(&arena, 20), -ETIMEDOUT, "its keeper is killed: the daemon still owns it");
	kill(daemon, SIGKILL);
	ok(waitpid(daemon, NULL, 0) == daemon, "it is killed as well");
	is(arena_own(&arena, DEADLINE_MS), 0, "then it is free");
	ok(waitpid(keeper, NULL, 0) == keeper, "its keeper was a child left behind");
	arena_done(&arena);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0); /* or children would say again what waits there */
	/* Keepers that are left behind become our children. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		abort();
	test_ours();
	test_trap();
	test_copies();
	test_wait();
	test_keeper();
	test_keeper_first();
	return done();
}
