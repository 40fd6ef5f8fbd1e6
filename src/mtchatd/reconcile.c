/* reconcile.c - brings a slot that was found up to what the kernel says of its socket */
#include <errno.h>

#include "mtchatd/input.h"
#include "mtchatd/outbox.h"
#include "mtchatd/reconcile.h"
#include "mtchatd/sums.h"
#include "mtchatd/tally.h"

static bool peer_is_sound(const struct peer *peer)
{
	return peer->family == AF_INET || peer->family == AF_INET6 || peer->family == AF_UNIX;
}

static bool input_is_sound(const struct core *core, const struct slot *slot)
{
	uint64_t received = word_get(&slot->received), parsed = word_get(&slot->parsed);
	uint64_t base = word_get(&slot->input_base);

	if (slot->input && !pool_can_claim(&core->inputs, slot->input))
		return false;
	if (slot_has(slot, TRAIT_DRAINS)) /* what it sends counts no more */
		return true;
	if (!slot->input)
		return parsed == received;
	return base <= parsed && parsed <= received && received - base <= INPUT_SIZE;
}

static bool log_is_there(const struct core *core, uint32_t log)
{
	return log_room(log) < ROOMS_MAX && core_room(core, log_room(log));
}

/* A rest of a line and a notice stand before a line's begin. */
static bool front_is_sound(const struct core *core, const struct slot *slot,
			   const struct outbox *outbox)
{
	return !outbox_has_front(outbox) || word_get(&slot->parked) ||
	       ring_line_begins(&core_log(core, slot_log(slot))->ring, word_get(&slot->cursor));
}

static bool outbox_of_slot_is_sound(const struct core *core, const struct slot *slot)
{
	uint32_t number = slot_outbox(slot), log;
	const struct outbox *outbox;

	if (!number)
		return true;
	if (!pool_can_claim(&core->outboxes, number) || slot_has(slot, TRAIT_ECHO))
		return false;
	outbox = core_outbox(core, number);
	return outbox_is_sound(outbox) && front_is_sound(core, slot, outbox) &&
	       outbox_last_due(outbox) <= rendering_head(core_log(core, slot_log(slot))) &&
	       (!outbox_moves(outbox, &log) || log_is_there(core, log));
}

static bool place_is_sound(const struct core *core, const struct slot *slot)
{
	const struct rendering *log;
	uint64_t cursor = word_get(&slot->cursor), parked = word_get(&slot->parked), head;

	if (!log_is_there(core, slot_log(slot)))
		return false;
	if (slot_has(slot, TRAIT_DRAINS)) /* is given nothing more: the log overruns it */
		return true;
	if (slot_has(slot, TRAIT_ECHO))
		return slot->source == SOURCE_ECHO;
	log = core_log(core, slot_log(slot));
	head = rendering_head(log);
	if (!rendering_is_filled(log) || cursor > head || word_get(&slot->said_until) > head)
		return false;
	if (parked ? parked - 1 > room_lines(log->room) : head - cursor >= log->ring.size)
		return false;
	return slot->source == SOURCE_RING || slot->source == SOURCE_OUTBOX;
}

static bool slot_is_sound(const struct core *core, const struct slot *slot)
{
	uint64_t id = word_get(&slot->id);

	/* Whoever has none could not be told from one who has gone (handler_waited). */
	return id > 0 && id <= SLOT_ID_MAX && peer_is_sound(&slot->peer) &&
	       input_is_sound(core, slot) && place_is_sound(core, slot) &&
	       outbox_of_slot_is_sound(core, slot);
}

/*
 * A link that was reset after a FIN counts that FIN as a byte.  If one byte is missing and the
 * place where it would be is still as intake.c left it, it was the FIN; if more are missing, a
 * last one behind the end of a line.
 */
static uint64_t without_fin(const char *missing, uint64_t count)
{
	if (count == 1 ? missing[0] == '\0' : missing[count - 2] == '\n')
		return count - 1;
	return count;
}

