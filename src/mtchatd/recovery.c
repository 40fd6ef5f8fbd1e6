/* recovery.c - a start takes over what the process before it had in hand */
#include <errno.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "mtchatd/breaker.h"
#include "mtchatd/crash.h"
#include "mtchatd/finds.h"
#include "mtchatd/gate.h"
#include "mtchatd/messages.h"
#include "mtchatd/move.h"
#include "mtchatd/naming.h"
#include "mtchatd/outbox.h"
#include "mtchatd/reconcile.h"
#include "mtchatd/recovery.h"
#include "mtchatd/tags.h"
#include "mtchatd/tally.h"

struct recovery {
	struct acceptor *acceptor;
	struct core *core;
	struct finds finds;
	uint32_t back, mended, adopted;
};

static void free_slot(struct slot *slot)
{
	word_set(&slot->id, 0);
	slot->use = SLOT_FREE;
}

/* In words of the journal. */
static void tell(struct slot *slot, int level, const char *message_id, const char *what)
{
	char address[PEER_NAME_MAX];

	log_event(level,
		  (&(struct log_fields){.message_id = message_id,
					.client_id = word_get(&slot->id),
					.address = peer_name(&slot->peer, address)}),
		  "client %s %s", address, what);
}

/* Nobody is given an id that is in use, whatever the record of the last one says. */
static void note_id(struct legacy *legacy, uint64_t id)
{
	if (word_get(&legacy->last_id) < id)
		word_set(&legacy->last_id, id);
}

/* Gives it to the handler of its room, which has one client more. */
static void give(struct core *core, struct client *client)
{
	struct room *room = client->rendering ? client->rendering->room : NULL;
	struct handler *handler = move_home(core, room);
	const struct slot *slot = client->slot;
	uint32_t log;

	if (room) {
		rooms_use(&core->rooms, room->number);
		atomic_fetch_add(&room->clients, 1);
		if (client->arrival == ARRIVES_BACK && !word_get(&slot->parked) &&
		    !slot_has(slot, TRAIT_DRAINS))
			gate_hold(client->rendering, handler->index, word_get(&slot->cursor));
	}
	if (slot_outbox(slot) && outbox_moves(core_outbox(core, slot_outbox(slot)), &log) &&
	    log_room(log) != log_room(slot_log(slot)))
		rooms_use(&core->rooms, log_room(log)); /* it is on its way */
	handler_give(handler, client);
}

/* Gives a client that is up to date to a handler; its unread lines are safe from now on. */
static void deal(struct recovery *recovery, struct slot *slot, struct find *find)
{
	struct core *core = recovery->core;
	struct client *client = &core->clients[core_number(core, slot)];

	*client = (struct client){
		.slot = slot,
		.rendering = slot_has(slot, TRAIT_ECHO) ? NULL : core_log(core, slot_log(slot)),
		.arrival = ARRIVES_BACK,
	};
	slot->fd = take_fd(&find->fd);
	tags_take_back(core, slot);
	naming_vouch(core, client);
	give(core, client);
	recovery->back++;
}

/* It went while the process before us ended, or with it: if its room knew it, it is told. */
static void part(struct core *core, struct slot *slot)
{
	uint32_t number = core_number(core, slot);
	struct client *client = &core->clients[number];

	slot->input = 0;
	word_set(&slot->ties, slot_ties(slot_log(slot), 0));
	if (slot_has(slot, TRAIT_ECHO) || log_room(slot_log(slot)) >= ROOMS_MAX ||
	    !core_room(core, log_room(slot_log(slot))) || !word_get(&slot->id) ||
	    word_get(&slot->id) > SLOT_ID_MAX || !tags_take_back(core, slot)) {
		free_slot(slot);
		return;
	}
	if (!admission_claim(&core->admission, peer_counted(&slot->peer), number)) {
		tags_give_back(core, slot);
		free_slot(slot);
		return;
	}
	slot->use = SLOT_CLOSING;
	*client = (struct client){
		.slot = slot,
		.rendering = core_log(core, slot_log(slot)),
		.arrival = ARRIVES_GONE,
		.state = CLIENT_GONE,
		.reason = REASON_CLOSED,
	};
	note_id(core->legacy, word_get(&slot->id));
	give(core, client);
}

