/* alarm.c - a poll() that ends in time, also if the machine has slept meanwhile */
#include "mtchat/alarm.h"

#include <sys/timerfd.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/deadline.h"

void alarm_open(struct alarm *ret)
{
	ret->fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
}

void alarm_close(struct alarm *alarm)
{
	closep(&alarm->fd);
	alarm->fd = -1;
}

/* That it has rung before does not matter: it is set anew each time. */
static void set(int fd, uint64_t deadline)
{
	struct itimerspec at = {.it_value = {.tv_sec = 0}};

	if (deadline != DEADLINE_NEVER) {
		at.it_value.tv_sec = (time_t)(deadline / 1000);
		at.it_value.tv_nsec = (long)(deadline % 1000 * 1000000) + 1; /* 0 is "never" */
	}
	timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL);
}

int alarm_poll(const struct alarm *alarm, struct pollfd *fds, nfds_t count, uint64_t deadline)
{
	fds[count] = (struct pollfd){.fd = alarm->fd, .events = POLLIN};
	if (alarm->fd >= 0)
		set(alarm->fd, deadline);
	return poll(fds, count + 1, deadline_boot_timeout(deadline));
}
