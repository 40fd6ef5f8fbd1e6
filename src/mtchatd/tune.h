/*
 * tune.h - constants of the daemon that only its tests change (mtchatd --tune NAME=VALUE)
 *
 * They are no settings: their values follow from the protocol or from measurements, and
 * no administrator gains from another value.
 */
#pragma once

struct tune {
	int split_members;     /* a room with more is dealt out to further handlers */
	int keepalive_idle_s;  /* TCP keepalive: first probe after so much silence, */
	int keepalive_step_s;  /* the next ones so far apart, */
	int keepalive_probes;  /* and so many in vain end the link */
	int link_look_ms;      /* how often links that owe us an ACK are looked at */
	int link_dead_ms;      /* unanswered for so long: dead */
	int linger_ms;         /* how long a peer that ended may take for the rest */
	int refused_max;       /* refused connections that are drained at a time */
	int proxy_wait_ms;     /* how long a PROXY header may take to come */
	int proxy_waits_max;   /* connections that wait for one at a time */
	int status_ms;         /* how often STATUS= is brought up to date */
	int rendering_idle_ms; /* a rendering that nobody reads for so long is filled no more */
	int commands_rate;     /* commands a second of one client; 0: no limit */
	int announced_ms;      /* a SIGTERM so soon after SIGUSR1 is a stop */
	int stop_ms;           /* how long a stop waits for what is owed */
	int visit_ms;          /* who is gone before, and was silent, is nothing for the journal */
	int reconcile;         /* 0: the kernel's counts are not asked for, and tests must fail */
};

#define TUNE_DEFAULT                                                                               \
	((struct tune){                                                                            \
		.split_members = 500,                                                              \
		.keepalive_idle_s = 30,                                                            \
		.keepalive_step_s = 10,                                                            \
		.keepalive_probes = 3,                                                             \
		.link_look_ms = 10000,                                                             \
		.link_dead_ms = 120000,                                                            \
		.linger_ms = 5000,                                                                 \
		.refused_max = 64,                                                                 \
		.proxy_wait_ms = 5000,                                                             \
		.proxy_waits_max = 256,                                                            \
		.status_ms = 5000,                                                                 \
		.rendering_idle_ms = 86400000,                                                     \
		.commands_rate = 100,                                                              \
		.announced_ms = 10000,                                                             \
		.stop_ms = 1000,                                                                   \
		.visit_ms = 3000,                                                                  \
		.reconcile = 1,                                                                    \
	})

/* "NAME=VALUE" -> its field.  0, or -EINVAL. */
int tune_set(struct tune *tune, const char *assignment);