/* What recv() returned and nobody counted. */
static int count_received(struct core *core, struct slot *slot, const struct tally *tally,
			  bool *mended)
{
	uint64_t received = word_get(&slot->received), base = word_get(&slot->input_base), missing;
	const char *bytes;

	if (tally->consumed == received)
		return 0;
	missing = tally->consumed - received;
	if (!slot->input || tally->consumed < received || missing > RECEIVE_MAX ||
	    received - base + missing > INPUT_SIZE)
		return tally->dead && missing == 1 ? 0 : -EBADMSG; /* a FIN, and no recv() */
	bytes = pool_at(&core->inputs, slot->input) + (received - base);
	if (tally->dead)
		missing = without_fin(bytes, missing);
	word_set(&slot->received, received + missing);
	*mended |= missing != 0;
	return 0;
}

/* What send() took and nobody counted. */
static int count_sent(struct core *core, struct slot *slot, const struct tally *tally, bool *mended)
{
	uint64_t missing = tally->accepted - sums_accepted(core, slot);
	uint32_t outbox = slot_outbox(slot);
	word *count;
	uint64_t most = 0;

	if (slot->peer.family == AF_UNIX || tally->dead || !missing)
		return 0;
	switch ((enum slot_source)slot->source) {
	case SOURCE_RING:
		count = &slot->cursor;
		if (!word_get(&slot->parked))
			most = rendering_head(core_log(core, slot_log(slot))) - word_get(count);
		break;
	case SOURCE_OUTBOX:
		if (!outbox)
			return -EBADMSG;
		count = &core_outbox(core, outbox)->sent;
		most = word_get(&core_outbox(core, outbox)->head) - word_get(count);
		break;
	case SOURCE_ECHO:
	default:
		count = &slot->parsed;
		most = word_get(&slot->received) - word_get(count);
	}
	if (missing > most)
		return -EBADMSG;
	word_set(count, word_get(count) + missing);
	*mended = true;
	return 0;
}

/* Buffers that have become empty are nobody's again. */
static void release(struct core *core, struct slot *slot)
{
	struct redo redo = {&core->records[0].redo, core->arena.bytes, 0};
	uint32_t number = slot_outbox(slot);

	if (slot_has(slot, TRAIT_DRAINS))
		word_set(&slot->parsed, word_get(&slot->received));
	if (word_get(&slot->parsed) == word_get(&slot->received))
		slot->input = 0;
	if (number && outbox_empty(core_outbox(core, number))) {
		uint64_t sent = word_get(&core_outbox(core, number)->sent) - OUTBOX_BEGIN;

		slot->source = SOURCE_RING;
		redo_put(&redo, &slot->base, word_get(&slot->base) + sent);
		redo_put(&redo, &slot->ties, slot_ties(slot_log(slot), 0));
		redo_commit(&redo);
	}
}

static void claim(struct core *core, const struct slot *slot)
{
	uint32_t outbox = slot_outbox(slot);

	if (slot->input)
		pool_claim(&core->inputs, slot->input);
	if (outbox)
		pool_claim(&core->outboxes, outbox);
}

int reconcile_slot(struct core *core, struct slot *slot, int fd, bool *ret_mended)
{
	struct tally tally;
	int r;

	*ret_mended = false;
	if (!slot_is_sound(core, slot))
		return -EBADMSG;
	r = tally_take(&tally, fd, slot->peer.family, word_get(&slot->received));
	if (r < 0)
		return r;
	if (core->tune.reconcile && !slot_has(slot, TRAIT_DRAINS)) {
		r = count_received(core, slot, &tally, ret_mended);
		if (r >= 0)
			r = count_sent(core, slot, &tally, ret_mended);
		if (r < 0)
			return r;
	}
	release(core, slot);
	claim(core, slot);
	return 0;
}