/* Hangs up for good.  The copy that is parked is dropped when its bag is compacted. */
static void finish_closing(struct core *core, struct slot *slot, struct find *find)
{
	if (find) {
		shutdown(find->fd, SHUT_RDWR);
		find_close(find);
	}
	part(core, slot);
}

/*
 * What was known of it cannot be used: its socket is let in anew, with the unknown ones.
 */
static void renew(struct slot *slot, struct find *find, int r)
{
	log_event_errno(r,
			(&(struct log_fields){.message_id = MESSAGE_CLIENT_RENEWED,
					      .client_id = word_get(&slot->id)}),
			"what was known of a client cannot be used, it is kept");
	find->lost = true;
	free_slot(slot);
}

static void recover_live(struct recovery *recovery, struct slot *slot, struct find *find)
{
	struct core *core = recovery->core;
	bool mended;
	int r;

	if (!find) {
		tell(slot, LOG_WARNING, MESSAGE_CLIENT_GONE,
		     "is gone: its connection was not kept");
		part(core, slot);
		return;
	}
	if (breaker_is_poison(core->legacy, slot->cookie, word_get(&slot->parsed))) {
		tell(slot, LOG_ERR, MESSAGE_POISON,
		     "is let go: what it sent has ended us five times");
		finish_closing(core, slot, find);
		return;
	}
	r = reconcile_slot(core, slot, find->fd, &mended);
	if (r >= 0 && !admission_claim(&core->admission, peer_counted(&slot->peer),
				       (uint32_t)(slot - core->slots)))
		r = -ENOMEM;
	if (r < 0) {
		renew(slot, find, r);
		return;
	}
	recovery->mended += mended;
	note_id(core->legacy, word_get(&slot->id));
	deal(recovery, slot, find);
}

static void recover_slot(struct recovery *recovery, uint32_t number)
{
	struct slot *slot = &recovery->core->slots[number];
	struct find *find;

	if (slot->use == SLOT_FREE)
		return;
	breaker_stage(recovery->core->legacy, STAGE_SLOT, number);
	find = slot->use == SLOT_COMING ? NULL : finds_look_up(&recovery->finds, slot->cookie);
	switch ((enum slot_use)slot->use) {
	case SLOT_LIVE:
		recover_live(recovery, slot, find);
		crash_point(CRASH_RECONCILED);
		break;
	case SLOT_CLOSING:
		finish_closing(recovery->core, slot, find);
		crash_point(CRASH_FINISHED);
		break;
	case SLOT_FREE:
	case SLOT_COMING:
	default: /* COMING, and anything that cannot be: its socket is unknown */
		slot->cookie = 0;
		free_slot(slot);
	}
}

static uint32_t slots_used(const struct core *core)
{
	uint64_t slots = word_get(&core->legacy->slots);

	return slots < SLOTS_MAX ? (uint32_t)slots : SLOTS_MAX;
}

static int recover_slots(struct recovery *recovery)
{
	struct core *core = recovery->core;
	uint32_t slots = slots_used(core);
	int r;

	if (word_get(&core->legacy->last_id) > SLOT_ID_MAX)
		word_set(&core->legacy->last_id, 0);
	for (uint32_t i = 0; i < slots; i++)
		recover_slot(recovery, i);
	r = pool_settle(&core->inputs);
	if (r >= 0)
		r = pool_settle(&core->outboxes);
	return r < 0 ? r : admission_settle(&core->admission, slots);
}

