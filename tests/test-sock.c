/* test-sock.c - addresses in words, and sockets that listen where they should */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/sock.h"

#include "tap.h"

enum { DEADLINE_MS = 10000 };

static char folder[] = "/tmp/test-sock-XXXXXX";

static void test_names(void)
{
	static const struct {
		const char *ip;
		int port;
		const char *name;
	} samples[] = {
		{"0.0.0.0", 0, "0.0.0.0:0"},
		{"192.0.2.1", 9190, "192.0.2.1:9190"},
		{"255.255.255.255", 65535, "255.255.255.255:65535"},
		{"::", 9190, "[::]:9190"},
		{"::1", 9190, "[::1]:9190"},
		{"2001:DB8:0:0::1", 1, "[2001:db8::1]:1"},
		{"::ffff:192.0.2.1", 9190, "[::ffff:192.0.2.1]:9190"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 65535,
		 "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
	};
	union sock_address address;
	char name[SOCK_NAME_MAX];

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		is(sock_address_ip(&address, samples[i].ip, samples[i].port), 0, "%s",
		   samples[i].ip);
		ok(sock_address_name(&address, name) == name && !strcmp(name, samples[i].name),
		   "is called %s", samples[i].name);
	}
}

static void test_bad_names(void)
{
	static const char *const bad[] = {
		"",         "localhost", "1.2.3",   "1.2.3.4.5", "256.0.0.1",
		"1.2.3.4 ", " ::1",      "[::1]",   "127.1",     "0x7f.0.0.1",
		":::",      "::1%lo",    "::12345", "1.2.3.4:5", "1:2:3:4:5:6:7:8:9",
		"*",
	};
	union sock_address address;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is(sock_address_ip(&address, bad[i], 9190), -EINVAL, "no address: '%s'", bad[i]);
}

static void test_paths(void)
{
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
	union sock_address address;
	char name[SOCK_NAME_MAX];

	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	is(sock_address_unix(&address, path), -ENAMETOOLONG, "a path that is too long by one");
	path[sizeof(path) - 2] = '\0';
	is(sock_address_unix(&address, path), 0, "the longest path");
	ok(strcmp(sock_address_name(&address, name), path) == 0, "is its own name");
}

/* Where it really listens: port 0 was another one. */
static union sock_address own_address(int fd)
{
	union sock_address address = {0};
	socklen_t size = sizeof(address);

	if (getsockname(fd, &address.any, &size) < 0)
		abort();
	return address;
}

static int port_of(int fd)
{
	return ntohs(own_address(fd).in.sin_port);
}

/* Whether somebody can connect there, and be accepted by fd. */
static bool reaches(const union sock_address *address, int fd)
{
	socklen_t size = address->any.sa_family == AF_UNIX    ? sizeof(address->un)
			 : address->any.sa_family == AF_INET6 ? sizeof(address->in6)
							      : sizeof(address->in);
	AUTO_CLOSE int peer = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	AUTO_CLOSE int accepted = -1;
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	if (peer < 0 || connect(peer, &address->any, size) < 0)
		return false;
	if (poll(&wait, 1, DEADLINE_MS) != 1)
		return false;
	accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	return accepted >= 0;
}

static int listen_ip(const char *ip, int port)
{
	union sock_address address;

	if (sock_address_ip(&address, ip, port) < 0)
		abort();
	return sock_listen(&address);
}

static void test_ipv4(void)
{
	AUTO_CLOSE int fd = listen_ip("127.0.0.1", 0), early = -1;
	union sock_address address;

	ok(fd >= 0, "listens on IPv4");
	ok(fcntl(fd, F_GETFL) & O_NONBLOCK, "without blocking");
	ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "and not for children");
	is(accept4(fd, NULL, NULL, SOCK_CLOEXEC) < 0 ? errno : 0, EAGAIN, "nobody is there yet");
	address = own_address(fd);
	ok(reaches(&address, fd), "who connects is accepted");
	is(listen_ip("127.0.0.1", port_of(fd)), -EADDRINUSE, "no second one at the same port");
	ok(!sock_is_early(fd), "the address is there");
	early = listen_ip("192.0.2.1", 0);
	ok(early >= 0 && sock_is_early(early), "one that is not there may come");
}

