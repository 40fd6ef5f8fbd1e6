/* test-store-queue.c - a manager that is slow to read, and a sender that dies before it reads */
#include <signal.h>
#include <sys/wait.h>

#include "common/clock.h"

#include "store-manager.h"
#include "tap.h"

enum { WAIT_MS = 10000 }; /* for what is sure to come */

/* Messages that say nothing, until no more are taken. */
static void fill(struct notify *notify)
{
	while (notify_send(notify, "STATUS=x\n") == 0)
		;
}

static void test_full_queue(void)
{
	struct notify notify;
	struct store store;
	uint64_t before;

	begin(&store, &notify, "abc", "arena:rest:more");
	ok(store_claim(&store, "arena") >= 0, "one is claimed");
	fill(&notify);
	alarm(WAIT_MS / 1000); /* what waits ends the test */
	is(store_put(&store, "b", manager_fd), -EAGAIN, "a full queue is told at once");
	is(store_remove(&store, "arena"), -EAGAIN, "and at a removal");
	is(store_forget_rest(&store), -EAGAIN, "and by the rest");
	ok(!is_open(FIRST + 1) && !is_open(FIRST + 2), "which is closed all the same");
	is(store_put(&store, "rest", manager_fd), -EAGAIN, "but still in the store");
	before = clock_ms();
	is(store_put_waiting(&store, "b", manager_fd, SHORT_MS), -ETIMEDOUT, "waited for nothing");
	ok(clock_ms() - before >= SHORT_MS, "for the time given");
	is(store_barrier(&store, SHORT_MS), -ETIMEDOUT, "nor is there room for a barrier");
	alarm(0);
	read_all();
	is(store_put(&store, "arena", manager_fd), 0, "another in the place of a removed one");
	ok(comes("FDSTOREREMOVE=1\nFDNAME=arena\n", false) &&
		   comes("FDSTORE=1\nFDNAME=arena\nFDPOLL=0\n", true) && nothing_comes(),
	   "first that one is forgotten");
	is(store_put(&store, "rest", manager_fd), 0, "or of one of the rest");
	read_all();
	is(store_forget_rest(&store), 1, "the other one is forgotten now");
	ok(comes("FDSTOREREMOVE=1\nFDNAME=more\n", false) && nothing_comes(), "it alone");
	is(store_put(&store, "b", manager_fd), 0, "put");
	end(&store, &notify);
}

/* A claimed one is not forgotten with its twin because the rest has to wait. */
static void test_full_queue_twins(void)
{
	struct notify notify;
	struct store store;

	begin(&store, &notify, "abca", "rest:arena:rest:arena");
	ok(store_claim(&store, "arena") == FIRST + 1, "one of two is claimed");
	fill(&notify);
	is(store_forget_rest(&store), -EAGAIN, "the rest has to wait");
	read_all();
	is(store_put(&store, "arena", manager_fd), -EEXIST, "the claimed one is there");
	ok(nothing_comes(), "and not removed");
	is(store_put(&store, "rest", manager_fd), 0, "the rest goes at a put, at once");
	ok(comes("FDSTOREREMOVE=1\nFDNAME=rest\n", false) &&
		   comes("FDSTORE=1\nFDNAME=rest\nFDPOLL=0\n", true) && nothing_comes(),
	   "in this order");
	is(store_forget_rest(&store), 0, "nothing is left");
	ok(nothing_comes(), "and nothing is said");
	end(&store, &notify);
}

/* Reads messages until `last` of them came; a barrier's end is closed with the rest. */
static _Noreturn void be_manager(int last)
{
	char text[TEXT_MAX];
	int fd;

	alarm(WAIT_MS / 1000);
	while (last > 0 && receive(text, &fd, 0)) {
		if (fd >= 0)
			close(fd);
		if (strncmp(text, "STATUS=", 7) != 0)
			last--;
	}
	_exit(last == 0 ? 0 : 1);
}

