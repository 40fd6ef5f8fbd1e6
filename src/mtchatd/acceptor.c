/* acceptor.c - the main thread: lets clients in, and hears what the administrator wants */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/deadline.h"
#include "common/log.h"
#include "mtchatd/acceptor.h"
#include "mtchatd/messages.h"

enum { RETIRE_ROUNDS = 64 }; /* times 256 connections */

static sigset_t our_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	return set;
}

void acceptor_block_signals(void)
{
	const sigset_t set = our_signals();

	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN); /* a peer that has gone is an error of write(), no more */
}

static void handle_signal(struct event_source *source, uint32_t events)
{
	struct acceptor *acceptor = source->owner;
	struct signalfd_siginfo info;

	(void)events;
	while (read(source->fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			acceptor_reload(acceptor);
		else
			acceptor->stops = true;
	}
}

static void handle_listener(struct event_source *source, uint32_t events)
{
	(void)events;
	acceptor_admit(source->owner, (struct listener *)(void *)source);
}

/* A client has gone while we waited for a descriptor: what is to be done, the loop does. */
static void handle_waker(struct event_source *source, uint32_t events)
{
	struct acceptor *acceptor = source->owner;

	(void)events;
	acceptor->retry_due = acceptor->retry_due ? 1 : 0;
}

/*
 * Lets in who waits, then closes.  Bounded: more than a backlog has not waited; and if there is
 * no descriptor now, it goes on when there is.
 */
static void retire(struct acceptor *acceptor, struct listener *listener)
{
	for (int i = 0; listener->open && i < RETIRE_ROUNDS; i++) {
		acceptor_admit(acceptor, listener);
		if (acceptor->retry_due)
			return;
	}
	event_remove(&acceptor->loop, &listener->source);
	listener_close(listener);
}

void acceptor_watch_listeners(struct acceptor *acceptor)
{
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		struct listener *listener = &acceptor->listeners.list[i];

		if (!listener->open)
			continue;
		if (listener->retires) {
			retire(acceptor, listener);
			continue;
		}
		if (listener->source.added)
			continue;
		listener->source.handle = handle_listener;
		listener->source.owner = acceptor;
		event_add(&acceptor->loop, &listener->source, acceptor->retry_due ? 0 : EPOLLIN);
	}
}

/* Descriptors may have come free. */
static void try_again(struct acceptor *acceptor)
{
	acceptor->retry_due = 0;
	atomic_store(&acceptor->core->acceptor_waits, false);
	for (size_t i = 0; i < LISTENERS_MAX && !acceptor->retry_due; i++) {
		struct listener *listener = &acceptor->listeners.list[i];

		if (!listener->source.added)
			continue;
		event_change(&acceptor->loop, &listener->source, EPOLLIN);
		acceptor_admit(acceptor, listener);
	}
	if (acceptor->retry_due)
		return;
	acceptor->starves = false;
	acceptor->trouble = NULL;
	log_event(LOG_INFO, (&(struct log_fields){.message_id = MESSAGE_DESCRIPTORS_BACK}),
		  "connections are accepted again");
}

static int open_signals(struct acceptor *acceptor)
{
	const sigset_t set = our_signals();

	acceptor->signals = (struct event_source){
		.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC),
		.handle = handle_signal,
		.owner = acceptor,
	};
	if (acceptor->signals.fd < 0)
		return -errno;
	return event_add(&acceptor->loop, &acceptor->signals, EPOLLIN);
}

static int watch_waker(struct acceptor *acceptor)
{
	acceptor->waker = (struct event_source){.handle = handle_waker, .owner = acceptor};
	return waker_watch(&acceptor->core->acceptor, acceptor->loop.fd, &acceptor->waker);
}

int acceptor_init(struct acceptor *acceptor, struct core *core, struct handler **handlers,
		  const struct config *config, const char *config_path)
{
	int r;

	*acceptor = (struct acceptor){
		.core = core,
		.handlers = handlers,
		.config = *config,
		.config_path = config_path,
		.signals.fd = -1,
		.supervision.notify.fd = -1,
	};
	r = event_loop_init(&acceptor->loop);
	if (r >= 0)
		r = open_signals(acceptor);
	if (r >= 0)
		r = watch_waker(acceptor);
	if (r >= 0)
		r = refusals_init(&acceptor->refusals, &acceptor->loop, &core->tune);
	if (r < 0)
		return log_event_errno(r,
				       (&(struct log_fields){.message_id = MESSAGE_CANNOT_START}),
				       "cannot set up the acceptor");

	r = supervision_init(&acceptor->supervision, core, handlers);
	if (r < 0) /* no reason not to serve */
		log_event_errno(r, (&(struct log_fields){.message_id = MESSAGE_UNATTENDED}),
				"cannot reach the service manager");
	r = listeners_open(&acceptor->listeners, config);
	if (r < 0)
		return r;
	acceptor_watch_listeners(acceptor);
	return 0;
}

void acceptor_done(struct acceptor *acceptor)
{
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		event_remove(&acceptor->loop, &acceptor->listeners.list[i].source);
		listener_close(&acceptor->listeners.list[i]);
	}
	refusals_done(&acceptor->refusals);
	supervision_done(&acceptor->supervision);
	if (acceptor->signals.fd >= 0)
		close(acceptor->signals.fd);
	event_loop_done(&acceptor->loop);
}

/* What is due by the clock; returns when the next thing is. */
static uint64_t tick(struct acceptor *acceptor)
{
	uint64_t now = clock_ms(), due;

	if (acceptor->retry_due && acceptor->retry_due <= now)
		try_again(acceptor);
	supervision_tick(&acceptor->supervision, now, (uint32_t)acceptor->config.max_clients,
			 acceptor->trouble);
	due = deadline_earlier(refusals_sweep(&acceptor->refusals, now),
			       supervision_due(&acceptor->supervision));
	return acceptor->retry_due ? deadline_earlier(due, acceptor->retry_due) : due;
}

void acceptor_run(struct acceptor *acceptor)
{
	supervision_state(&acceptor->supervision, "READY=1");
	while (!acceptor->stops) {
		uint64_t due = tick(acceptor);

		waker_lie_down(&acceptor->core->acceptor);
		event_wait(&acceptor->loop, deadline_timeout(due));
		waker_get_up(&acceptor->core->acceptor);
	}
	supervision_state(&acceptor->supervision, "STOPPING=1\nSTATUS=giving clients their rest");
	log_event(LOG_INFO, (&(struct log_fields){.message_id = MESSAGE_STOPPING}),
		  "stopping: %u clients are given what is their due",
		  admission_taken(&acceptor->core->admission));
}
