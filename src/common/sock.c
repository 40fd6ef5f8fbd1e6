/* sock.c - sockets: an address in words, listening */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/sock.h"

int sock_address_ip(union sock_address *ret, const char *ip, int port)
{
	*ret = (union sock_address){0};
	if (inet_pton(AF_INET, ip, &ret->in.sin_addr) == 1) {
		ret->in.sin_family = AF_INET;
		ret->in.sin_port = htons((uint16_t)port);
		return 0;
	}
	if (inet_pton(AF_INET6, ip, &ret->in6.sin6_addr) == 1) {
		ret->in6.sin6_family = AF_INET6;
		ret->in6.sin6_port = htons((uint16_t)port);
		return 0;
	}
	return -EINVAL;
}

int sock_address_unix(union sock_address *ret, const char *path)
{
	*ret = (union sock_address){.un.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(ret->un.sun_path))
		return -ENAMETOOLONG;
	strcpy(ret->un.sun_path, path); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy) */
	return 0;
}

bool sock_address_same(const union sock_address *a, const union sock_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	switch (a->any.sa_family) {
	case AF_INET:
		return a->in.sin_port == b->in.sin_port &&
		       a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	case AF_INET6:
		return a->in6.sin6_port == b->in6.sin6_port &&
		       IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
	default:
		return strcmp(a->un.sun_path, b->un.sun_path) == 0;
	}
}

bool sock_address_covers(const union sock_address *all, const union sock_address *one)
{
	if (all->any.sa_family != one->any.sa_family)
		return false;
	switch (all->any.sa_family) {
	case AF_INET:
		return all->in.sin_port == one->in.sin_port &&
		       all->in.sin_addr.s_addr == INADDR_ANY;
	case AF_INET6:
		return all->in6.sin6_port == one->in6.sin6_port &&
		       IN6_IS_ADDR_UNSPECIFIED(&all->in6.sin6_addr);
	default:
		return false;
	}
}

const char *sock_address_name(const union sock_address *address, char name[SOCK_NAME_MAX])
{
	char ip[INET6_ADDRSTRLEN];

	switch (address->any.sa_family) {
	case AF_INET:
		inet_ntop(AF_INET, &address->in.sin_addr, ip, sizeof(ip));
		snprintf(name, SOCK_NAME_MAX, "%s:%d", ip, ntohs(address->in.sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &address->in6.sin6_addr, ip, sizeof(ip));
		snprintf(name, SOCK_NAME_MAX, "[%s]:%d", ip, ntohs(address->in6.sin6_port));
		break;
	default:
		if (address->un.sun_path[0])
			snprintf(name, SOCK_NAME_MAX, "%s", address->un.sun_path);
		else /* an abstract one */
			snprintf(name, SOCK_NAME_MAX, "@%.*s",
				 (int)sizeof(address->un.sun_path) - 1, address->un.sun_path + 1);
	}
	return name;
}

static socklen_t length_of(const union sock_address *address)
{
	switch (address->any.sa_family) {
	case AF_INET:
		return sizeof(address->in);
	case AF_INET6:
		return sizeof(address->in6);
	default:
		return sizeof(address->un);
	}
}

/* A socket file outlives its process: only connecting tells whether somebody is there. */
static int remove_stale(const struct sockaddr_un *address)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	    errno == EAGAIN /* its backlog is full */ ||
	    errno == EPROTOTYPE) /* it takes datagrams or packets */
		return -EADDRINUSE;
	if (errno != ECONNREFUSED)
		return -errno;
	return unlink(address->sun_path) < 0 ? -errno : 0;
}

/* What connections have from their listener. */
static int hand_down(int fd)
{
	const int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		return -errno;
	return 0;
}

static int prepare(int fd, const union sock_address *address)
{
	const int one = 1;

	if (address->any.sa_family == AF_UNIX)
		return remove_stale(&address->un);
	if (address->any.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
		return -errno;
	return hand_down(fd);
}

static int set_early(int fd, const union sock_address *address)
{
	const int one = 1;
	int r = address->any.sa_family == AF_INET6
			? setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one))
			: setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one));

	return r < 0 ? -errno : 0;
}

/*
 * An address that is not there may come: by DHCP, with a tunnel, or when IPv6 has found that nobody
 * else has it.  "All addresses" (sock_address_covers() itself) fail only where there is no IPv6.
 */
static int bind_to(int fd, const union sock_address *address)
{
	int r = bind(fd, &address->any, length_of(address)) < 0 ? -errno : 0;

	if (r != -EADDRNOTAVAIL || sock_address_covers(address, address))
		return r;
	r = set_early(fd, address);
	if (r < 0)
		return r;
	return bind(fd, &address->any, length_of(address)) < 0 ? -errno : 0;
}

bool sock_is_early(int fd)
{
	int early = 0;
	socklen_t size = sizeof(early);

	/* One bit for both families. */
	return getsockopt(fd, IPPROTO_IP, IP_FREEBIND, &early, &size) == 0 && early;
}

void sock_share_port(int fd, bool share)
{
	const int value = share;

	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &value, sizeof(value));
}

static int open_listener(const union sock_address *address, bool share)
{
	AUTO_CLOSE int fd = -1;
	int r;

	fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = prepare(fd, address);
	if (r < 0)
		return r;
	if (share)
		sock_share_port(fd, true);
	r = bind_to(fd, address);
	if (r < 0)
		return r;
	if (address->any.sa_family == AF_UNIX && chmod(address->un.sun_path, 0666) < 0)
		return -errno;
	if (listen(fd, SOMAXCONN) < 0)
		return -errno;
	if (share) /* or a second daemon of the same user could take the port as well */
		sock_share_port(fd, false);
	return take_fd(&fd);
}

int sock_listen(const union sock_address *address)
{
	return open_listener(address, false);
}

int sock_listen_beside(const union sock_address *address)
{
	return open_listener(address, address->any.sa_family != AF_UNIX);
}

/* Which socket it is, by what the kernel says of it. */
static int option_of(int fd, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

int sock_adopt(int fd, union sock_address *ret, bool *ret_dual)
{
	int family = option_of(fd, SO_DOMAIN), only = 0, flags = fcntl(fd, F_GETFL);
	bool is_tcp = (family == AF_INET || family == AF_INET6) &&
		      option_of(fd, SO_PROTOCOL) == IPPROTO_TCP;
	socklen_t size = sizeof(*ret);

	if (option_of(fd, SO_TYPE) != SOCK_STREAM || option_of(fd, SO_ACCEPTCONN) != 1 ||
	    !(is_tcp || family == AF_UNIX))
		return -EPROTOTYPE;
	*ret = (union sock_address){0};
	if (getsockname(fd, &ret->any, &size) < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	size = sizeof(only);
	if (family == AF_INET6 && getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &size) < 0)
		return -errno;
	*ret_dual = family == AF_INET6 && !only;
	return is_tcp ? hand_down(fd) : 0;
}
