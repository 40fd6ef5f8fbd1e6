/* signals.c - signals come through a descriptor */
#include "mtchat/signals.h"

#include <errno.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

int signals_open(struct signals *ret)
{
	static const int ours[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		sigaddset(&set, ours[i]);
	ret->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (ret->fd < 0)
		return -errno;
	pthread_sigmask(SIG_BLOCK, &set, &ret->before);
	return 0;
}

int signals_read(const struct signals *signals)
{
	struct signalfd_siginfo info;

	if (read(signals->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

void signals_close(struct signals *signals)
{
	if (signals->fd < 0)
		return;
	pthread_sigmask(SIG_SETMASK, &signals->before, NULL);
	close(signals->fd);
	signals->fd = -1;
}

void signals_stop(int number)
{
	sigset_t stop, go_on, before;

	sigemptyset(&stop);
	sigaddset(&stop, number);
	raise(number);
	pthread_sigmask(SIG_UNBLOCK, &stop, &before); /* it stops here */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	sigemptyset(&go_on);
	sigaddset(&go_on, SIGCONT);
	if (sigismember(&before, SIGCONT)) /* who called knows that it goes on */
		sigtimedwait(&go_on, NULL, &(struct timespec){0});
}
