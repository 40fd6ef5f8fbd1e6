/*
 * event.h - waits for several descriptors and calls who is responsible for each
 *
 * Level-triggered epoll.  A source is embedded in whoever owns it.  A handler may remove any
 * source, its own among them; it must not free another's memory before the call has ended.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct event_source {
	int fd;
	bool added;
	void (*handle)(struct event_source *source, uint32_t events);
	void *owner;
};

struct event_loop {
	int fd;
	struct epoll_event ready[64]; /* of the wait that is being worked through */
	int count, next;
};

/* 0, or -errno. */
int event_loop_init(struct event_loop *loop);
void event_loop_done(struct event_loop *loop);

/* events: EPOLLIN, EPOLLOUT; 0 (but errors) while there is nothing to wait for.  0, or -errno. */
int event_add(struct event_loop *loop, struct event_source *source, uint32_t events);
void event_change(struct event_loop *loop, struct event_source *source, uint32_t events);
void event_remove(struct event_loop *loop, struct event_source *source);

/* Waits at most timeout_ms (-1: for ever) and calls the handlers.  0, or -errno. */
int event_wait(struct event_loop *loop, int timeout_ms);
