/* test-tally.c - the kernel's count is exact, whatever happened to the process that kept one */
#include <errno.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/clock.h"
#include "mtchatd/tally.h"

#include "connected.h"
#include "tap.h"

enum { PIECE = 1 << 18 };

static char piece[PIECE];

/* Called in the middle of each look at a socket; puts something in its way. */
static void (*disturb)(int fd);
static int disturbances;

/* In libc's place, for all of this program. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request == SIOCINQ && disturb) {
		disturbances++;
		disturb(fd);
	}
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

static struct tally take(const struct connected *c, uint64_t received)
{
	struct tally tally;
	int r = tally_take(&tally, c->us, c->family, received);

	if (r < 0) {
		printf("Bail out! tally_take: %s\n", strerror(-r));
		abort();
	}
	return tally;
}

static uint64_t give(int fd, size_t size)
{
	ssize_t n = send(fd, piece, size, MSG_NOSIGNAL);

	if (n < 0)
		abort();
	return (uint64_t)n;
}

static uint64_t get(int fd, size_t size)
{
	ssize_t n = recv(fd, piece, size, 0);

	if (n < 0)
		abort();
	return (uint64_t)n;
}

static void set_deaf(int fd, bool deaf)
{
	static struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = {1, &nothing};

	if (setsockopt(fd, SOL_SOCKET, deaf ? SO_ATTACH_FILTER : SO_DETACH_FILTER, &program,
		       sizeof(program)) < 0)
		abort();
}

static void check(const struct connected *c, uint64_t consumed, uint64_t accepted, const char *when)
{
	struct tally tally = take(c, 0);

	is(tally.consumed, (long long)consumed, "consumed: %s", when);
	is(tally.accepted, (long long)accepted, "accepted: %s", when);
}

static void test_counts(int family)
{
	struct connected c = connect_pair(family);
	uint64_t sent = 0;

	check(&c, 0, 0, "a new connection");
	give(c.peer, 1000);
	await_bytes(c.us, 1000);
	check(&c, 0, 0, "nothing read yet");
	get(c.us, 300);
	check(&c, 300, 0, "some of it");
	(void)recv(c.us, piece, 200, MSG_PEEK);
	check(&c, 300, 0, "only looked at");
	get(c.us, 700);
	check(&c, 1000, 0, "all of it");
	for (int i = 1; i < 100; i++)
		sent += give(c.us, (size_t)i);
	check(&c, 1000, sent, "sent in small pieces");
	await_bytes(c.peer, (int)sent);
	get(c.peer, 1234);
	check(&c, 1000, sent, "some of which was read");
	ok(take(&c, 0).talks, "it talks");
	disconnect_pair(&c);
}

static void test_peer_fin(void)
{
	struct connected c = connect_pair(AF_INET);
	struct tally tally;

	give(c.peer, 100);
	get(c.us, 40);
	shutdown(c.peer, SHUT_WR);
	await_state(c.us, 8);
	check(&c, 40, 0, "FIN came, not read yet");
	get(c.us, 60);
	check(&c, 100, 0, "all is read but FIN");
	is(get(c.us, 1) + get(c.us, 1), 0, "FIN is read, twice");
	give(c.us, 77);
	check(&c, 100, 77, "FIN is no byte, and one can still send");
	tally = take(&c, 0);
	ok(tally.talks && !tally.dead, "it talks: we have not hung up");
	set_deaf(c.peer, true);
	give(c.us, 10);
	shutdown(c.us, SHUT_WR);
	await_state(c.us, 9);
	check(&c, 100, 87, "our FIN too, not acknowledged (LAST_ACK)");
	ok(!take(&c, 0).talks, "it talks no more");
	disconnect_pair(&c);
}

static void test_our_fin(void)
{
	struct connected c = connect_pair(AF_INET);

	give(c.peer, 10);
	get(c.us, 5);
	give(c.us, 500);
	await_bytes(c.peer, 500);
	shutdown(c.us, SHUT_WR);
	await_state(c.us, 5);
	check(&c, 5, 500, "our FIN (FIN_WAIT2)");
	give(c.peer, 20);
	await_bytes(c.us, 25);
	get(c.us, 15);
	check(&c, 20, 500, "and the peer goes on");
	ok(!take(&c, 0).talks && !take(&c, 0).dead, "it does not talk and is not dead");
	disconnect_pair(&c);

	c = connect_pair(AF_INET);
	set_deaf(c.peer, true);
	give(c.us, 500);
	shutdown(c.us, SHUT_WR);
	await_state(c.us, 4);
	check(&c, 0, 500, "our FIN, not acknowledged (FIN_WAIT1)");
	give(c.peer, 30);
	shutdown(c.peer, SHUT_WR);
	await_state(c.us, 11);
	get(c.us, 20);
	check(&c, 20, 500, "both FINs have crossed (CLOSING)");
	ok(!take(&c, 0).talks && !take(&c, 0).dead, "it does not talk and is not dead");
	disconnect_pair(&c);
}

static void test_reset(void)
{
	struct connected c = connect_pair(AF_INET6);
	struct tally tally;

	give(c.peer, 500);
	await_bytes(c.us, 500);
	get(c.us, 120);
	reset_peer(&c);
	await_state(c.us, 7);
	tally = take(&c, 0);
	is(tally.consumed, 120, "a reset does not count what was not read");
	ok(tally.dead && !tally.talks, "it is dead");
	is(get(c.us, PIECE), 380, "what was not read can be read");
	is(take(&c, 0).consumed, 500, "and counts then");
	disconnect_pair(&c);
}

static void test_zero_window(void)
{
	struct connected c = connect_pair(AF_INET);
	uint64_t sent = 0, got = 0;
	ssize_t n;

	while ((n = send(c.us, piece, PIECE, MSG_DONTWAIT)) > 0)
		sent += (uint64_t)n;
	ok(sent > 100000, "a peer that does not read: %llu bytes", (unsigned long long)sent);
	check(&c, 0, sent, "its window is shut");
	while (got < sent) {
		got += get(c.peer, PIECE);
		if (take(&c, 0).accepted != sent)
			break;
	}
	is(got, (long long)sent, "and at each step while it reads");
	disconnect_pair(&c);
}

static void test_urgent(void)
{
	struct connected c = connect_pair(AF_INET);
	uint64_t got = 0;

	give(c.peer, 100);
	if (send(c.peer, "!", 1, MSG_OOB) != 1)
		abort();
	give(c.peer, 50);
	await_bytes(c.us, 151);
	get(c.us, 30);
	check(&c, 30, 0, "an urgent byte is ahead");
	for (got = 30; got < 151;) {
		got += get(c.us, 20);
		if (take(&c, 0).consumed != got)
			break;
	}
	is(got, 151, "it is a byte like any other");
	disconnect_pair(&c);
}

static struct connected disturbed;
static uint64_t disturbed_sent, disturbed_accepted;

/* A byte each way, which acknowledges the other: neither side ever has to pause. */
static void send_more(int fd)
{
	disturbed_accepted += give(fd, 1);
	disturbed_sent += give(disturbed.peer, 1);
}

