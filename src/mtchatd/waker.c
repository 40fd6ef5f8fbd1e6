/* waker.c - ends another thread's sleep, at no cost while it is awake */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mtchatd/waker.h"

int waker_init(struct waker *waker)
{
	atomic_init(&waker->sleeping, 0);
	waker->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return waker->fd < 0 ? -errno : 0;
}

void waker_done(struct waker *waker)
{
	if (waker->fd >= 0)
		close(waker->fd);
	waker->fd = -1;
}

int waker_watch(struct waker *waker, int epoll_fd, void *data)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = data};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, waker->fd, &event) < 0 ? -errno : 0;
}

void waker_wake(struct waker *waker)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load_explicit(&waker->sleeping, memory_order_relaxed))
		return;
	if (!atomic_exchange(&waker->sleeping, 0))
		return;
	/* It fails only when 2^64 - 2 wake-ups were not read.  Each write is an edge. */
	eventfd_write(waker->fd, 1);
}

void waker_lie_down(struct waker *waker)
{
	atomic_store_explicit(&waker->sleeping, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
}

void waker_get_up(struct waker *waker)
{
	atomic_store_explicit(&waker->sleeping, 0, memory_order_relaxed);
}
