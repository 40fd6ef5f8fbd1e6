/* test-links.c - keepalive as tuned, and when links are looked at (dead ones: test_dead_links.py)
 */
#include <netinet/tcp.h>

#include "common/cleanup.h"
#include "common/sock.h"
#include "mtchatd/links.h"

#include "tap.h"

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, level, name, &value, &size) < 0 ? -1 : value;
}

static void test_keep_alive(void)
{
	const struct tune tune = {
		.keepalive_idle_s = 31,
		.keepalive_step_s = 11,
		.keepalive_probes = 4,
	};
	AUTO_CLOSE int listener = -1, near = -1, fd = -1;
	union sock_address address;
	socklen_t size = sizeof(address);

	sock_address_ip(&address, "127.0.0.1", 0);
	listener = sock_listen(&address);
	links_keep_alive(listener, &tune);
	near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (getsockname(listener, &address.any, &size) < 0 || connect(near, &address.any, size) < 0)
		abort();
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ok(fd >= 0, "who is accepted has all of it from the listener");
	is(option(fd, IPPROTO_TCP, TCP_NODELAY), 1, "lone lines do not wait for an ACK");
	is(option(fd, SOL_SOCKET, SO_OOBINLINE), 1, "urgent bytes are bytes like others");
	is(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1, "keepalive");
	is(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 31, "after so much silence");
	is(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 11, "so far apart");
	is(option(fd, IPPROTO_TCP, TCP_KEEPCNT), 4, "so many probes");
	is(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0, "one that only does not read may live");
}

static void test_due(void)
{
	struct arena arena;
	struct core *core;
	struct handler handler = {.now = 5000};
	struct tune tune = TUNE_DEFAULT;

	tune.link_look_ms = 300;
	if (core_new_arena(&arena) < 0 || core_new(&core, &arena, &tune, 1, 1 << 18) < 0)
		abort();
	handler.core = core;
	links_look(&handler);
	is((long long)handler.look_due, 0, "as long as nobody owes us, nobody looks");
	links_owe(&handler);
	is((long long)handler.look_due, 5300, "something was sent: in a while");
	handler.now = 5200;
	links_owe(&handler);
	is((long long)handler.look_due, 5300, "more was sent: no later for that");
	links_look(&handler);
	is((long long)handler.look_due, 5300, "not yet");
	handler.now = 5300;
	links_look(&handler);
	is((long long)handler.look_due, 0, "nobody owes anything any more");
	core_free(core);
}

int main(void)
{
	test_keep_alive();
	test_due();
	return done();
}