static void send_more_loudly(int fd)
{
	setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &(int){0}, sizeof(int));
	send_more(fd);
}

/* What tally_take() says when 100 bytes were read, and each look is disturbed. */
static int take_disturbed(struct tally *ret, void (*by)(int fd))
{
	int r;

	disturbed = connect_pair(AF_INET);
	disturbed_sent = give(disturbed.peer, 1000);
	await_bytes(disturbed.us, 1000);
	get(disturbed.us, 100);
	disturbed_accepted = 0;
	disturbances = 0;
	disturb = by;
	r = tally_take(ret, disturbed.us, AF_INET, 0);
	disturb = NULL;
	return r;
}

static void test_never_quiet(void)
{
	struct tally tally;

	is(take_disturbed(&tally, send_more), 0, "a peer that never pauses");
	is(tally.consumed, 100, "is counted exactly");
	is(tally.accepted, (long long)disturbed_accepted, "both ways");
	ok(disturbances > 100, "though there was a byte each way %d times meanwhile", disturbances);
	await_bytes(disturbed.us, (int)disturbed_sent - 100);
	is(get(disturbed.us, PIECE), (long long)disturbed_sent - 100, "no byte of it is lost");
	check(&disturbed, disturbed_sent, disturbed_accepted, "all of it read");
	set_deaf(disturbed.us, true);
	check(&disturbed, disturbed_sent, disturbed_accepted, "left deaf by one that died");
	give(disturbed.peer, 1);
	await_bytes(disturbed.us, 1);
	ok(true, "it hears again");
	disconnect_pair(&disturbed);

	is(take_disturbed(&tally, send_more_loudly), -EAGAIN, "there is an end to the tries");
	ok(disturbances > 100, "after %d", disturbances);
	disconnect_pair(&disturbed);
}

