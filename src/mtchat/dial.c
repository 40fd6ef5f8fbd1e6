/* dial.c - a connection is being made, while the user types on */
#include "mtchat/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "common/cleanup.h"
#include "common/deadline.h"
#include "mtchat/address.h"
#include "mtchat/i18n.h"
#include "mtchat/link.h"

enum { PLACE_SIZE = TARGET_TEXT_SIZE + sizeof(" port ") + TARGET_PORT_SIZE };

/* What the child says, once; the link goes with it. */
struct report {
	int status;
	char why[DIAL_WHY_SIZE];
};

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* A message keeps its bounds, so it arrives whole or not at all.  link: -1: none. */
static void report_send(int fd, struct report *report, int link)
{
	struct iovec data = {.iov_base = report, .iov_len = sizeof(*report)};
	union control control = {0};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

	if (link >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		*CMSG_FIRSTHDR(&message) = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(link)),
		};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &link, sizeof(link));
	}
	sendmsg(fd, &message, MSG_NOSIGNAL); /* if it fails, the parent is gone, and so are we */
}

/*
 * 1: a report, and *ret_link if a link came with it: without a free descriptor here it is lost on
 * the way; 0: the child ended or is ssh now; or -errno.
 */
static int report_receive(int fd, struct report *ret, int *ret_link)
{
	struct iovec data = {.iov_base = ret, .iov_len = sizeof(*ret)};
	union control control = {0};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *rights;
	ssize_t size;

	do {
		size = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	} while (size < 0 && errno == EINTR);
	if (size < 0)
		return -errno;
	if (size != sizeof(*ret))
		return 0;
	rights = CMSG_FIRSTHDR(&message);
	if (rights && rights->cmsg_type == SCM_RIGHTS)
		memcpy(ret_link, CMSG_DATA(rights), sizeof(*ret_link));
	return 1;
}

/* The link; or -1, and *ret says why. */
static int connect_to(const struct target *target, struct report *ret)
{
	CLEANUP(addresses_done) struct addresses addresses = {0};
	char place[PLACE_SIZE];
	int r;

	r = addresses_find(&addresses, target);
	if (r != 0) {
		ret->status = EX_NOHOST;
		if (r == EAI_SYSTEM)
			snprintf(ret->why, sizeof(ret->why), _("cannot find the host %s: %m"),
				 target->host);
		else
			snprintf(ret->why, sizeof(ret->why), _("cannot find the host %s: %s"),
				 target->host, gai_strerror(r));
		return -1;
	}
	r = link_connect(&addresses);
	if (r < 0) {
		target_print(target, place, sizeof(place));
		ret->status = EX_UNAVAILABLE;
		errno = -r;
		snprintf(ret->why, sizeof(ret->why), _("cannot connect to %s: %m"), place);
		return -1;
	}
	return r;
}

/* What the child does for a host or a path. */
static void find(const struct target *target, int fd)
{
	struct report report = {0};
	int link = connect_to(target, &report);

	report_send(fd, &report, link);
}

/* What the child does for ssh: it becomes ssh, which closes fd; or it reports why it cannot. */
static void run_ssh(const char *host, bool quiet, int link, int fd)
{
	struct report report = {.status = EX_UNAVAILABLE};

	if (dup2(link, STDIN_FILENO) >= 0 && dup2(link, STDOUT_FILENO) >= 0) {
		if (quiet) {
			dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
			execlp("ssh", "ssh", "-T", "-o", "BatchMode=yes", "--", host, "mtchat",
			       "--stdio", (char *)NULL);
		} else {
			execlp("ssh", "ssh", "-T", "--", host, "mtchat", "--stdio", (char *)NULL);
		}
	}
	snprintf(report.why, sizeof(report.why), _("cannot run ssh: %m"));
	report_send(fd, &report, -1);
}

/*
 * A child that does not outlive the parent.  Of its signals it has back what this program changes
 * for itself: SIGPIPE, which it ignores, and the mask; there are no handlers.  What was ignored
 * from the begin, as under nohup, stays so.  0 in the child; its pid; or -errno.
 */
