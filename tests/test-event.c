/* test-event.c - each source is called for its own events, and never after it was removed */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/event.h"

#include "tap.h"

enum { MANY = 200, LONG_MS = 10000 };

/* A pipe, and who is responsible for its reading end. */
struct pipe_end {
	struct event_source source;
	int write_fd;
	int calls;
	uint32_t events;
	struct pipe_end *removes; /* when it is called */
	bool adds_again;          /* what it has removed */
};

static struct event_loop loop;

static void note(struct event_source *source, uint32_t events)
{
	struct pipe_end *end = source->owner;

	end->calls++;
	end->events = events;
	if (!end->removes)
		return;
	event_remove(&loop, &end->removes->source);
	if (end->adds_again && event_add(&loop, &end->removes->source, EPOLLIN) < 0)
		end->calls += 1000;
}

static void open_end(struct pipe_end *end)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
		abort();
	*end = (struct pipe_end){
		.source = {.fd = fd[0], .handle = note, .owner = end},
		.write_fd = fd[1],
	};
}

static void close_write(struct pipe_end *end)
{
	if (end->write_fd >= 0)
		close(end->write_fd);
	end->write_fd = -1;
}

static void close_end(struct pipe_end *end)
{
	close(end->source.fd);
	close_write(end);
}

static void fill(const struct pipe_end *end)
{
	if (write(end->write_fd, "x", 1) != 1)
		abort();
}

static void test_calls(void)
{
	struct pipe_end one, two;

	open_end(&one);
	open_end(&two);
	is(event_add(&loop, &one.source, EPOLLIN), 0, "added");
	ok(one.source.added, "and knows it");
	is(event_add(&loop, &one.source, EPOLLIN), -EEXIST, "not twice");
	event_add(&loop, &two.source, EPOLLIN);

	is(event_wait(&loop, 0), 0, "nothing has happened");
	is(one.calls + two.calls, 0, "so nobody is called");
	fill(&one);
	is(event_wait(&loop, LONG_MS), 0, "something has");
	is(one.calls, 1, "who is responsible is called");
	is(one.events, EPOLLIN, "and told what it is");
	is(two.calls, 0, "nobody else");
	event_wait(&loop, LONG_MS);
	is(one.calls, 2, "and again, as long as it is not read");

	event_remove(&loop, &one.source);
	ok(!one.source.added, "removed");
	event_remove(&loop, &one.source);
	event_wait(&loop, 0);
	is(one.calls, 2, "it is called no more");
	close_end(&one);
	event_remove(&loop, &two.source);
	close_end(&two);
}

static void test_change(void)
{
	struct pipe_end end;

	open_end(&end);
	event_add(&loop, &end.source, 0);
	fill(&end);
	event_wait(&loop, 0);
	is(end.calls, 0, "who waits for nothing is not called");
	event_change(&loop, &end.source, EPOLLIN);
	event_wait(&loop, 0);
	is(end.calls, 1, "until it waits for it");
	event_change(&loop, &end.source, 0);
	event_wait(&loop, 0);
	is(end.calls, 1, "and no longer");
	close_write(&end);
	event_wait(&loop, LONG_MS);
	ok(end.calls == 2 && end.events & EPOLLHUP, "errors are told nevertheless");
	event_remove(&loop, &end.source);
	close_end(&end);
}

/* Two are ready at once, and the first to be called removes the other. */
static void test_remove_other(void)
{
	struct pipe_end one, two;

	open_end(&one);
	open_end(&two);
	one.removes = &two;
	two.removes = &one;
	fill(&one);
	fill(&two);
	event_add(&loop, &one.source, EPOLLIN);
	event_add(&loop, &two.source, EPOLLIN);
	event_wait(&loop, LONG_MS);
	is(one.calls + two.calls, 1, "who was removed meanwhile is not called");
	ok(one.source.added != two.source.added, "one of them is left");
	one.removes = two.removes = NULL;
	event_wait(&loop, LONG_MS);
	is(one.calls + two.calls, 2, "and is called again");
	event_remove(&loop, &one.source);
	event_remove(&loop, &two.source);
	close_end(&one);
	close_end(&two);
}

