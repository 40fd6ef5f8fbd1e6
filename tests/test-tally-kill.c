/* test-tally-kill.c - killed between any two steps, a process is short by what the kernel says */
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chance.h"
#include "connected.h"
#include "tap.h"

enum {
	TRIALS = 200,
	LIFE_US = 2000, /* at most */
	RING = 1 << 20, /* more than one process receives */
	PIECE = 30000,  /* at most, of one call */
	DAWDLE = 3000,  /* at most, between a call and its record */
	CALLS = 8,      /* at least */
	STOP = 8,
	LOST_MS = 10000,
};

/* What outlives a process: the bytes are there before they are counted. */
struct legacy_of_one {
	_Atomic uint64_t received, sent, calls;
	char ring[RING];
};

/* What the peer does and finds. */
struct peer {
	uint64_t received, sent, wrong;
};

static struct legacy_of_one *legacy;
static uint64_t luck = CHANCE_SEED;
static bool stops; /* for ever, one time in STOP, between a call and its record */

/* The byte at that place of a stream; the two directions differ. */
static char byte_at(uint64_t position, bool from_peer)
{
	uint64_t x = (position + from_peer) * UINT64_C(0x9e3779b97f4a7c15);

	return (char)(x >> 53);
}

static void compose(char *piece, size_t size, uint64_t position, bool from_peer)
{
	for (size_t i = 0; i < size; i++)
		piece[i] = byte_at(position + i, from_peer);
}

static void dawdle(void)
{
	legacy->calls++;
	if (stops && chance(&luck, STOP) == 0) {
		legacy->calls += CALLS;
		for (;;)
			pause();
	}
	for (uint32_t i = chance(&luck, DAWDLE); i > 0; i--)
		atomic_signal_fence(memory_order_seq_cst);
}

static size_t some(void)
{
	return 1 + chance(&luck, chance(&luck, 2) ? PIECE : 300);
}

static void receive_some(const struct connected *c)
{
	const uint64_t received = legacy->received;
	const size_t at = received % RING, left = RING - at, size = some();
	ssize_t n = recv(c->us, legacy->ring + at, size < left ? size : left, MSG_DONTWAIT);

	if (n <= 0)
		return;
	dawdle();
	legacy->received = received + (uint64_t)n;
	dawdle();
	tally_received(c->us, c->family, received + (uint64_t)n, (uint64_t)n);
}

static void send_some(const struct connected *c)
{
	static char piece[PIECE];
	const size_t size = some();
	ssize_t n;

	compose(piece, size, legacy->sent, false);
	n = send(c->us, piece, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n <= 0)
		return;
	dawdle();
	legacy->sent += (uint64_t)n;
}

_Noreturn static void live(const struct connected *c, uint64_t born)
{
	luck = born;
	stops = chance(&luck, 2);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		struct pollfd poller = {.fd = c->us, .events = POLLIN};

		receive_some(c);
		if (c->family != AF_UNIX) /* what was sent there nobody counts */
			send_some(c);
		else
			poll(&poller, 1, 1);
	}
}

static bool peer_receives(struct peer *peer, int fd)
{
	static char piece[PIECE];
	ssize_t n = recv(fd, piece, some(), MSG_DONTWAIT);

	for (ssize_t i = 0; i < n; i++)
		peer->wrong += piece[i] != byte_at(peer->received + (uint64_t)i, false);
	peer->received += n > 0 ? (uint64_t)n : 0;
	return n > 0;
}