static pid_t start_reader(int last)
{
	pid_t pid;

	fflush(NULL); /* or the child says all of it again */
	pid = fork();

	if (pid < 0)
		bail_out("cannot fork");
	if (pid == 0)
		be_manager(last);
	return pid;
}

static bool ended_well(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_waiting(void)
{
	struct notify notify;
	struct store store;
	pid_t pid;

	begin(&store, &notify, NULL, NULL);
	fill(&notify);
	pid = start_reader(1);
	is(store_put_waiting(&store, "b", manager_fd, WAIT_MS), 0, "put once there is room");
	ok(ended_well(pid), "it came");
	is(store_put_waiting(&store, "b", manager_fd, WAIT_MS), -EEXIST, "errors are told at once");
	fill(&notify);
	pid = start_reader(2);
	is(store_put_waiting(&store, "c", manager_fd, WAIT_MS), 0, "put before a barrier");
	is(store_barrier(&store, WAIT_MS), 0, "the barrier is passed");
	ok(ended_well(pid), "all came before it");
	end(&store, &notify);
}

/* The barrier falls when its message was read, and not when it was only taken. */
static void test_barrier(void)
{
	struct notify notify;
	struct store store;
	uint64_t before = clock_ms();
	char text[TEXT_MAX];
	int fd;

	begin(&store, &notify, NULL, NULL);
	is(store_barrier(&store, SHORT_MS), -ETIMEDOUT, "nobody reads");
	ok(clock_ms() - before >= SHORT_MS, "for the time given");
	ok(receive(text, &fd, MSG_DONTWAIT) && strcmp(text, "BARRIER=1") == 0 && fd >= 0,
	   "its message stands alone");
	is(write(fd, "x", 1), -1, "nobody waits for it any more");
	is(errno, EPIPE, "its other end is closed");
	close(fd);
	notify_close(&notify);
	notify.fd = manager_fd; /* a socket that is connected to nobody */
	is(store_barrier(&store, WAIT_MS), -ENOTCONN, "an error is told at once");
	notify.fd = -1;
	end(&store, &notify);
}

/* Keeps three and dies at once. */
static _Noreturn void live_and_die(void)
{
	struct notify notify;
	struct store store;

	if (notify_open(&notify) < 0 || store_open(&store, &notify) < 0 ||
	    store_put(&store, "arena", marked('a')) < 0 ||
	    store_put(&store, "listen.0", marked('l')) < 0 ||
	    store_put(&store, "b0.0", marked('b')) < 0)
		_exit(1);
	kill(getpid(), SIGKILL);
	_exit(2);
}

static void test_two_lives(void)
{
	char names[TEXT_MAX] = "", text[TEXT_MAX];
	int fds[3], status = 0;
	struct notify notify;
	struct store store;
	pid_t pid;

	fflush(NULL); /* or the child says all of it again */
	pid = fork();

	if (pid == 0)
		live_and_die();
	ok(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "a process is killed");
	for (int i = 0; i < 3; i++) {
		bool came = receive(text, &fds[i], MSG_DONTWAIT) && fds[i] >= 0;
		char *name = came ? strstr(text, "FDNAME=") : NULL;

		if (!name)
			bail_out("a message is missing");
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%.*s",
			 i > 0 ? ":" : "", (int)strcspn(name + 7, "\n"), name + 7);
	}
	begin(&store, &notify, "xxx", names);
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], FIRST + i) < 0)
			bail_out("cannot hand over");
	ok(mark_of(store_claim(&store, "b0.0")) == 'b' &&
		   mark_of(store_claim(&store, "arena")) == 'a' &&
		   mark_of(store_claim(&store, "listen.0")) == 'l',
	   "the next one has all it kept, by their names");
	is(store_forget_rest(&store), 0, "and nothing else");
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	end(&store, &notify);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	start_manager();
	test_full_queue();
	test_full_queue_twins();
	test_waiting();
	test_barrier();
	test_two_lives();
	return done();
}
