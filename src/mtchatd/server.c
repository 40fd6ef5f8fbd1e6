/* server.c - the whole daemon: makes the core, starts the threads, serves, ends in order */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "mtchatd/acceptor.h"
#include "mtchatd/breaker.h"
#include "mtchatd/crash.h"
#include "mtchatd/descriptors.h"
#include "mtchatd/machine.h"
#include "mtchatd/messages.h"
#include "mtchatd/server.h"
#include "mtchatd/thread.h"

enum {
	OWN_PATIENCE_MS = 5000,   /* for the process before us to be gone */
	STORE_PATIENCE_MS = 5000, /* for the service manager, at a first start */
};

struct server {
	struct core *core;
	struct acceptor acceptor;
	struct store *store;
	bool inherits; /* connections of the process before us */
	bool arena_is_new;
};

void server_clamp_clients(struct config *config)
{
	int limit = descriptors_raise(), most = descriptors_clients(limit);

	if (config->max_clients <= most)
		return;
	log_event(LOG_WARNING, (&(struct log_fields){.message_id = MESSAGE_CLIENTS_CLAMPED}),
		  "max_clients is %d, but %d descriptors allow no more than %d",
		  config->max_clients, limit, most);
	config->max_clients = most;
}

static int tell_no_start(int r, const char *what)
{
	return log_event_errno(r, (&(struct log_fields){.message_id = MESSAGE_CANNOT_START}),
			       "cannot %s", what);
}

/* -- the arena: that of the process before us, or a new one -- */

/* Without an arena (it was just being set aside) the bags tell. */
bool server_inherits(const struct store *store)
{
	return store_has(store, "arena") || store_has(store, "b0.in");
}

/* Why the one that was left cannot be used: told, and forgotten by the store. */
static void set_aside(struct store *store, int r, const char *why)
{
	log_write(LOG_ERR, r, &(struct log_fields){.message_id = MESSAGE_SET_ASIDE}, __FILE__,
		  __LINE__, __func__, "%s: a new log is begun, all connections are kept", why);
	store_remove(store, "arena");
}

/* 1; 0: there is none that can be used. */
static int inherit_arena(struct arena *ret, struct store *store)
{
	int fd = store_claim(store, "arena"), r;

	if (fd < 0)
		return 0;
	/* -EPROTO: from the first release on, the layout of the last one is converted here. */
	r = core_adopt_arena(ret, fd);
	if (r < 0) {
		close(fd);
		set_aside(store, r, "the arena that the last process left cannot be read");
		return 0;
	}
	if (arena_own(ret, OWN_PATIENCE_MS) < 0)
		log_event(LOG_WARNING, (&(struct log_fields){.message_id = MESSAGE_NOT_KEPT}),
			  "the last process has not ended after %d ms", OWN_PATIENCE_MS);
	crash_point(CRASH_INHERITED);
	if (breaker_trips(ret)) {
		arena_done(ret);
		set_aside(store, 0, "five starts in a row have failed on the arena");
		return 0;
	}
	return 1;
}

static int make_arena(struct arena *ret, struct store *store)
{
	int r = core_new_arena(ret);

	if (r < 0)
		return r;
	word_set(&core_legacy(ret)->lost, store_has(store, "b0.in"));
	if (store->there)
		(void)arena_own(ret, 0);
	r = store_put_waiting(store, "arena", ret->fd, STORE_PATIENCE_MS);
	if (r < 0) /* serve all the same: nothing but the next process will miss it */
		log_event_errno(r, (&(struct log_fields){.message_id = MESSAGE_NOT_KEPT}),
				"cannot keep the arena: a crash would end all connections");
	crash_point(CRASH_FIRST_STORE);
	return 0;
}

static int open_core(struct server *server, struct arena *arena, const struct config *config,
		     const struct tune *tune)
{
	return core_new(&server->core, arena, tune, config_resolve_handlers(config->handlers),
			(uint64_t)config->room_log_kib * 1024);
}

/* A bad configuration ends no connection: the last good one goes on, or the defaults. */
static struct config settle_config(const struct config *config, const struct arena *arena)
{
	struct config settled;

	if (config) {
		settled = *config;
	} else {
		config_default(&settled);
		if (arena)
			(void)legacy_load_config(core_legacy(arena), &settled);
		log_event(LOG_ERR, (&(struct log_fields){.message_id = MESSAGE_CONFIG_KEPT}),
			  "the configuration has errors, the last good one stays in force");
	}
	server_clamp_clients(&settled);
	return settled;
}

static int make_core(struct server *server, const struct config *config, struct config *ret_settled,
		     const struct tune *tune)
{
	struct arena arena = {.fd = -1};
	int inherited = inherit_arena(&arena, server->store), r;

	*ret_settled = settle_config(config, inherited ? &arena : NULL);
	if (inherited) {
		r = open_core(server, &arena, ret_settled, tune);
		if (r != -EBADMSG)
			return r;
		set_aside(server->store, r, "the arena that the last process left is damaged");
	}
	server->arena_is_new = true;
	r = make_arena(&arena, server->store);
	return r < 0 ? r : open_core(server, &arena, ret_settled, tune);
}

