/* test-waker.c - no wake-up is lost, and none is paid for while its owner is awake */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mtchatd/waker.h"

#include "chance.h"
#include "tap.h"

enum { STROKES = 100000, LOST_MS = 10000, DELAY_MAX = 4000 };

static int new_epoll(struct waker *waker, void *data)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_fd < 0 || waker_init(waker) < 0 || waker_watch(waker, epoll_fd, data) < 0)
		abort();
	return epoll_fd;
}

/* How often was it really woken?  Reads the eventfd, which its owner never does. */
static long long writes(const struct waker *waker)
{
	eventfd_t count = 0;

	return eventfd_read(waker->fd, &count) < 0 ? 0 : (long long)count;
}

static void test_awake(void)
{
	static struct waker waker; /* of 64-byte alignment, which gcc's ASan denies to locals */
	int epoll_fd = new_epoll(&waker, NULL);

	for (int i = 0; i < 100; i++)
		waker_wake(&waker);
	is(writes(&waker), 0, "who is awake is not written to");
	waker_lie_down(&waker);
	waker_get_up(&waker);
	waker_wake(&waker);
	is(writes(&waker), 0, "nor who got up again by itself");
	waker_lie_down(&waker);
	for (int i = 0; i < 100; i++)
		waker_wake(&waker);
	is(writes(&waker), 1, "who sleeps is written to once, however many have news");
	close(epoll_fd);
	waker_done(&waker);
	waker_done(&waker);
	is(waker.fd, -1, "done twice does no harm");
}

static void test_sleep(void)
{
	struct epoll_event event = {0};
	static struct waker waker;
	int epoll_fd = new_epoll(&waker, &waker);

	is(epoll_wait(epoll_fd, &event, 1, 0), 0, "nobody has woken it");
	for (int i = 0; i < 3; i++) {
		waker_lie_down(&waker);
		waker_wake(&waker);
		is(epoll_wait(epoll_fd, &event, 1, LOST_MS), 1, "each wake-up ends a sleep");
		ok(event.data.ptr == &waker, "and says whose it was");
		waker_get_up(&waker);
		is(epoll_wait(epoll_fd, &event, 1, 0), 0, "just one, without being read");
	}
	close(epoll_fd);
	waker_done(&waker);
}

static void test_errors(void)
{
	static struct waker waker;

	if (waker_init(&waker) < 0)
		abort();
	is(waker_watch(&waker, -1, NULL), -EBADF, "nothing to watch it with");
	waker_done(&waker);
}

struct player {
	struct waker waker;
	int epoll_fd;
	struct player *other;
	atomic_int ball; /* the news: stored by the other one */
	int wanted, lost, slept;
};

/* Waits until the ball is here.  False: it did not wake us. */
static bool await(struct player *player)
{
	struct epoll_event event;
	int n = 1;

	while (n && atomic_load_explicit(&player->ball, memory_order_acquire) != player->wanted) {
		waker_lie_down(&player->waker);
		if (atomic_load_explicit(&player->ball, memory_order_relaxed) != player->wanted) {
			n = epoll_wait(player->epoll_fd, &event, 1, LOST_MS);
			player->slept++;
		}
		waker_get_up(&player->waker);
	}
	return n != 0;
}

static void strike(struct player *player, int ball)
{
	atomic_store_explicit(&player->other->ball, ball, memory_order_release);
	waker_wake(&player->other->waker);
}

static void *play(void *argument)
{
	struct player *player = argument;

	for (player->wanted = 1; player->wanted <= STROKES; player->wanted++) {
		if (!await(player)) {
			player->lost++;
			break;
		}
		strike(player, player->wanted);
	}
	return NULL;
}

/* One thread waits for n and strikes n back; the other has struck n, and waits for it. */
static void test_ping_pong(void)
{
	static struct player one, two;
	pthread_t thread;

	one.epoll_fd = new_epoll(&one.waker, NULL);
	two.epoll_fd = new_epoll(&two.waker, NULL);
	one.other = &two;
	two.other = &one;
	if (pthread_create(&thread, NULL, play, &two) != 0)
		abort();
	for (one.wanted = 1; one.wanted <= STROKES && !one.lost; one.wanted++) {
		strike(&one, one.wanted);
		one.lost += !await(&one);
	}
	pthread_join(thread, NULL);
	is(one.lost + two.lost, 0, "%d strokes to and fro, no wake-up lost", STROKES);
	is(one.wanted + two.wanted, 2LL * (STROKES + 1), "all were played");
	ok(one.slept > 0 && two.slept > 0, "and both did sleep: %d and %d times", one.slept,
	   two.slept);
	close(one.epoll_fd);
	close(two.epoll_fd);
	waker_done(&one.waker);
	waker_done(&two.waker);
}

/*
 * Both at the very same time: one lies down and looks for news, the other stores news and wakes
 * it.  Either the news is seen or the wake-up comes; without a fence on both sides, neither.
 */
static _Alignas(64) atomic_int round_begun, round_over;
static _Alignas(64) atomic_int news; /* a line of its own: its store is slow */
static struct waker sleeper;

static void idle(int turns)
{
	for (int i = 0; i < turns; i++)
		atomic_signal_fence(memory_order_seq_cst);
}

/* Spins, for the two must meet within nanoseconds; but not for ever where there is one core. */
static void meet(atomic_int *at, int number)
{
	for (int spins = 0; atomic_load_explicit(at, memory_order_acquire) != number; spins++)
		if (spins > 1000)
			sched_yield();
}

static void *bring_news(void *argument)
{
	uint64_t state = CHANCE_SEED;

	(void)argument;
	for (int i = 1; i <= STROKES; i++) {
		meet(&round_begun, i);
		idle((int)chance(&state, 100));
		atomic_store_explicit(&news, i, memory_order_relaxed);
		waker_wake(&sleeper);
		atomic_store_explicit(&round_over, i, memory_order_release);
	}
	return NULL;
}

static void test_at_once(void)
{
	int missed = 0, woken = 0, delay = 0;
	uint64_t state = ~CHANCE_SEED;
	pthread_t thread;

	if (waker_init(&sleeper) < 0 || pthread_create(&thread, NULL, bring_news, NULL) != 0)
		abort();
	for (int i = 1; i <= STROKES; i++) {
		bool seen, awoken;

		atomic_store_explicit(&round_begun, i, memory_order_release);
		idle(delay + (int)chance(&state, 100));
		waker_lie_down(&sleeper);
		seen = atomic_load_explicit(&news, memory_order_relaxed) == i;
		meet(&round_over, i);
		awoken = writes(&sleeper) > 0;
		waker_get_up(&sleeper);
		missed += !seen && !awoken;
		woken += awoken;
		if (awoken && delay < DELAY_MAX) /* whoever was first is slower next time */
			delay += 2;
		else if (!awoken && delay > 0)
			delay -= 2;
	}
	pthread_join(thread, NULL);
	is(missed, 0, "%d times both moved at once: %d wake-ups, no news missed", STROKES, woken);
	waker_done(&sleeper);
}

int main(void)
{
	test_awake();
	test_sleep();
	test_errors();
	test_ping_pong();
	test_at_once();
	return done();
}
