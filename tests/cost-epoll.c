/*
 * cost-epoll.c - epoll_pwait2() by way of epoll_pwait(), for the valgrind of Debian 12
 *
 * That one answers epoll_pwait2() with ENOSYS, and whoever asks again would ask for ever.
 * tests/cost loads this before the daemon.  A wait ends up to a millisecond later than asked.
 */
#include <limits.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

/* Never early, and -1 for ever. */
static int in_ms(const struct timespec *timeout)
{
	int64_t ms;

	if (!timeout)
		return -1;
	ms = timeout->tv_sec > INT_MAX / 1000
		     ? INT_MAX
		     : (int64_t)timeout->tv_sec * 1000 + (timeout->tv_nsec + 999999) / 1000000;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

int epoll_pwait2(int fd, struct epoll_event *events, int maxevents, const struct timespec *timeout,
		 const sigset_t *ss)
{
	return epoll_pwait(fd, events, maxevents, in_ms(timeout), ss);
}
