/*
 * dial.h - a connection is being made, while the user types on
 *
 * A child process finds the host and connects, and hands the socket over (SCM_RIGHTS): so neither
 * a slow resolver nor a silent host is waited for, and giving up is a kill.  ssh: is a child, too:
 * the system's ssh runs `mtchat --stdio` over there, and is our link as long as it lives.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "mtchat/target.h"

enum {
	DIAL_WHY_SIZE = 512,
	DIAL_MOMENT_MS = 200,
};

struct dial {
	int fd;    /* to poll for POLLIN; -1: nothing is under way, whatever the rest says */
	pid_t pid; /* of the child; 0: none */
	int link;  /* ssh: our end of the link, good if ssh runs; else -1 */
};

struct dialled {
	int fd;                  /* the link's, non-blocking, close-on-exec; the caller's */
	pid_t pid;               /* ssh, to be ended with the link (dial_hang_up); 0: none */
	int status;              /* what failed: an exit status of sysexits.h; 0: nothing */
	char why[DIAL_WHY_SIZE]; /* and how, for the user */
};

/*
 * quiet: ssh is to ask for no password (BatchMode), nor to write on the terminal: somebody types.
 * That ssh runs is all that a dial finds out; it ends at once, and a host that ssh cannot reach is
 * a link that ends.  0, or -errno, and dial->fd is -1.
 */
int dial_begin(struct dial *ret, const struct target *target, bool quiet);

/* dial->fd is readable: true, and all of *ret, the dial is over then; false: not yet. */
bool dial_end(struct dial *dial, struct dialled *ret);

/* Stops it, whatever it does. */
void dial_stop(struct dial *dial);

/*
 * Ends ssh after its link was closed: it notices that by itself, or is killed.  May take two times
 * DIAL_MOMENT_MS.  pid 0: nothing.
 */
void dial_hang_up(pid_t pid);
