/* sock.h - sockets: an address in words, listening, whether a descriptor limit suffices */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

union sock_address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

enum { SOCK_NAME_MAX = 128 };

/* From a literal IPv4 or IPv6 address.  0, or -EINVAL. */
int sock_address_ip(union sock_address *ret, const char *ip, int port);

/* From a path.  0, or -ENAMETOOLONG. */
int sock_address_unix(union sock_address *ret, const char *path);

bool sock_address_same(const union sock_address *a, const union sock_address *b);

/* Whether `all` is "all addresses" of a family and a port, and `one` is among them. */
bool sock_address_covers(const union sock_address *all, const union sock_address *one);

/* Writes "192.0.2.1:9190", "[::1]:9190", the path or "@abstract"; returns name. */
const char *sock_address_name(const union sock_address *address, char name[SOCK_NAME_MAX]);

/*
 * Opens a non-blocking socket that listens there.  An IPv6 one takes no IPv4 connections.
 * A Unix socket is open to all local users; a file that a dead process left behind is replaced,
 * a socket that somebody listens on is -EADDRINUSE, any other file is -EEXIST.
 * TCP: what is accepted has TCP_NODELAY, SO_KEEPALIVE and SO_OOBINLINE from the start; Linux hands
 * them down, which saves a system call each for every connection.
 * An address that this machine does not have is listened on all the same: sock_is_early().
 * Returns the descriptor, or -errno.
 */
int sock_listen(const union sock_address *address);

/*
 * The same beside a listener of ours at the same port, whose address overlaps: while both are
 * allowed to share the port, with sock_share_port().
 */
int sock_listen_beside(const union sock_address *address);
void sock_share_port(int fd, bool share);

/* Whether the machine did not have the address (yet) when it began to listen. */
bool sock_is_early(int fd);

/*
 * Makes a socket that somebody else has opened serve as one of sock_listen() does.  *ret is where
 * it listens; *ret_dual: an IPv6 one that takes IPv4 connections, too.  0; -EPROTOTYPE: it is no
 * listening TCP or Unix stream socket; or another -errno.  fd stays the caller's.
 */
int sock_adopt(int fd, union sock_address *ret, bool *ret_dual);
