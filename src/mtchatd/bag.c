/* bag.c - descriptors parked where a crash does not close them */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "mtchatd/bag.h"
#include "mtchatd/crash.h"

enum {
	FDS_MAX = 253,            /* the kernel lets no message carry more (SCM_MAX_FD) */
	QUEUE_BYTES = 104 * 1024, /* as SO_SNDBUF, which the kernel doubles: 278 messages */
};

/* A message that lies in a bag, or one piece of it if it is larger than any of ours. */
struct message {
	struct parked who[BAG_SLOTS];
	int fds[FDS_MAX];
	size_t bytes, fd_count;
	bool cut; /* there is more of it: that comes next, with all its descriptors once more */
};

/* What stays in while a bag is compacted: copies, oldest first, each cookie once. */
struct copies {
	bool (*keeps)(void *context, const struct parked *who);
	void *context;
	struct parked *who;
	int *fds;
	size_t count, room;
	int error;
};

static void close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

static int queue_resize(const struct bag *bag, int bytes)
{
	return setsockopt(bag->in, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) < 0 ? -errno : 0;
}

int bag_new(struct bag *ret)
{
	struct bag bag = {-1, -1, 0};
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	bag.in = ends[0];
	bag.out = ends[1];
	r = queue_resize(&bag, QUEUE_BYTES);
	if (r < 0) {
		bag_done(&bag);
		return r;
	}
	*ret = bag;
	return 0;
}

void bag_done(struct bag *bag)
{
	closep(&bag->in);
	closep(&bag->out);
	*bag = (struct bag){-1, -1, 0};
}

/* Parks `count` descriptors by one message: all of them, or none. */
static int message_send(struct bag *bag, struct parked *who, const int *fds, size_t count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(BAG_SLOTS * sizeof(int))] = {0};
	struct iovec bytes = {who, count * sizeof(*who)};
	struct msghdr header = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
	if (sendmsg(bag->in, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	bag->messages++;
	return 0;
}

int bag_park(struct bag *bag, const struct parked *who, int fd)
{
	struct parked one = *who;

	return message_send(bag, &one, &fd, 1);
}

/* Puts the descriptors that came with it into the message. */
static void message_unpack(struct message *message, struct msghdr *header)
{
	message->fd_count = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(message->fds + message->fd_count, CMSG_DATA(c), count * sizeof(int));
		message->fd_count += count;
	}
}

/* Nothing came: is that the end, for nobody has the other end, or is it an empty message? */
static bool is_hung_up(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLRDHUP};

	return poll(&poller, 1, 0) != 0;
}

/* Copies the next message and leaves it there.  1; 0: there is none; or -errno. */
static int message_peek(struct message *ret, int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(ret->fds))];
	struct iovec bytes = {ret->who, sizeof(ret->who)};
	struct msghdr header = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &header, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	message_unpack(ret, &header);
	if (header.msg_flags & MSG_CTRUNC) { /* the room suffices, so our table of them is full */
		close_all(ret->fds, ret->fd_count);
		return -EMFILE;
	}
	ret->bytes = (size_t)n;
	ret->cut = header.msg_flags & MSG_TRUNC;
	return n > 0 || !is_hung_up(fd);
}

int bag_look(struct bag *bag, bag_visitor *visit, void *context)
{
	bool inside = false; /* a message that was cut */
	struct message message;
	unsigned messages = 0;
	int r;

	if (setsockopt(bag->out, SOL_SOCKET, SO_PEEK_OFF, &(int){0}, sizeof(int)) < 0)
		return -errno;
	while ((r = message_peek(&message, bag->out)) > 0) {
		messages += !inside && message.bytes > 0; /* one without bytes is seen but once */
		inside |= message.cut;
		if (inside || message.bytes != message.fd_count * sizeof(struct parked))
			close_all(message.fds, message.fd_count); /* damaged, or not ours */
		else
			for (size_t i = 0; i < message.fd_count; i++)
				visit(context, &message.who[i], message.fds[i]);
		inside = message.cut;
	}
	if (r == 0)
		bag->messages = messages;
	return r;
}

static void copies_done(struct copies *copies)
{
	close_all(copies->fds, copies->count);
	free(copies->who);
	free(copies->fds);
}

static int copies_grow(struct copies *copies)
{
	const size_t room = copies->room + BAG_SLOTS;
	struct parked *who;
	int *fds;

	if (copies->count < copies->room)
		return 0;
	who = reallocarray(copies->who, room, sizeof(*who));
	if (!who)
		return -ENOMEM;
	copies->who = who;
	fds = reallocarray(copies->fds, room, sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	copies->fds = fds;
	copies->room = room;
	return 0;
}

/* Some 200 comparisons for each that is parked: 20 us for a whole bag. */
static void copies_forget(struct copies *copies, uint64_t cookie)
{
	size_t i = 0, after;

	while (i < copies->count && copies->who[i].cookie != cookie)
		i++;
	if (i == copies->count)
		return;
	close(copies->fds[i]);
	copies->count--;
	after = copies->count - i;
	memmove(copies->who + i, copies->who + i + 1, after * sizeof(*copies->who));
	memmove(copies->fds + i, copies->fds + i + 1, after * sizeof(*copies->fds));
}

/*
 * Of copies the last one stays, in its place: after a crash in the middle of dropping, what is
 * still there twice is out of order where it lies first.
 */
static void copies_add(void *context, const struct parked *who, int fd)
{
	struct copies *copies = context;
	AUTO_CLOSE int copy = fd;

	if (copies->error < 0 || !copies->keeps(copies->context, who))
		return;
	copies_forget(copies, who->cookie);
	copies->error = copies_grow(copies);
	if (copies->error < 0)
		return;
	copies->who[copies->count] = *who;
	copies->fds[copies->count] = take_fd(&copy);
	copies->count++;
}

/* One message, but if strays made them more than BAG_SLOTS. */
static int copies_send(const struct copies *copies, struct bag *bag)
{
	int r = 0;

	for (size_t i = 0; i < copies->count && r == 0; i += BAG_SLOTS) {
		const size_t left = copies->count - i;

		r = message_send(bag, copies->who + i, copies->fds + i,
				 left < BAG_SLOTS ? left : BAG_SLOTS);
	}
	return r;
}

/* Takes the oldest messages out; the kernel closes what nobody has room for. */
static int drop(struct bag *bag, unsigned count)
{
	const unsigned stay = bag->messages - count;
	bool first = true;
	char byte;

	while (bag->messages > stay) {
		ssize_t n = recv(bag->out, &byte, sizeof(byte), MSG_DONTWAIT);

		if (n < 0)
			return -errno;
		bag->messages -= n > 0; /* as they are counted */
		if (first)
			crash_point(CRASH_DROPPED);
		first = false;
	}
	return 0;
}

int bag_compact(struct bag *bag, bool (*keeps)(void *context, const struct parked *who),
		void *context)
{
	CLEANUP(copies_done) struct copies copies = {.keeps = keeps, .context = context};
	unsigned old;
	int r;

	r = bag_look(bag, copies_add, &copies);
	if (r < 0 || copies.error < 0)
		return r < 0 ? r : copies.error;
	old = bag->messages;
	r = queue_resize(bag, 2 * QUEUE_BYTES); /* else a full bag could not be compacted */
	if (r == 0)
		r = copies_send(&copies, bag);
	if (r == 0) {
		crash_point(CRASH_SNAPSHOT);
		r = drop(bag, old);
	}
	(void)queue_resize(bag, QUEUE_BYTES); /* what is too large meanwhile is only wasteful */
	return r;
}
