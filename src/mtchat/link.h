/* link.h - the connection to the server, never waited for once it stands */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mtchat/address.h"
#include "mtchat/buffer.h"

enum {
	LINK_OUT_SIZE = 65536,
	LINK_CONNECT_MS = 10000, /* how long one address may take */
};

struct link {
	int fd;            /* non-blocking */
	struct buffer out; /* not yet taken by the kernel */
	int send_error;    /* a negative errno: nothing can be sent any more */
	bool half_closed;  /* everything was sent, and the server was told so */
};

/* Tries each address in turn.  A socket that does not block, the caller's; or -errno of the last.
 */
int link_connect(const struct addresses *addresses);

/* A link of a socket that is connected and non-blocking; it is the link's.  0; -ENOMEM: closed. */
int link_adopt(struct link *ret, int fd);

void link_close(struct link *link);

/* Sends of link->out what goes without waiting; a failure is kept in send_error. */
void link_flush(struct link *link);

/* link->out is empty and will stay so: tells the server (FIN). */
void link_half_close(struct link *link);

/* For so many ms the other host has acknowledged nothing of what is under way to it.  0: nothing
 * is, or nobody knows: only TCP tells. */
uint64_t link_unanswered_ms(const struct link *link);

/* Adds what has come to `to`, which has room.  Its size; 0: the server closed; -EAGAIN; -errno. */
ssize_t link_receive(struct link *link, struct buffer *to);
