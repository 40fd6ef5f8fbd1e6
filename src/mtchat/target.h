/*
 * target.h - which server is meant: "HOST[:PORT]", "[V6]:PORT", "unix:PATH" or "ssh:[USER@]HOST"
 * becomes its parts
 */
#pragma once

#include <stddef.h>
#include <sys/un.h>

#define TARGET_PORT   "9190"
#define TARGET_SOCKET "/run/mtchatd/socket"

enum {
	TARGET_HOST_SIZE = 256, /* a name in the DNS has at most 253 bytes */
	TARGET_PORT_SIZE = sizeof("65535"),
	TARGET_PATH_SIZE = sizeof(((struct sockaddr_un *)NULL)->sun_path),
	TARGET_USER_SIZE = 64, /* with the @; Linux has names of up to 32 bytes */
	TARGET_SSH_SIZE = TARGET_USER_SIZE + TARGET_HOST_SIZE,
	/* Any server in words has room there, but one whose port has hundreds of zeros before it.
	 */
	TARGET_TEXT_SIZE = sizeof("ssh:") + TARGET_SSH_SIZE,
};

struct target {
	char path[TARGET_PATH_SIZE]; /* a Unix socket; "": not that */
	char ssh[TARGET_SSH_SIZE];   /* [USER@]HOST for ssh; "": not that; with neither: */
	char host[TARGET_HOST_SIZE];
	char port[TARGET_PORT_SIZE]; /* decimal, 1 to 65535 */
};

/*
 * Takes `text` apart.  The address of an IPv6 host may stand without its brackets if no port
 * follows.  What ssh is given is never an option, and in one piece.  0; or -EINVAL, and *ret_why
 * says what is wrong with it, in the user's language (static text).
 */
int target_parse(struct target *ret, const char *text, const char **ret_why);

/* The same for a host and a port that came apart. */
int target_set(struct target *ret, const char *host, const char *port, const char **ret_why);

/*
 * The server to take if nobody named one: `server` (the value of $MTCHAT_SERVER) unless it is
 * NULL or empty, else the Unix socket if there is one at socket_path, else localhost.
 * What comes back is for target_parse(); `place` is where it may be made.
 */
const char *target_default(const char *server, const char *socket_path,
			   char place[static TARGET_PATH_SIZE + sizeof("unix:")]);

/* "HOST port PORT", the path, or "ssh:[USER@]HOST": for messages. */
void target_print(const struct target *target, char *to, size_t size);