static pid_t fork_child(int death_signal)
{
	sigset_t all, before, none;
	pid_t parent = getpid(), pid;
	int error;

	sigfillset(&all);
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid != 0) {
		error = errno;
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		return pid < 0 ? -error : pid;
	}
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, death_signal);
	if (getppid() != parent) /* it ended before that */
		_exit(EX_OSERR);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	return 0;
}

/* Our end of the link does not block; ssh gets an end as a program expects it. */
static int pair_make(int type, int ret[2])
{
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ret) < 0)
		return -errno;
	fcntl(ret[0], F_SETFL, O_NONBLOCK);
	return 0;
}

/* All that the child does.  links[1] -1: it finds the server by itself. */
__attribute__((noreturn)) static void work(const struct target *target, bool quiet,
					   const int links[2], const int reports[2])
{
	close(reports[0]); /* or a parent that has gone would not be noticed */
	if (links[1] >= 0)
		run_ssh(target->ssh, quiet, links[1], reports[1]);
	else
		find(target, reports[1]);
	_exit(EX_OK); /* what the parent has not written yet is the parent's */
}

int dial_begin(struct dial *ret, const struct target *target, bool quiet)
{
	int reports[2], links[2] = {-1, -1}, r;
	pid_t pid;

	*ret = (struct dial){.fd = -1, .link = -1};
	r = pair_make(SOCK_SEQPACKET, reports);
	if (r < 0)
		return r;
	r = *target->ssh ? pair_make(SOCK_STREAM, links) : 0;
	pid = r < 0 ? r : fork_child(links[1] < 0 ? SIGKILL : SIGTERM);
	if (pid == 0)
		work(target, quiet, links, reports);
	close(reports[1]);
	closep(&links[1]);
	if (pid < 0) {
		close(reports[0]);
		closep(&links[0]);
		return pid;
	}
	*ret = (struct dial){.fd = reports[0], .pid = pid, .link = links[0]};
	return 0;
}

bool dial_end(struct dial *dial, struct dialled *ret)
{
	struct report report;
	int link = -1, r;

	r = report_receive(dial->fd, &report, &link);
	if (r == -EAGAIN)
		return false;
	*ret = (struct dialled){.fd = -1};
	if (r == 1 && (report.status != 0 || link >= 0)) {
		ret->fd = link;
		ret->status = report.status;
		memcpy(ret->why, report.why, sizeof(ret->why));
	} else if (r == 0 && dial->link >= 0) {
		ret->fd = take_fd(&dial->link);
		ret->pid = dial->pid;
		dial->pid = 0;
	} else {
		ret->status = EX_UNAVAILABLE;
		snprintf(ret->why, sizeof(ret->why), "%s",
			 _("cannot connect: the process that was to do it has ended"));
	}
	dial_stop(dial);
	return true;
}

static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void dial_stop(struct dial *dial)
{
	if (dial->fd < 0)
		return;
	close(dial->fd);
	closep(&dial->link);
	if (dial->pid > 0) {
		kill(dial->pid, SIGKILL);
		reap(dial->pid);
	}
	*dial = (struct dial){.fd = -1, .link = -1};
}

/* Waits a moment for the end of a child.  pidfd -1: nothing tells of it. */
static bool ends_soon(int pidfd)
{
	struct pollfd poller = {.fd = pidfd, .events = POLLIN};
	uint64_t deadline = clock_ms() + DIAL_MOMENT_MS;
	int r;

	do {
		r = poll(&poller, 1, deadline_timeout(deadline));
	} while (r < 0 && errno == EINTR);
	return r > 0;
}

void dial_hang_up(pid_t pid)
{
	AUTO_CLOSE int pidfd = -1;

	if (pid <= 0)
		return;
	pidfd = pidfd_open(pid, 0);
	if (!ends_soon(pidfd)) {
		kill(pid, SIGTERM);
		if (!ends_soon(pidfd))
			kill(pid, SIGKILL);
	}
	reap(pid);
}