/* Was it ever in the slot that it was parked for?  Its cookie stays there until the next one's. */
static bool was_recorded(const struct recovery *recovery, const struct find *find)
{
	return find->who.slot < SLOTS_MAX &&
	       recovery->core->slots[find->who.slot].cookie == find->who.cookie;
}

/*
 * Accepted and not recorded yet?  Whoever we have closed was shut down first, and talks no
 * more.  A peer that hung up meanwhile may have said something before: it is heard if we know
 * that we did not close it (if an arena was set aside we know nothing).
 */
static bool is_newcomer(const struct recovery *recovery, const struct find *find)
{
	struct tally tally;
	int unread = 0, r;

	if (find->lost)
		return true;
	r = tally_take(&tally, find->fd, find->family, 0);
	if (r == -ENODATA) { /* a Unix socket that nothing was received from */
		tally_begin(find->fd, find->family);
		r = tally_take(&tally, find->fd, find->family, 0);
	}
	if (r < 0)
		return false;
	if (tally.talks)
		return true;
	if (word_get(&recovery->core->legacy->lost) || !find->fresh || was_recorded(recovery, find))
		return false;
	return ioctl(find->fd, SIOCINQ, &unread) == 0 && unread > 0;
}

static void adopt_rest(struct recovery *recovery)
{
	bool lost = word_get(&recovery->core->legacy->lost) != 0;
	struct find *find = NULL;

	breaker_stage(recovery->core->legacy, STAGE_ADOPTS, 0);
	while ((find = finds_next(&recovery->finds, find))) {
		if (is_newcomer(recovery, find)) {
			recovery->adopted++;
			acceptor_adopt(recovery->acceptor, take_fd(&find->fd), find->lost || lost);
			crash_point(CRASH_ADOPTED);
		}
	}
	rooms_sweep(&recovery->core->rooms);
	if (recovery->finds.strays) /* now they have slots, and must not be found again */
		parking_tidy(&recovery->acceptor->parking);
}

/* How long nobody was there. */
static uint64_t gap_until(const struct recovery *recovery, uint64_t now)
{
	uint64_t ended = word_get(&recovery->core->legacy->ended_at);

	return ended && ended <= now ? now - ended : GAP_UNKNOWN;
}

static void report(const struct recovery *recovery, uint64_t begin)
{
	uint64_t now = clock_ms(), gap = gap_until(recovery, now);

	word_set(&recovery->core->legacy->ended_at, 0);
	if (gap == GAP_UNKNOWN && !recovery->back && !recovery->adopted) /* a first start */
		return;
	recovery->core->gap_ms = gap;
	log_event(LOG_INFO, (&(struct log_fields){.message_id = MESSAGE_RECOVERED}),
		  "%" PRIu32 " connection%s on, %" PRIu32
		  " of them in the middle of a call, %" PRIu32 " new ones: recovered in %" PRIu64
		  " ms, %" PRIu64 " ms after the end",
		  recovery->back, recovery->back == 1 ? " goes" : "s go", recovery->mended,
		  recovery->adopted, now - begin, gap == GAP_UNKNOWN ? 0 : gap);
}

int recovery_run(struct acceptor *acceptor)
{
	struct recovery recovery = {.acceptor = acceptor, .core = acceptor->core};
	uint64_t begin = clock_ms();
	int r;

	r = finds_gather(&recovery.finds, &acceptor->parking);
	if (r >= 0) {
		acceptor_note_fd(acceptor, recovery.finds.highest);
		r = recover_slots(&recovery);
		if (r >= 0)
			adopt_rest(&recovery);
	}
	finds_done(&recovery.finds);
	if (r < 0)
		return log_event_errno(r,
				       (&(struct log_fields){.message_id = MESSAGE_CANNOT_START}),
				       "cannot take over the connections");
	crash_point(CRASH_DEALT);
	breaker_stage(acceptor->core->legacy, STAGE_SERVES, 0);
	report(&recovery, begin);
	return 0;
}
