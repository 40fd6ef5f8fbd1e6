/* untold.c - clients of whose arrival the journal is told later */
#include "mtchatd/untold.h"
#include "common/clock.h"
#include "common/log.h"
#include "mtchatd/messages.h"

void untold_tell(struct client *client, int level)
{
	struct slot *slot = client->slot;
	char address[PEER_NAME_MAX];

	if (!slot_has(slot, TRAIT_UNTOLD))
		return;
	log_event(level,
		  (&(struct log_fields){.message_id = MESSAGE_CLIENT_CONNECTED,
					.client_id = word_get(&slot->id),
					.address = peer_name(&slot->peer, address),
					.room = client->rendering
							? client->rendering->room->record->name
							: NULL}),
		  "client %s connected", address);
	slot_take_trait(slot, TRAIT_UNTOLD); /* a death before: the next process tells it, too */
}

/* A place on the list is 16 bytes for a few seconds: not for a record that nobody is to see. */
void untold_add(struct handler *handler, struct client *client)
{
	if (!log_shows(LOG_INFO)) {
		slot_take_trait(client->slot, TRAIT_UNTOLD);
		return;
	}
	if (!handler->untold.count)
		handler->untold_due = handler->now + (uint64_t)handler->core->tune.visit_ms;
	waitlist_add(&handler->untold, client, word_get(&client->slot->id));
}

/*
 * All on the list are looked at together, so that each costs the same however many come: told are
 * those who have been there for half of visit_ms, the others so long after.
 */
void untold_tell_due(struct handler *handler)
{
	struct waitlist untold;

	if (!handler->untold.count || handler->now < handler->untold_due)
		return;
	untold = waitlist_take(&handler->untold);
	for (size_t i = 0; i < untold.count; i++) {
		struct client *client = handler_waited(handler, &untold.list[i]);

		if (client && clock_boot_us() - client->slot->since <
				      (uint64_t)handler->core->tune.visit_ms * 500)
			untold_add(handler, client);
		else if (client)
			untold_tell(client, LOG_INFO);
	}
	waitlist_done(&untold);
}
