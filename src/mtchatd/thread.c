/* thread.c - the life of a handler: made, started, waited for, freed */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/clock.h"
#include "mtchatd/breaker.h"
#include "mtchatd/departure.h"
#include "mtchatd/outbox.h"
#include "mtchatd/thread.h"
#include "mtchatd/turn.h"

static void *run(void *arg)
{
	struct handler *handler = arg;

	/* The default slack of 50 us would make a nap of 20 us one of 73. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	if (turn(handler)) { /* with all clients that were here before */
		breaker_thread_serves(handler->core);
		while (turn(handler))
			continue;
	}
	if (!atomic_load(&handler->core->resting))
		departure_end_all(handler);
	return NULL;
}

/*
 * epoll_pwait2() is of Linux 5.11, and a filter of system calls may not know it: without it a
 * handler would serve nobody and never sleep.
 */
static int can_wait(const struct handler *handler)
{
	const struct timespec at_once = {0};
	struct epoll_event event;
	int n = epoll_pwait2(handler->epoll_fd, &event, 1, &at_once, NULL);

	return n < 0 ? -errno : 0;
}

static int prepare(struct handler *handler, struct core *core, int index)
{
	int r;

	handler->core = core;
	handler->index = index;
	handler->waker = &core->handler[index];
	handler->inbox_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	handler->redo = (struct redo){&core->records[index].redo, core->arena.bytes, 0};
	handler->hand = &core->records[index].hand;
	handler->now = clock_ms();
	handler->round = 2; /* so that nobody seems to have spoken in the round before */
	handler->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (handler->epoll_fd < 0)
		return -errno;
	handler->scratch = malloc(TEXT_GROWTH * (size_t)INPUT_SIZE); /* sparse, as the next */
	handler->letter = malloc(TEXT_GROWTH * (size_t)OUTBOX_CAPACITY);
	if (!handler->scratch || !handler->letter)
		return -ENOMEM;
	r = can_wait(handler);
	return r < 0 ? r : waker_watch(handler->waker, handler->epoll_fd, NULL);
}

int handler_new(struct handler **ret, struct core *core, int index)
{
	struct handler *handler = calloc(1, sizeof(*handler));
	int r;

	if (!handler)
		return -ENOMEM;
	r = prepare(handler, core, index);
	if (r < 0) {
		handler_free(handler);
		return r;
	}
	*ret = handler;
	return 0;
}

int handler_start(struct handler *handler)
{
	char name[16];
	int r = pthread_create(&handler->thread, NULL, run, handler);

	if (r)
		return -r;
	handler->started = true;
	snprintf(name, sizeof(name), "handler/%d", handler->index);
	pthread_setname_np(handler->thread, name);
	return 0;
}

void handler_join(struct handler *handler)
{
	if (!handler || !handler->started)
		return;
	pthread_join(handler->thread, NULL);
	handler->started = false;
}

void handler_free(struct handler *handler)
{
	if (!handler)
		return;
	if (handler->epoll_fd >= 0)
		close(handler->epoll_fd);
	members_done(&handler->roomless);
	waitlist_done(&handler->letters);
	waitlist_done(&handler->answering);
	waitlist_done(&handler->broken);
	waitlist_done(&handler->throttled);
	waitlist_done(&handler->leaving);
	waitlist_done(&handler->untold);
	free(handler->scratch);
	free(handler->letter);
	free(handler->rooms);
	free(handler);
}