/* A server that ended first leaves its port in TIME_WAIT. */
static void test_again(void)
{
	AUTO_CLOSE int first = listen_ip("127.0.0.1", 0), second = -1, peer = -1;
	const union sock_address address = own_address(first);
	struct pollfd wait = {.fd = first, .events = POLLIN};
	char byte;

	peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(peer, &address.any, sizeof(address.in)) < 0 || poll(&wait, 1, DEADLINE_MS) != 1)
		abort();
	close(accept4(first, NULL, NULL, SOCK_CLOEXEC));
	is(read(peer, &byte, 1), 0, "the server hangs up");
	close(take_fd(&peer));
	close(take_fd(&first));
	second = sock_listen(&address);
	ok(second >= 0, "and can listen there again at once");
}

static void test_ipv6(void)
{
	AUTO_CLOSE int six = listen_ip("::", 0), four = -1, early = -1;
	union sock_address address;

	if (six == -EAFNOSUPPORT || six == -EADDRNOTAVAIL) {
		ok(true, "no IPv6 on this machine # SKIP");
		return;
	}
	ok(six >= 0, "listens on IPv6");
	sock_address_ip(&address, "::1", port_of(six));
	ok(reaches(&address, six), "who connects is accepted");
	sock_address_ip(&address, "127.0.0.1", port_of(six));
	ok(!reaches(&address, six), "but not over IPv4");
	four = listen_ip("0.0.0.0", port_of(six));
	ok(four >= 0, "which can have the same port");
	ok(reaches(&address, four), "and its own connections");
	early = listen_ip("2001:db8::1", 0);
	ok(early >= 0 && sock_is_early(early), "an address that is not there may come");
}

static void test_covers(void)
{
	static const struct {
		const char *all, *one;
		bool covers;
	} samples[] = {
		{"0.0.0.0", "127.0.0.1", true},
		{"0.0.0.0", "0.0.0.0", true},
		{"127.0.0.1", "0.0.0.0", false},
		{"127.0.0.1", "127.0.0.1", false},
		{"::", "::1", true},
		{"::", "127.0.0.1", false},
		{"0.0.0.0", "::1", false},
		{"::1", "::", false},
	};
	union sock_address all, one;

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		sock_address_ip(&all, samples[i].all, 1);
		sock_address_ip(&one, samples[i].one, 1);
		is(sock_address_covers(&all, &one), samples[i].covers, "%s and %s", samples[i].all,
		   samples[i].one);
		sock_address_ip(&one, samples[i].one, 2);
		ok(!sock_address_covers(&all, &one), "not at another port");
	}
}

static void test_adopted(void)
{
	AUTO_CLOSE int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	AUTO_CLOSE int datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	AUTO_CLOSE int file = open("/dev/null", O_RDWR | O_CLOEXEC);
	union sock_address address = {.in6 = {.sin6_family = AF_INET6}}, found;
	bool dual = false;

	is(sock_adopt(datagrams, &found, &dual), -EPROTOTYPE, "datagrams are of no use");
	is(sock_adopt(file, &found, &dual), -EPROTOTYPE, "nor is a file");
	if (listener < 0)
		return;
	is(sock_adopt(listener, &found, &dual), -EPROTOTYPE, "nor is what does not listen");
	if (bind(listener, &address.any, sizeof(address.in6)) < 0 || listen(listener, 1) < 0)
		abort();
	is(sock_adopt(listener, &found, &dual), 0, "a listening one is");
	ok(dual, "it takes IPv4, too");
	ok(fcntl(listener, F_GETFL) & O_NONBLOCK, "without blocking");
	is(port_of(listener), ntohs(found.in6.sin6_port), "where it listens is told");
}