static void peer_sends(struct peer *peer, int fd)
{
	static char piece[PIECE];
	const size_t size = some();
	ssize_t n;

	compose(piece, size, peer->sent, true);
	n = send(fd, piece, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	peer->sent += n > 0 ? (uint64_t)n : 0;
}

/* Bytes received that are not what the peer sent. */
static uint64_t wrong_in_ring(uint64_t from, uint64_t to)
{
	uint64_t wrong = 0;

	for (; from < to; from++)
		wrong += legacy->ring[from % RING] != byte_at(from, true);
	return wrong;
}

struct result {
	int behind_in, behind_out, bad; /* trials */
	uint64_t wrong;
};

static void bury(pid_t child)
{
	if (kill(child, SIGKILL) < 0 || waitpid(child, NULL, 0) != child)
		abort();
}

/* One process lives and dies, and its record is made good. */
static void trial(struct result *result, struct peer *peer, const struct connected *c)
{
	const uint64_t born = luck + 2 * peer->sent + 1;
	const uint64_t end = clock_ns() + UINT64_C(1000) * chance(&luck, LIFE_US);
	const uint64_t lost = clock_ns() + UINT64_C(1000000) * LOST_MS;
	const uint64_t start = legacy->received;
	struct tally tally = {0};
	pid_t child;

	legacy->calls = 0;
	child = fork();
	if (child < 0)
		abort();
	if (child == 0)
		live(c, born ? born : 1);
	do {
		if (peer->sent - start < RING / 2) /* the ring is looked through when it is dead */
			peer_sends(peer, c->peer);
		peer_receives(peer, c->peer);
	} while (clock_ns() < end || (legacy->calls < CALLS && clock_ns() < lost));
	bury(child);
	result->bad += legacy->calls < CALLS ||
		       tally_take(&tally, c->us, c->family, legacy->received) < 0 ||
		       tally.consumed < legacy->received || tally.consumed > peer->sent ||
		       (c->family != AF_UNIX &&
			(tally.accepted < legacy->sent || tally.accepted < peer->received));
	result->behind_in += tally.consumed > legacy->received;
	result->behind_out += tally.accepted > legacy->sent;
	result->wrong += wrong_in_ring(start, tally.consumed);
	legacy->received = tally.consumed;
	legacy->sent = tally.accepted;
}

/* All that is on its way arrives, and no more than that. */
static void drain(struct result *result, struct peer *peer, const struct connected *c)
{
	const uint64_t deadline = clock_ms() + LOST_MS;
	const uint64_t start = legacy->received;

	while ((legacy->received < peer->sent || peer->received < legacy->sent) &&
	       clock_ms() < deadline) {
		if (legacy->received < peer->sent)
			receive_some(c);
		peer_receives(peer, c->peer);
	}
	result->wrong += wrong_in_ring(start, legacy->received);
}

/* As if so many bytes had come and gone. */
static void skip_to(const struct connected *c, struct peer *peer, uint64_t position)
{
	const int off = (int)(2 * TALLY_CYCLE - position);

	if (setsockopt(c->us, SOL_SOCKET, SO_PEEK_OFF, &off, sizeof(off)) < 0)
		abort();
	legacy->received = peer->sent = position;
}

static void test_kills(int family, const char *name)
{
	struct connected c = connect_pair(family);
	struct result result = {0};
	struct peer peer = {0};

	legacy->received = legacy->sent = 0;
	if (family == AF_UNIX) /* near the end of a cycle, where it is set back */
		skip_to(&c, &peer, TALLY_CYCLE - (UINT64_C(4) << 20));
	for (int i = 0; i < TRIALS && result.bad == 0; i++)
		trial(&result, &peer, &c);
	drain(&result, &peer, &c);
	is(result.bad, 0, "%s: %d kills, all counts possible", name, TRIALS);
	is(legacy->received, (long long)peer.sent, "what the peer sent: %llu bytes",
	   (unsigned long long)peer.sent);
	is(peer.received, (long long)legacy->sent, "what the peer got: %llu bytes",
	   (unsigned long long)peer.received);
	is(result.wrong + peer.wrong, 0, "no byte is missing, or wrong, or there twice");
	ok(result.behind_in > 0, "%d records of what was received were short", result.behind_in);
	if (family != AF_UNIX)
		ok(result.behind_out > 0, "%d records of what was sent were short",
		   result.behind_out);
	disconnect_pair(&c);
}

int main(void)
{
	legacy = mmap(NULL, sizeof(*legacy), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (legacy == MAP_FAILED)
		abort();
	test_kills(AF_INET, "IPv4");
	test_kills(AF_INET6, "IPv6");
	test_kills(AF_UNIX, "Unix");
	return done();
}
