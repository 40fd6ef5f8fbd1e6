/* event.c - waits for several descriptors and calls who is responsible for each */
#include <errno.h>
#include <unistd.h>

#include "common/event.h"

int event_loop_init(struct event_loop *loop)
{
	*loop = (struct event_loop){.fd = epoll_create1(EPOLL_CLOEXEC)};
	return loop->fd < 0 ? -errno : 0;
}

void event_loop_done(struct event_loop *loop)
{
	if (loop->fd >= 0)
		close(loop->fd);
	loop->fd = -1;
}

int event_add(struct event_loop *loop, struct event_source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	if (epoll_ctl(loop->fd, EPOLL_CTL_ADD, source->fd, &event) < 0)
		return -errno;
	source->added = true;
	return 0;
}

void event_change(struct event_loop *loop, struct event_source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	epoll_ctl(loop->fd, EPOLL_CTL_MOD, source->fd, &event);
}

void event_remove(struct event_loop *loop, struct event_source *source)
{
	if (!source->added)
		return;
	epoll_ctl(loop->fd, EPOLL_CTL_DEL, source->fd, NULL);
	source->added = false;
	for (int i = loop->next; i < loop->count; i++) { /* what it was reported for is stale */
		if (loop->ready[i].data.ptr == source)
			loop->ready[i].data.ptr = NULL;
	}
}

int event_wait(struct event_loop *loop, int timeout_ms)
{
	const int max = sizeof(loop->ready) / sizeof(loop->ready[0]);

	loop->count = epoll_wait(loop->fd, loop->ready, max, timeout_ms);
	if (loop->count < 0)
		return errno == EINTR ? 0 : -errno;
	for (loop->next = 0; loop->next < loop->count;) {
		const struct epoll_event *event = &loop->ready[loop->next++];
		struct event_source *source = event->data.ptr;

		if (source)
			source->handle(source, event->events);
	}
	return 0;
}
