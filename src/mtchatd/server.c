/* server.c - the whole daemon: makes the core, starts the threads, serves, ends in order */
#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "mtchatd/acceptor.h"
#include "mtchatd/descriptors.h"
#include "mtchatd/machine.h"
#include "mtchatd/messages.h"
#include "mtchatd/server.h"

struct server {
	struct core *core;
	struct handler *handlers[HANDLERS_MAX];
	struct acceptor acceptor;
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

static int start_handlers(struct server *server)
{
	for (int i = 0; i < server->core->handlers; i++) {
		int r = handler_start(&server->handlers[i], server->core, i);

		if (r < 0)
			return log_event_errno(r,
					       (&(struct log_fields){
						       .message_id = MESSAGE_CANNOT_START}),
					       "cannot start handler %d", i);
	}
	return 0;
}

static void stop_handlers(struct server *server)
{
	atomic_store(&server->core->stopping, true);
	for (int i = 0; i < server->core->handlers; i++) {
		if (server->handlers[i])
			handler_wake(server->handlers[i]);
	}
	for (int i = 0; i < server->core->handlers; i++)
		handler_join(server->handlers[i]);
}

static int serve(struct server *server, const struct config *config, const char *path)
{
	struct acceptor *acceptor = &server->acceptor;
	int r = acceptor_init(acceptor, server->core, server->handlers, config, path);

	if (r >= 0) {
		log_event(LOG_INFO, (&(struct log_fields){.message_id = MESSAGE_STARTED}),
			  "listening on port %d: up to %d clients, mode %s, %d handler%s",
			  config->port, config->max_clients,
			  config->mode == MODE_ECHO ? "echo" : "broadcast", server->core->handlers,
			  server->core->handlers == 1 ? "" : "s");
		acceptor_run(acceptor);
	}
	acceptor_done(acceptor);
	return r;
}

int server_run(const struct config *config, const char *config_path, const struct tune *tune)
{
	AUTO_FREE struct server *server = calloc(1, sizeof(*server));
	struct config settled = *config;
	int handlers = config_resolve_handlers(config->handlers), r;

	if (!server)
		return log_event_errno(-ENOMEM,
				       (&(struct log_fields){.message_id = MESSAGE_CANNOT_START}),
				       "cannot start");
	server_clamp_clients(&settled);
	r = core_new(&server->core, tune, handlers, (uint64_t)settled.room_log_kib * 1024);
	if (r < 0)
		return log_event_errno(r,
				       (&(struct log_fields){.message_id = MESSAGE_CANNOT_START}),
				       "cannot make the arena");
	limits_set(&server->core->limits, &settled);

	r = start_handlers(server);
	if (r >= 0)
		r = serve(server, &settled, config_path);
	stop_handlers(server);
	core_free(server->core);
	if (r >= 0)
		log_event(LOG_INFO, (&(struct log_fields){.message_id = MESSAGE_STOPPED}),
			  "stopped");
	return r;
}
