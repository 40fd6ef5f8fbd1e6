/*
 * waker.h - ends another thread's sleep, at no cost while it is awake
 *
 *	who has news for a thread		the thread, before it sleeps
 *	  store the news			  sleeping = 1
 *	  fence					  fence
 *	  if sleeping: write to the eventfd	  if there is news: do not sleep
 *
 * Each side stores, fences, then loads the other's word, so at least one sees the other's
 * store (Dekker).  Without the fences both may miss: x86 reorders exactly store -> load.
 * A fence costs 8 ns, a needless write to the eventfd 170 ns.
 *
 * The eventfd is watched edge-triggered and never read: one system call less for each wake-up.
 */
#pragma once

#include <stdatomic.h>

struct waker {
	_Alignas(64) atomic_int sleeping; /* stored by the owner, exchanged by whoever wakes it */
	int fd;                           /* eventfd */
};

/* 0, or -errno. */
int waker_init(struct waker *waker);
void waker_done(struct waker *waker);

/* Watches it with an epoll set; its events carry `data`.  0, or -errno. */
int waker_watch(struct waker *waker, int epoll_fd, void *data);

/* From any thread, after the news was stored. */
void waker_wake(struct waker *waker);

/* By the owner: looks for news between the two, and sleeps only if there is none. */
void waker_lie_down(struct waker *waker);
void waker_get_up(struct waker *waker);
