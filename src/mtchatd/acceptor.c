/* acceptor.c - the main thread: lets clients in, and hears what the administrator wants */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/deadline.h"
#include "common/log.h"
#include "mtchatd/acceptor.h"
#include "mtchatd/breaker.h"
#include "mtchatd/crash.h"
#include "mtchatd/links.h"
#include "mtchatd/messages.h"
#include "mtchatd/passed.h"
#include "mtchatd/recovery.h"

enum {
	RETIRE_ROUNDS = 64,     /* times 256 connections */
	KEEPER_PAUSE_MS = 1000, /* one that ends at once must not make us spin */
};

static sigset_t our_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	return set;
}

void acceptor_block_signals(void)
{
	const sigset_t set = our_signals();

	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN); /* a peer that has gone is an error of write(), no more */
}

void acceptor_unblock_signals(void)
{
	const sigset_t set = our_signals();

	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/*
 * The unit's ExecStop= announces a stop, and its SIGTERM follows at once.  SIGUSR1 alone, as it
 * comes from recipes for other daemons, must not make a stop of a restart days later.
 */
static void announce_stop(struct acceptor *acceptor)
{
	int ms = acceptor->core->tune.announced_ms;

	acceptor->for_good_until = clock_ms() + (uint64_t)ms;
	log_event(LOG_INFO, (&(struct log_fields){.message_id = MESSAGE_STOP_ARMED}),
		  "a stop is announced: SIGTERM within %d s ends all connections", ms / 1000);
}

static void handle_signal(struct event_source *source, uint32_t events)
{
	struct acceptor *acceptor = source->owner;
	struct signalfd_siginfo info;

	(void)events;
	while (read(source->fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGHUP:
			acceptor_reload(acceptor);
			break;
		case SIGUSR1:
			announce_stop(acceptor);
			break;
		case SIGINT:
			acceptor->for_good = true;
			acceptor->stops = true;
			break;
		default:
			acceptor->for_good |= clock_ms() < acceptor->for_good_until;
			acceptor->stops = true;
		}
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
	listener_close(&acceptor->listeners, listener);
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
		if (listener->address.any.sa_family != AF_UNIX)
			links_keep_alive(listener->source.fd, &acceptor->core->tune);
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

/* The keeper has ended although we have not. */
static void handle_keeper(struct event_source *source, uint32_t events)
{
	struct acceptor *acceptor = source->owner;

	(void)events;
	event_remove(&acceptor->loop, source);
	keeper_reap(&acceptor->keeper);
	log_event(LOG_WARNING, (&(struct log_fields){.message_id = MESSAGE_KEEPER_ENDED}),
		  "the keeper has ended, another one is started");
	acceptor->keeper_due = clock_ms() + KEEPER_PAUSE_MS;
}

static void start_keeper(struct acceptor *acceptor)
{
	struct event_source *source = &acceptor->keeper.source;
	int r = keeper_start(&acceptor->keeper);

	acceptor->keeper_due = 0;
	if (r < 0) {
		log_event_errno(r, (&(struct log_fields){.message_id = MESSAGE_NOT_KEPT}),
				"no keeper: a crash would end connections that are just coming");
		return;
	}
	source->handle = handle_keeper;
	source->owner = acceptor;
	event_add(&acceptor->loop, source, EPOLLIN);
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

/* What is kept for the next process: bags for the clients, and the keeper. */
static int open_parking(struct acceptor *acceptor, struct store *store)
{
	int r = parking_open(&acceptor->parking, acceptor->core, store);

	if (r < 0 || !store->there)
		return r;
	(void)parking_reserve(&acceptor->parking, (uint32_t)acceptor->config.max_clients);
	r = keeper_init(&acceptor->keeper, acceptor->core, &acceptor->parking);
	if (r >= 0)
		start_keeper(acceptor);
	return r;
}

/* With listeners of the process before us, nothing in the configuration ends the start. */
static int open_listeners(struct acceptor *acceptor, struct store *store)
{
	int inherited = listeners_inherit(&acceptor->listeners, store, acceptor->core->legacy), r;

	passed_take(&acceptor->listeners, store);
	r = listeners_open(&acceptor->listeners, &acceptor->config);
	if (r < 0 && !inherited)
		return r;
	if (r < 0)
		acceptor->trouble = "new address refused, see the journal";
	acceptor_watch_listeners(acceptor);
	return 0;
}

int acceptor_init(struct acceptor *acceptor, struct core *core, struct handler **handlers,
		  const struct config *config, const char *config_path, struct store *store)
{
	int r;

	*acceptor = (struct acceptor){
		.core = core,
		.handlers = handlers,
		.config = *config,
		.config_path = config_path,
		.signals.fd = -1,
		.keeper = {.source.fd = -1, .parent = -1},
	};
	r = event_loop_init(&acceptor->loop);
	if (r >= 0)
		r = open_signals(acceptor);
	if (r >= 0)
		r = watch_waker(acceptor);
	if (r >= 0)
		r = refusals_init(&acceptor->refusals, &acceptor->loop, &core->tune);
	if (r >= 0)
		r = proxies_init(&acceptor->proxies, acceptor);
	if (r < 0)
		return log_event_errno(r,
				       (&(struct log_fields){.message_id = MESSAGE_CANNOT_START}),
				       "cannot set up the acceptor");

	supervision_init(&acceptor->supervision, core, handlers, store->notify);
	r = open_parking(acceptor, store);
	if (r >= 0)
		r = recovery_run(acceptor); /* before anybody new is let in */
	return r < 0 ? r : open_listeners(acceptor, store);
}

void acceptor_done(struct acceptor *acceptor)
{
	for (size_t i = 0; i < LISTENERS_MAX && !acceptor_hands_on(acceptor); i++) {
		event_remove(&acceptor->loop, &acceptor->listeners.list[i].source);
		listener_close(&acceptor->listeners, &acceptor->listeners.list[i]);
	}
	proxies_done(&acceptor->proxies, acceptor_hands_on(acceptor) ? &acceptor->parking : NULL);
	refusals_done(&acceptor->refusals);
	keeper_done(&acceptor->keeper);
	parking_done(&acceptor->parking);
	if (acceptor->signals.fd >= 0)
		close(acceptor->signals.fd);
	event_loop_done(&acceptor->loop);
}

/* Ready is who serves: all that were here before have been told, and go on. */
static bool is_newly_ready(const struct acceptor *acceptor)
{
	return !acceptor->ready && !atomic_load(&acceptor->core->starting);
}

static void look_for_ready(struct acceptor *acceptor)
{
	if (!is_newly_ready(acceptor))
		return;
	acceptor->ready = true;
	crash_point(CRASH_READY);
	supervision_state(&acceptor->supervision, "READY=1");
	breaker_served(acceptor->core->legacy);
}

/* What is due by the clock; returns when the next thing is. */
static uint64_t tick(struct acceptor *acceptor)
{
	uint64_t now = clock_ms(), due;

	if (acceptor->retry_due && acceptor->retry_due <= now)
		try_again(acceptor);
	if (acceptor->keeper_due && acceptor->keeper_due <= now)
		start_keeper(acceptor);
	look_for_ready(acceptor);
	supervision_tick(&acceptor->supervision, now, (uint32_t)acceptor->config.max_clients,
			 acceptor->trouble);
	due = deadline_earlier(proxies_sweep(&acceptor->proxies, now),
			       supervision_due(&acceptor->supervision));
	due = deadline_earlier(due, refusals_sweep(&acceptor->refusals, now));
	if (acceptor->keeper_due)
		due = deadline_earlier(due, acceptor->keeper_due);
	return acceptor->retry_due ? deadline_earlier(due, acceptor->retry_due) : due;
}

void acceptor_run(struct acceptor *acceptor)
{
	uint32_t clients;

	for (int i = 0; i < acceptor->core->handlers; i++)
		handler_ask(acceptor->handlers[i]); /* one without clients would sleep */
	while (!acceptor->stops) {
		uint64_t due = tick(acceptor);

		waker_lie_down(&acceptor->core->acceptor);
		event_wait(&acceptor->loop, is_newly_ready(acceptor) ? 0 : deadline_timeout(due));
		waker_get_up(&acceptor->core->acceptor);
	}
	breaker_served(acceptor->core->legacy);
	clients = admission_taken(&acceptor->core->admission);
	if (acceptor_hands_on(acceptor)) {
		supervision_state(&acceptor->supervision,
				  "STOPPING=1\nSTATUS=connections are kept for the next process");
		log_event(LOG_INFO, (&(struct log_fields){.message_id = MESSAGE_HANDING_ON}),
			  "ending: %u connection%s kept for the next process", clients,
			  clients == 1 ? " is" : "s are");
		return;
	}
	supervision_state(&acceptor->supervision, "STOPPING=1\nSTATUS=giving clients their rest");
	log_event(LOG_INFO, (&(struct log_fields){.message_id = MESSAGE_STOPPING}),
		  "stopping: %u client%s, and let go", clients,
		  clients == 1 ? " is given what is its due" : "s are given what is their due");
}