static union sock_address path_address(const char *name)
{
	union sock_address address;
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (sock_address_unix(&address, path) < 0)
		abort();
	return address;
}

static mode_t mode_of(const union sock_address *address)
{
	struct stat st;

	return lstat(address->un.sun_path, &st) < 0 ? 0 : st.st_mode;
}

static void test_unix(void)
{
	const union sock_address address = path_address("socket");
	AUTO_CLOSE int fd = -1, again = -1;
	mode_t old = umask(077);

	fd = sock_listen(&address);
	umask(old);
	ok(fd >= 0, "listens on a path");
	is(mode_of(&address), S_IFSOCK | 0666, "open to all, whatever the umask");
	ok(reaches(&address, fd), "who connects is accepted");
	is(sock_listen(&address), -EADDRINUSE, "somebody listens there");
	ok(reaches(&address, fd), "and is not disturbed");

	close(take_fd(&fd));
	is(mode_of(&address) & S_IFMT, S_IFSOCK, "a dead one leaves its file behind");
	again = sock_listen(&address);
	ok(again >= 0, "which is replaced");
	ok(reaches(&address, again), "and leads to the new one");
	unlink(address.un.sun_path);
}

/* A listener whose backlog is full lives nevertheless. */
static void test_unix_full(void)
{
	const union sock_address address = path_address("full");
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int peer[16], peers = 0;

	if (bind(fd, &address.any, sizeof(address.un)) < 0 || listen(fd, 1) < 0)
		abort();
	for (int r = 0; r == 0 && peers < 16; peers++) {
		peer[peers] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		r = connect(peer[peers], &address.any, sizeof(address.un));
	}
	ok(peers < 16, "a backlog is full");
	is(sock_listen(&address), -EADDRINUSE, "its socket is alive");
	is(mode_of(&address) & S_IFMT, S_IFSOCK, "and stays");
	while (peers > 0)
		close(peer[--peers]);
	unlink(address.un.sun_path);
}

static void test_unix_other_kind(void)
{
	const union sock_address address = path_address("packets");
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (bind(fd, &address.any, sizeof(address.un)) < 0 || listen(fd, 1) < 0)
		abort();
	is(sock_listen(&address), -EADDRINUSE, "somebody listens there for packets");
	is(mode_of(&address) & S_IFMT, S_IFSOCK, "his socket stays");
	unlink(address.un.sun_path);
}

static void test_unix_other_files(void)
{
	const union sock_address file = path_address("file"), link = path_address("link"),
				 nowhere = path_address("nowhere/socket");
	AUTO_CLOSE int fd = open(file.un.sun_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0 || symlink("nothing", link.un.sun_path) < 0)
		abort();
	is(sock_listen(&file), -EEXIST, "a file is not replaced");
	is(mode_of(&file), S_IFREG | 0600, "and stays as it is");
	is(sock_listen(&link), -EEXIST, "nor is a link, even to nothing");
	is(mode_of(&link) & S_IFMT, S_IFLNK, "which stays");
	unlink(file.un.sun_path);
	unlink(link.un.sun_path);
	mkdir(file.un.sun_path, 0700);
	is(sock_listen(&file), -EEXIST, "nor is a folder");
	rmdir(file.un.sun_path);
	is(sock_listen(&nowhere), -ENOENT, "no folder to put it into");
}

int main(void)
{
	if (!mkdtemp(folder))
		abort();
	test_names();
	test_bad_names();
	test_paths();
	test_ipv4();
	test_again();
	test_ipv6();
	test_covers();
	test_adopted();
	test_unix();
	test_unix_full();
	test_unix_other_kind();
	test_unix_other_files();
	is(rmdir(folder), 0, "nothing is left behind");
	return done();
}
