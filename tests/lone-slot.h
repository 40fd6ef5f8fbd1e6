/* lone-slot.h - a core with one client in it, whose connection is real */
#pragma once

#include <string.h>

#include "mtchatd/outbox.h"
#include "mtchatd/reconcile.h"

#include "connected.h"
#include "tap.h"

enum {
	RING = 64 << 10,
	NUMBER = 3,  /* of our slot */
	SAID = 1000, /* bytes of a line of the log */
};

static struct core *core;
static struct slot *slot;
static struct rendering *lobby; /* the log that it reads */
static struct connected c;
static uint64_t head;
static char bytes[INPUT_SIZE];

static inline struct redo redo_of(void)
{
	return (struct redo){&core->records[0].redo, core->arena.bytes, 0};
}

static inline void fill(struct rendering *rendering)
{
	struct redo redo = redo_of();

	rendering_fill(rendering, &redo, room_lines(rendering->room));
	redo_commit(&redo);
}

static inline void say_line(void)
{
	struct redo redo = redo_of();
	struct render_time clock = {0};
	struct room_draft draft = room_begin(lobby->room, 0, &clock);
	const struct said said = {.text = bytes, .size = SAID - 1, .mark = UNMARKED};

	memset(bytes, 'x', SAID);
	if (room_say(&draft, &said) < 0)
		abort();
	room_put(&draft, &redo);
	redo_commit(&redo);
	room_end(&draft);
	head = rendering_head(lobby);
}

/* A core with a log, and a client at its head that has said and been told nothing. */
static inline void begin(int family)
{
	struct tune tune = TUNE_DEFAULT;
	struct arena arena;

	if (core_new_arena(&arena) < 0 || core_new(&core, &arena, &tune, 1, RING) < 0)
		abort();
	lobby = core_log(core, log_number(LOBBY, RENDERING_TEXT));
	fill(lobby);
	for (int i = 0; i < 2 * RING / SAID; i++)
		say_line();
	c = connect_pair(family);
	slot = &core->slots[NUMBER];
	slot->use = SLOT_LIVE;
	slot->peer.family = (uint8_t)family;
	word_set(&slot->id, 1);
	word_set(&slot->cursor, head);
	word_set(&slot->base, -head);
}

static inline void end(void)
{
	disconnect_pair(&c);
	core_free(core);
}

static inline int reconcile(bool *ret_mended)
{
	*ret_mended = false;
	return reconcile_slot(core, slot, c.us, ret_mended);
}

static inline void expect(int r, bool mended, const char *when)
{
	bool was_mended;

	is(reconcile(&was_mended), r, "%s: %s", when, r ? "cannot be" : "good");
	is(was_mended, mended, "%s: %s", when, mended ? "mended" : "nothing to mend");
}

/* Lets the pools be claimed from anew, as at another start. */
static inline void forget_claims(void)
{
	memset(core->inputs.claimed, 0, core->inputs.count / 8 + 1);
	memset(core->outboxes.claimed, 0, core->outboxes.count / 8 + 1);
}

static inline void expect_good_again(const char *when)
{
	forget_claims();
	expect(0, false, when);
}

static inline void lend_input(uint32_t number, uint64_t base)
{
	slot->input = number;
	word_set(&slot->input_base, base);
}

/* The peer says so much, and all of it is received into the buffer, uncounted. */
static inline void receive(const char *text, size_t size, uint64_t at)
{
	char *to = pool_at(&core->inputs, slot->input) + at;

	if (send(c.peer, text, size, MSG_NOSIGNAL) != (ssize_t)size)
		abort();
	to[0] = '\0';
	if (recv(c.us, to, size, MSG_WAITALL) != (ssize_t)size)
		abort();
}

/* Uncounted, too. */
static inline void give(const char *from, size_t size)
{
	if (send(c.us, from, size, MSG_NOSIGNAL) != (ssize_t)size)
		abort();
}

static inline struct outbox *lend_outbox(uint32_t number, uint64_t due, size_t size)
{
	struct redo redo = redo_of();
	struct outbox *outbox = core_outbox(core, number);
	struct outbox_draft draft;

	outbox_init(outbox);
	draft = outbox_draft(outbox);
	if (outbox_add(&draft, due, bytes, size) < 0)
		abort();
	outbox_put(&draft, &redo);
	redo_commit(&redo);
	word_set(&slot->ties, slot_ties(slot_log(slot), number));
	return outbox;
}
