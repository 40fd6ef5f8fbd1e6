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

/* Writes "192.0.2.1:9190", "[::1]:9190" or the path; returns name. */
const char *sock_address_name(const union sock_address *address, char name[SOCK_NAME_MAX]);

/*
 * Opens a non-blocking socket that listens there.  An IPv6 one takes no IPv4 connections.
 * A Unix socket is open to all local users; a file that a dead process left behind is replaced,
 * a socket that somebody listens on is -EADDRINUSE, any other file is -EEXIST.
 * TCP: what is accepted has TCP_NODELAY, SO_KEEPALIVE and SO_OOBINLINE from the start; Linux hands
 * them down, which saves a system call each for every connection.
 * Returns the descriptor, or -errno.
 */
int sock_listen(const union sock_address *address);

/*
 * The same beside a listener of ours at the same port, whose address overlaps: while both are
 * allowed to share the port, with sock_share_port().
 */
int sock_listen_beside(const union sock_address *address);
void sock_share_port(int fd, bool share);
