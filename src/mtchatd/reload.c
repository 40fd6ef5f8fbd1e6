/* reload.c - the acceptor applies a changed configuration, without dropping anyone */
#include <stdio.h>

#include "common/log.h"
#include "mtchatd/acceptor.h"
#include "mtchatd/config-read.h"
#include "mtchatd/messages.h"
#include "mtchatd/server.h"

static void refuse(struct acceptor *acceptor, const char *trouble)
{
	log_event(LOG_ERR, (&(struct log_fields){.message_id = MESSAGE_RELOAD_REFUSED}),
		  "reload refused, the configuration stays as it was");
	acceptor->trouble = trouble;
}

static void apply(struct acceptor *acceptor)
{
	struct config next;

	if (config_load(&next, acceptor->config_path) < 0) {
		refuse(acceptor, "configuration file refused, see the journal");
		return;
	}
	if (listeners_open(&acceptor->listeners, &next) < 0) {
		refuse(acceptor, "new address refused, see the journal");
		return;
	}
	config_apply(&acceptor->config, &next);
	server_clamp_clients(&acceptor->config);
	limits_set(&acceptor->core->limits, &acceptor->config);
	proxies_set(&acceptor->proxies, &acceptor->config);
	log_set_level(acceptor->config.log_level);
	legacy_save_config(acceptor->core->legacy, &next);
	(void)parking_reserve(&acceptor->parking, (uint32_t)acceptor->config.max_clients);
	acceptor->trouble = NULL;
	acceptor_watch_listeners(acceptor);
	log_event(LOG_INFO, (&(struct log_fields){.message_id = MESSAGE_RELOADED}),
		  "configuration reloaded from %s", acceptor->config_path);
}

void acceptor_reload(struct acceptor *acceptor)
{
	char state[64];

	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)notify_monotonic_usec());
	supervision_state(&acceptor->supervision, state);
	apply(acceptor);
	supervision_state(&acceptor->supervision, "READY=1");
	acceptor->supervision.status_due = 0; /* at once */
}
