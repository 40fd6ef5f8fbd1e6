/*
 * notify.h - tells the service manager how we are; never waits for it
 *
 * Not sd_notify(): that blocks while PID 1 does not read ($NOTIFY_SOCKET's queue is full), and
 * a hung PID 1 must not stop the chat.  Belongs to one thread.
 */
#pragma once

#include <stdint.h>

struct notify {
	int fd; /* connected datagram socket, or -1: nobody wants to know */
};

/* From $NOTIFY_SOCKET ("/path" or "@abstract").  0, also without one; or -errno. */
int notify_open(struct notify *ret);
void notify_close(struct notify *notify);

/* Sends "KEY=VALUE\n..." .  0; -EAGAIN: its queue is full, try later; or -errno. */
int notify_send(struct notify *notify, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The same with a copy of a descriptor; ours stays ours.  Also -ETOOMANYREFS: more of our user's
 * are under way than RLIMIT_NOFILE.
 */
int notify_send_fd(struct notify *notify, int fd, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* How often WATCHDOG=1 is due at the latest, in us ($WATCHDOG_USEC, $WATCHDOG_PID); 0: never. */
uint64_t notify_watchdog_usec(void);

/* CLOCK_MONOTONIC in us, as RELOADING=1 wants it beside it. */
uint64_t notify_monotonic_usec(void);