static void test_remove_self(void)
{
	struct pipe_end end;

	open_end(&end);
	end.removes = &end;
	fill(&end);
	event_add(&loop, &end.source, EPOLLIN);
	event_wait(&loop, LONG_MS);
	event_wait(&loop, 0);
	is(end.calls, 1, "one may remove itself");
	end.adds_again = true;
	event_add(&loop, &end.source, EPOLLIN);
	event_wait(&loop, LONG_MS);
	is(end.calls, 2, "and come back at once");
	event_wait(&loop, LONG_MS);
	is(end.calls, 3, "to be called again");
	event_remove(&loop, &end.source);
	close_end(&end);
}

/* What was reported before it went and came back is old: the next wait tells what holds now. */
static void test_remove_and_add(void)
{
	struct pipe_end one, two;

	open_end(&one);
	open_end(&two);
	one.removes = &two;
	two.removes = &one;
	one.adds_again = two.adds_again = true;
	fill(&one);
	fill(&two);
	event_add(&loop, &one.source, EPOLLIN);
	event_add(&loop, &two.source, EPOLLIN);
	event_wait(&loop, LONG_MS);
	is(one.calls + two.calls, 1, "who went and came back is not called for what was");
	ok(one.source.added && two.source.added, "but is there");
	event_remove(&loop, &one.source);
	event_remove(&loop, &two.source);
	close_end(&one);
	close_end(&two);
}

static void test_many(void)
{
	static struct pipe_end end[MANY];
	int waits = 0, called = 0, twice = 0;

	for (int i = 0; i < MANY; i++) {
		open_end(&end[i]);
		end[i].removes = &end[i];
		fill(&end[i]);
		if (event_add(&loop, &end[i].source, EPOLLIN) < 0)
			abort();
	}
	for (; called < MANY && waits < MANY; waits++) {
		event_wait(&loop, LONG_MS);
		called = 0;
		for (int i = 0; i < MANY; i++)
			called += end[i].calls;
	}
	for (int i = 0; i < MANY; i++) {
		twice += end[i].calls != 1;
		close_end(&end[i]);
	}
	is(called, MANY, "more than one wait can tell, in %d waits", waits);
	is(twice, 0, "each was called once");
}

static void ignore(int signal)
{
	(void)signal;
}

static void test_interrupted(void)
{
	const struct itimerval soon = {.it_interval.tv_usec = 1000, .it_value.tv_usec = 1000};
	const struct itimerval never = {0};
	struct sigaction old, action = {.sa_handler = ignore};

	sigaction(SIGALRM, &action, &old);
	setitimer(ITIMER_REAL, &soon, NULL);
	is(event_wait(&loop, LONG_MS), 0, "a signal ends a wait, and is no error");
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &old, NULL);
}

static void test_errors(void)
{
	struct event_source source = {.fd = -1, .handle = note};
	struct event_loop gone;

	is(event_add(&loop, &source, EPOLLIN), -EBADF, "no descriptor");
	ok(!source.added, "is not added");
	if (event_loop_init(&gone) < 0)
		abort();
	event_loop_done(&gone);
	is(gone.fd, -1, "a loop may end");
	event_loop_done(&gone);
	is(event_wait(&gone, 0), -EBADF, "and waits no more then");
}

int main(void)
{
	is(event_loop_init(&loop), 0, "a loop");
	is(fcntl(loop.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC, "which no child inherits");
	test_calls();
	test_change();
	test_remove_other();
	test_remove_self();
	test_remove_and_add();
	test_many();
	test_interrupted();
	test_errors();
	event_loop_done(&loop);
	return done();
}
