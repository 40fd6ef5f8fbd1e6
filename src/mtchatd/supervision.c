/* supervision.c - what the service manager is told: ready, status, alive */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/deadline.h"
#include "mtchatd/supervision.h"

enum {
	RETRY_MS = 100,     /* when its queue was full */
	PINGS_A_PERIOD = 4, /* of $WATCHDOG_USEC: one may be late, or not be taken */
};

void supervision_init(struct supervision *supervision, struct core *core, struct handler **handlers,
		      struct notify *notify)
{
	uint64_t watchdog_ms = notify_watchdog_usec() / 1000;

	*supervision = (struct supervision){.notify = notify, .core = core, .handlers = handlers};
	if (watchdog_ms)
		supervision->watchdog_ms = watchdog_ms > PINGS_A_PERIOD
						   ? watchdog_ms / PINGS_A_PERIOD
						   : 1;
}

static void send_state(struct supervision *supervision)
{
	if (!supervision->state[0])
		return;
	if (notify_send(supervision->notify, "%s", supervision->state) == -EAGAIN)
		supervision->state_due = clock_ms() + RETRY_MS;
	else
		supervision->state[0] = '\0';
}

void supervision_state(struct supervision *supervision, const char *state)
{
	snprintf(supervision->state, sizeof(supervision->state), "%s", state);
	send_state(supervision);
}

static bool all_handlers_turn(const struct supervision *supervision)
{
	for (int i = 0; i < supervision->core->handlers; i++) {
		if (!handler_answered(supervision->handlers[i]))
			return false;
	}
	return true;
}

static void ping(struct supervision *supervision, uint64_t now)
{
	if (!supervision->watchdog_ms || now < supervision->watchdog_due)
		return;
	supervision->watchdog_due = now + supervision->watchdog_ms;
	if (!all_handlers_turn(supervision))
		return;
	(void)notify_send(supervision->notify, "WATCHDOG=1"); /* the next one is not far */
	for (int i = 0; i < supervision->core->handlers; i++)
		handler_ask(supervision->handlers[i]);
}

static uint64_t lines_said(const struct supervision *supervision)
{
	uint64_t lines = 0;

	for (int i = 0; i < supervision->core->handlers; i++)
		lines += atomic_load_explicit(&supervision->handlers[i]->lines,
					      memory_order_relaxed);
	return lines;
}

static void send_status(struct supervision *supervision, uint64_t now, uint32_t max_clients,
			const char *trouble)
{
	uint64_t lines = lines_said(supervision);
	unsigned rooms = supervision->core->rooms.count;
	uint64_t passed = now - supervision->lines_at;
	char status[STATUS_MAX];

	/* A reload has the status sent early: too short a time to tell a rate from. */
	if (passed >= (uint64_t)supervision->core->tune.status_ms) {
		if (supervision->lines_at)
			supervision->rate = ((lines - supervision->lines) * 1000 + passed / 2) /
					    passed;
		supervision->lines = lines;
		supervision->lines_at = now;
	}
	snprintf(status, sizeof(status), "%u/%u clients, %u room%s, %llu lines/s%s%s",
		 admission_taken(&supervision->core->admission), max_clients, rooms,
		 rooms == 1 ? "" : "s", (unsigned long long)supervision->rate, trouble ? "; " : "",
		 trouble ? trouble : "");
	if (strcmp(status, supervision->status) != 0 &&
	    notify_send(supervision->notify, "STATUS=%s", status) != -EAGAIN)
		strcpy(supervision->status, status); /* NOLINT: of the same size */
}

void supervision_tick(struct supervision *supervision, uint64_t now, uint32_t max_clients,
		      const char *trouble)
{
	if (supervision->notify->fd < 0)
		return;
	send_state(supervision);
	ping(supervision, now);
	if (now < supervision->status_due)
		return;
	supervision->status_due = now + (uint64_t)supervision->core->tune.status_ms;
	send_status(supervision, now, max_clients, trouble);
}

uint64_t supervision_due(const struct supervision *supervision)
{
	uint64_t due = supervision->status_due;

	if (supervision->notify->fd < 0)
		return DEADLINE_NEVER;
	if (supervision->watchdog_ms && supervision->watchdog_due < due)
		due = supervision->watchdog_due;
	if (supervision->state[0] && supervision->state_due < due)
		due = supervision->state_due;
	return due;
}