/* -- its threads -- */

static int make_handlers(struct server *server)
{
	int r = 0;

	for (int i = 0; r >= 0 && i < server->core->handlers; i++)
		r = handler_new(&server->core->crew[i], server->core, i);
	return r;
}

static int start_handlers(struct server *server)
{
	int r = 0;

	for (int i = 0; r >= 0 && i < server->core->handlers; i++)
		r = handler_start(server->core->crew[i]);
	return r;
}

static void end_handlers(struct server *server)
{
	struct core *core = server->core;

	/* What was handed on is the next process's, whole: nothing is flushed or closed. */
	atomic_store(acceptor_hands_on(&server->acceptor) ? &core->resting : &core->stopping, true);
	for (int i = 0; i < core->handlers; i++) {
		if (core->crew[i])
			handler_wake(core->crew[i]);
	}
	for (int i = 0; i < core->handlers; i++)
		handler_join(core->crew[i]);
	for (int i = 0; i < core->handlers; i++)
		handler_free(core->crew[i]);
}

static void tell_started(const struct acceptor *acceptor, bool as_configured)
{
	const struct config *config = &acceptor->config;
	int handlers = acceptor->core->handlers;

	char where[LISTENERS_TEXT_MAX];

	log_event(LOG_INFO, (&(struct log_fields){.message_id = MESSAGE_STARTED}),
		  "listening on %s%s: up to %d clients, mode %s, %d handler%s",
		  listeners_text(&acceptor->listeners, config, where),
		  as_configured ? "" : ", as the last process did", config->max_clients,
		  config->mode == MODE_ECHO ? "echo" : "broadcast", handlers,
		  handlers == 1 ? "" : "s");
}

/* What somebody who starts it by hand has no other way to know. */
static void tell_alone(const struct acceptor *acceptor, const struct store *store)
{
	if (store->there)
		return;
	log_event(LOG_INFO, (&(struct log_fields){.message_id = MESSAGE_UNATTENDED}),
		  "no service manager keeps connections for us: a restart or a crash ends them%s",
		  acceptor->config.socket[0] ? ""
					     : "; no Unix socket either: neither `socket` nor "
					       "$RUNTIME_DIRECTORY names one");
}

/* At a first start the store is full before we say that we are ready: what is ready survives. */
static void settle_store(struct server *server)
{
	(void)store_forget_rest(server->store);
	if (server->arena_is_new && store_barrier(server->store, STORE_PATIENCE_MS) < 0)
		log_event(LOG_WARNING, (&(struct log_fields){.message_id = MESSAGE_UNATTENDED}),
			  "the service manager does not answer");
}

static int serve(struct server *server, const struct config *settled, const struct config *asked,
		 const char *path)
{
	struct acceptor *acceptor = &server->acceptor;
	int r = acceptor_init(acceptor, server->core, server->core->crew, settled, path,
			      server->store);

	if (r < 0) {
		acceptor->for_good = !server->inherits; /* nobody waits for another start */
		return r;
	}
	if (!asked)
		acceptor->trouble = "configuration file refused, see the journal";
	else if (!acceptor->trouble)
		legacy_save_config(server->core->legacy, asked);
	settle_store(server);
	r = start_handlers(server);
	if (r < 0)
		return tell_no_start(r, "start the handlers");
	tell_started(acceptor, !acceptor->trouble);
	tell_alone(acceptor, server->store);
	acceptor_run(acceptor);
	return 0;
}

static int run(struct server *server, const struct config *config, const char *config_path,
	       const struct tune *tune)
{
	struct config settled;
	int r = make_core(server, config, &settled, tune);

	if (r < 0)
		return tell_no_start(r, "make the arena");
	limits_set(&server->core->limits, &settled);
	r = make_handlers(server);
	if (r < 0)
		tell_no_start(r, "make the handlers");
	else
		r = serve(server, &settled, config, config_path);
	if (r < 0) /* of memory, threads or descriptors: no fault of the arena's */
		breaker_served(server->core->legacy);
	end_handlers(server);
	acceptor_done(&server->acceptor);
	core_free(server->core);
	return r;
}

int server_run(const struct config *config, const char *config_path, const struct tune *tune,
	       struct store *store)
{
	struct server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return tell_no_start(-ENOMEM, "start");
	server->store = store;
	server->inherits = server_inherits(store);
	r = run(server, config, config_path, tune);
	if (r >= 0)
		log_event(LOG_INFO, (&(struct log_fields){.message_id = MESSAGE_STOPPED}),
			  "stopped");
	free(server);
	return r;
}