/* Through both ends of several cycles, the record short by chance. */
static void test_unix_cycles(void)
{
	const uint64_t far = 2 * TALLY_CYCLE + TALLY_CYCLE / 8;
	struct connected c = connect_pair(AF_UNIX);
	uint64_t received = 0, begun = clock_ms();
	int wrong = 0;

	for (int turn = 0; received < far; turn++) {
		uint64_t n, before = received;

		give(c.peer, PIECE / 2);
		n = get(c.us, PIECE);
		received += n;
		tally_received(c.us, c.family, received, n);
		if (turn % 100 == 0)
			wrong += take(&c, before).consumed != received;
	}
	wrong += take(&c, received).consumed != received;
	is(wrong, 0, "a Unix socket's count over %llu MiB", (unsigned long long)(received >> 20));
	printf("# in %llu ms\n", (unsigned long long)(clock_ms() - begun));
	disconnect_pair(&c);
}

/* As if so many bytes were received: the kernel stops at 0, too. */
static void pass_over(const struct connected *c, uint64_t count)
{
	socklen_t size = sizeof(int);
	int off;

	if (getsockopt(c->us, SOL_SOCKET, SO_PEEK_OFF, &off, &size) < 0)
		abort();
	off = (uint64_t)off > count ? off - (int)count : 0;
	if (setsockopt(c->us, SOL_SOCKET, SO_PEEK_OFF, &off, size) < 0)
		abort();
}

/* It dies at the end of each cycle, before the count is set back; the next one goes on. */
static void test_unix_edge(void)
{
	struct connected c = connect_pair(AF_UNIX);
	uint64_t received = 0;
	int wrong = 0;

	for (int i = 0; i < 10; i++) {
		pass_over(&c, TALLY_CYCLE - 50);
		received += TALLY_CYCLE - 50;
		give(c.peer, 100);
		get(c.us, 100);
		wrong += take(&c, received).consumed != received + 100;
		received += 100;
	}
	is(wrong, 0, "a count that was not set back is, by the next process");
	give(c.peer, 200);
	get(c.us, 60);
	is(take(&c, received - TALLY_CYCLE + 61).consumed, (long long)received + 60,
	   "a record may be short by one less than a cycle");
	is(take(&c, received + 60).consumed, (long long)received + 60, "or right");
	disconnect_pair(&c);
}

static void test_unix_ends(void)
{
	struct connected c = connect_pair(AF_UNIX);
	struct tally tally;
	int bare[2];

	give(c.peer, 100);
	get(c.us, 30);
	shutdown(c.peer, SHUT_WR);
	ok(take(&c, 0).talks, "a Unix peer that only sends no more: it talks");
	disconnect_pair(&c);
	c = connect_pair(AF_UNIX);
	shutdown(c.us, SHUT_WR);
	ok(!take(&c, 0).talks, "we have sent FIN: it does not");
	disconnect_pair(&c);
	c = connect_pair(AF_UNIX);
	give(c.peer, 100);
	get(c.us, 30);
	close(take_fd(&c.peer));
	tally = take(&c, 0);
	ok(!tally.talks && !tally.dead, "the peer is gone: it does not, and what it left is there");
	is(tally.consumed, 30, "not counted");
	is(get(c.us, 100), 70, "to be read");
	disconnect_pair(&c);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, bare) < 0)
		abort();
	is(tally_take(&tally, bare[0], AF_UNIX, 0), -ENODATA,
	   "a Unix socket nobody began to count");
	is(tally_take(&tally, bare[0], AF_INET, 0), -EOPNOTSUPP, "no TCP socket");
	close(bare[0]);
	close(bare[1]);
	is(tally_take(&tally, -1, AF_INET, 0), -EBADF, "no socket at all");
}

int main(void)
{
	test_counts(AF_INET);
	test_counts(AF_INET6);
	test_peer_fin();
	test_our_fin();
	test_reset();
	test_zero_window();
	test_urgent();
	test_never_quiet();
	test_unix_cycles();
	test_unix_edge();
	test_unix_ends();
	return done();
}
