/*
 * alarm.h - a poll() that ends in time, also if the machine has slept meanwhile
 *
 * Deadlines are in ms of clock_boot_ms().  The timeout of poll() stands still while a machine is
 * suspended; a timer of the kernel on that clock does not.
 */
#pragma once

#include <poll.h>
#include <stdint.h>

struct alarm {
	int fd; /* a timer; below 0: none, then poll()'s timeout must do */
};

void alarm_open(struct alarm *ret);
void alarm_close(struct alarm *alarm);

/* fds has a place of its own for the alarm behind the `count` of the caller.  As poll(). */
int alarm_poll(const struct alarm *alarm, struct pollfd *fds, nfds_t count, uint64_t deadline);
