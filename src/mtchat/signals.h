/*
 * signals.h - signals come through a descriptor, so that every way out passes the line that gives
 * the terminal back
 */
#pragma once

#include <signal.h>

struct signals {
	int fd; /* to poll for POLLIN; -1: not open */
	sigset_t before;
};

/* From now on SIGHUP, INT, QUIT, TERM, TSTP, CONT and WINCH interrupt nothing.  0, or -errno. */
int signals_open(struct signals *ret);

/* One that has come, or 0. */
int signals_read(const struct signals *signals);

/* They do what they did before; one that is late, too. */
void signals_close(struct signals *signals);

/*
 * Stops the process as SIGTSTP or SIGTTOU do by default, which may be blocked; returns when it goes
 * on, without a SIGCONT that waits.  Not without a shell that could continue it: the kernel's rule.
 */
void signals_stop(int number);

/* The exit status of one who was ended by a signal, as a shell would put it; ^C is 130. */
static inline int signals_status(int number)
{
	return 128 + number;
}
