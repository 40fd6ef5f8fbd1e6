/*
 * furniture.h - an arena as a process leaves it that died in the middle of everything: what is in
 * it
 *
 * Two rooms with lines, in both renderings, and clients in all states that a slot can be in: in
 * either room, on their way, named, called otherwise, replaced, overtaken, going.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mtchatd/core.h"
#include "mtchatd/outbox.h"

/* Each is the number of its slot and, if it has one, its input buffer and its outbox, less 1. */
enum guest {
	GUEST_TALKS,   /* TCP; the last recv() is not counted */
	GUEST_ANSWERS, /* TCP; is being sent its outbox, the last send() is not counted */
	GUEST_READS,   /* TCP; is being sent the log, in the middle of a line; likewise */
	GUEST_PROGRAM, /* TCP; the same, in JSON Lines */
	GUEST_RESET,   /* TCP; has said something, hung up, and reset the link */
	GUEST_PARKED,  /* overtaken, the rest of its line before its answers */
	GUEST_COMING,
	GUEST_CLOSING,
	GUEST_ECHO,   /* its bytes are half sent back */
	GUEST_DRAINS, /* was sent FIN */
	GUEST_QUITS,
	GUEST_LAGS,    /* takes nothing, and is nearly a whole ring behind */
	GUEST_REPLAYS, /* is to get old lines when it has got the new ones */
	GUEST_MOVES,   /* is to go to the other room then */
	GUEST_MOVED,   /* is there, with answers of the room before */
	GUEST_RENAMED, /* there, too; was given another name, of which nobody was told yet */
	GUEST_LOST,    /* its name was taken over */
	GUEST_SLOTS,
};

enum {
	FURNITURE_TEA = 1,    /* the other room */
	FURNITURE_NAMES = 10, /* that a start finds again, each with its client */
	FURNITURE_RECALLS = 2,
	UNCOUNTED = 5, /* bytes of each call that is not counted */
	BASE_TAKEN = 3,
};

static const char speech[] = "one line\n/who\nand half of anoth";

#define require(condition) require_that(condition, __LINE__, #condition)

static inline void require_that(bool holds, int line, const char *what)
{
	if (!holds) {
		fprintf(stderr, "line %d: not so: %s\n", line, what);
		abort();
	}
}

static inline struct redo furniture_redo(const struct core *core, int handler)
{
	return (struct redo){&core->records[handler].redo, core->arena.bytes, 0};
}

/* -- the rooms -- */

static inline uint32_t log_of(enum guest guest)
{
	bool tea = guest == GUEST_MOVED || guest == GUEST_RENAMED;

	return log_number(tea ? FURNITURE_TEA : LOBBY,
			  guest == GUEST_PROGRAM ? RENDERING_JSON : RENDERING_TEXT);
}

static inline uint64_t head_of(const struct core *core, enum guest guest)
{
	return rendering_head(core_log(core, log_of(guest)));
}

/* A line's begin so far behind the head. */
static inline uint64_t line_behind(const struct core *core, enum guest guest, uint64_t far)
{
	const struct rendering *log = core_log(core, log_of(guest));
	uint64_t head = rendering_head(log);

	return ring_next_line(&log->ring, head - far, head);
}

/* One line; now and then one that shows nothing in text.  Not committed yet. */
static inline void say_one(struct room_draft *draft)
{
	char line[64];
	struct said said = {.from = "alice", .text = line, .mark = UNMARKED};

	said.size = (size_t)snprintf(line, sizeof(line), "line %d of those that were said before",
				     (int)draft->lines + 1);
	if (draft->lines % 7 == 0)
		said.kind = SAID_JOIN;
	require(room_say(draft, &said) == 0);
}

static inline void fill_room(struct core *core, uint32_t number, uint64_t head)
{
	struct room *room = core_room(core, number);
	struct redo redo = furniture_redo(core, 0);
	struct render_time clock = {0};

	for (int kind = 0; kind < RENDERINGS; kind++)
		rendering_fill(&room->renderings[kind], &redo, 0);
	redo_commit(&redo);
	while (rendering_head(&room->renderings[RENDERING_TEXT]) < head) {
		struct room_draft draft = room_begin(room, 1, &clock);

		say_one(&draft);
		room_put(&draft, &redo);
		redo_commit(&redo);
		room_end(&draft);
	}
}

static inline void furnish_rooms(struct core *core, uint64_t ring_size)
{
	const struct room_wish wish = {.max = ROOMS_MAX, .ring_size = ring_size};
	struct room *room;
	struct name name;

	require(name_parse(&name, "tea", 3) == NAME_GOOD);
	require(rooms_enter(&core->rooms, &name, &wish, &room) == 0);
	require(room->number == FURNITURE_TEA);
	fill_room(core, LOBBY, 5 * ring_size / 2);
	fill_room(core, FURNITURE_TEA, ring_size / 4);
}

/* -- the clients -- */

static inline struct outbox *lend_outbox(struct core *core, enum guest guest)
{
	struct outbox *outbox = core_outbox(core, (uint64_t)guest + 1);

	outbox_init(outbox);
	word_set(&core->slots[guest].ties, slot_ties(log_of(guest), (uint32_t)guest + 1));
	return outbox;
}

static inline struct outbox *fill_outbox(struct core *core, enum guest guest)
{
	struct redo redo = furniture_redo(core, 0);
	struct outbox *outbox = lend_outbox(core, guest);
	struct outbox_draft draft = outbox_draft(outbox);

	require(outbox_add(&draft, line_behind(core, guest, 100), "* an answer\n", 12) == 0);
	require(outbox_add(&draft, head_of(core, guest), "* another one\n", 14) == 0);
	outbox_put(&draft, &redo);
	redo_commit(&redo);
	return outbox;
}

/* Something happens when it has got all that it is owed. */
static inline void add_turn(struct core *core, enum guest guest, uint64_t turn, const char *text)
{
	struct redo redo = furniture_redo(core, 0);
	struct outbox_draft draft = outbox_draft(core_outbox(core, (uint64_t)guest + 1));

	require(outbox_add_turn(&draft, head_of(core, guest), turn, text, strlen(text)) == 0);
	outbox_put(&draft, &redo);
	redo_commit(&redo);
}

static inline void put_front(struct core *core, enum guest guest, const char *text)
{
	struct redo redo = furniture_redo(core, 0);

	outbox_put_front(core_outbox(core, (uint64_t)guest + 1), &redo, text, strlen(text));
	redo_commit(&redo);
}

static inline void fill_input(struct core *core, enum guest guest)
{
	struct slot *slot = &core->slots[guest];
	uint64_t size = sizeof(speech) - 1;

	slot->input = (uint32_t)guest + 1;
	memcpy(pool_at(&core->inputs, slot->input), speech, size);
	word_set(&slot->received, size - UNCOUNTED);
}

static inline void place(struct slot *slot, uint64_t cursor, uint64_t base)
{
	word_set(&slot->cursor, cursor);
	word_set(&slot->base, base - cursor);
}

/* What is special about how it goes. */
static inline void set_life(struct slot *slot, enum guest guest)
{
	switch (guest) {
	case GUEST_COMING:
		slot->use = SLOT_COMING;
		break;
	case GUEST_CLOSING:
		slot->use = SLOT_CLOSING;
		break;
	case GUEST_ECHO:
		slot->source = SOURCE_ECHO;
		slot->traits = TRAIT_ECHO;
		word_set(&slot->parsed, 4);
		word_set(&slot->base, 0);
		break;
	case GUEST_DRAINS:
		slot->traits = TRAIT_DRAINS | TRAIT_COMMANDER;
		break;
	case GUEST_QUITS:
		slot->traits = TRAIT_COMMANDER;
		word_set(&slot->discarded, DISCARD_ALL);
		break;
	default:
		break;
	}
}

/* And about what it is given. */
static inline void set_place(struct core *core, enum guest guest)
{
	struct slot *slot = &core->slots[guest];
	uint64_t lines = room_lines(core_room(core, LOBBY));

	switch (guest) {
	case GUEST_ANSWERS:
		place(slot, line_behind(core, guest, 100), 0);
		word_set(&fill_outbox(core, guest)->sent, OUTBOX_BEGIN + BASE_TAKEN);
		slot->source = SOURCE_OUTBOX;
		break;
	case GUEST_READS:
	case GUEST_PROGRAM:
		place(slot, line_behind(core, guest, 5000) + 7, 0);
		break;
	case GUEST_PARKED:
		place(slot, line_behind(core, guest, 12000), 0);
		fill_outbox(core, guest);
		put_front(core, guest, "the rest of a line\n");
		word_set(&slot->parked, lines - 300);
		break;
	case GUEST_LAGS:
		place(slot, line_behind(core, guest, core_log(core, 0)->ring.size - 500) + 3, 0);
		break;
	case GUEST_REPLAYS:
		place(slot, line_behind(core, guest, 100), 0);
		fill_outbox(core, guest);
		add_turn(core, guest, turn_replay(lines - 20), "* live\n");
		break;
	case GUEST_MOVES:
		lend_outbox(core, guest);
		add_turn(core, guest, turn_move(log_number(FURNITURE_TEA, RENDERING_JSON)), "");
		break;
	case GUEST_MOVED:
		fill_outbox(core, guest);
		word_set(&core_outbox(core, (uint64_t)guest + 1)->settled, 2);
		core_outbox(core, (uint64_t)guest + 1)->entry[1].due = UINT64_C(1) << 40;
		put_front(core, guest, "* you are in tea now, 2 here\n");
		break;
	default:
		break;
	}
}

static inline void furnish_slot(struct core *core, enum guest guest)
{
	struct slot *slot = &core->slots[guest];
	bool tcp = guest <= GUEST_RESET;

	slot->use = SLOT_LIVE;
	word_set(&slot->id, (uint64_t)guest + 1);
	slot->since = 1;
	slot->peer = (struct peer){.family = tcp ? AF_INET : AF_UNIX};
	word_set(&slot->ties, slot_ties(log_of(guest), 0));
	place(slot, head_of(core, guest), 0);
	fill_input(core, guest);
	set_place(core, guest);
	set_life(slot, guest);
}

/* -- their names -- */

/* One that was called otherwise before; its room knows it. */
static inline struct tag *name_guest(struct core *core, enum guest guest, const char *before,
				     const char *text)
{
	struct tag *tag = &core->tags[guest];

	strcpy(tag->text[0], before);
	strcpy(tag->text[1], text);
	word_set(&tag->which, 2);
	word_set(&tag->told, log_room(log_of(guest)) + 1);
	slot_give_trait(&core->slots[guest], TRAIT_NAMED);
	slot_give_trait(&core->slots[guest], TRAIT_COMMANDER);
	return tag;
}

static inline void name_guests(struct core *core)
{
	name_guest(core, GUEST_TALKS, "before", "gina");
	name_guest(core, GUEST_ANSWERS, "before", "alice");
	name_guest(core, GUEST_READS, "before", "bob");
	name_guest(core, GUEST_PROGRAM, "before", "carol");
	name_guest(core, GUEST_PARKED, "before", "\xed\x95\x9c\xea\xb8\x80");
	name_guest(core, GUEST_DRAINS, "before", "dora");
	name_guest(core, GUEST_CLOSING, "before", "eve");
	word_set(&name_guest(core, GUEST_MOVES, "before", "mona")->told, 0);
	word_set(&name_guest(core, GUEST_MOVED, "before", "nick")->told, 0);
	word_set(&name_guest(core, GUEST_RENAMED, "tom", "tom-2")->told,
		 (FURNITURE_TEA + 1) | TAG_RENAMED);
	word_set(&name_guest(core, GUEST_LOST, "before", "gina")->which, 2 + TAG_LOST);
}

/* Nonces that they used. */
static inline void furnish_recalls(struct core *core)
{
	static const char *const names[FURNITURE_RECALLS] = {"alice", "carol"};
	struct redo redo = furniture_redo(core, 0);

	for (size_t i = 0; i < FURNITURE_RECALLS; i++) {
		struct recall_draft draft = {0};
		struct name name;

		require(name_parse(&name, names[i], strlen(names[i])) == NAME_GOOD);
		for (char nonce = 'a'; nonce <= 'e'; nonce++)
			require(recall_note(&core->recalls, &draft, &name, &nonce, 1, 1000 + i) ==
				0);
		recall_put(&draft, &redo);
		redo_commit(&redo);
	}
}

/* -- the rest -- */

static inline void furnish_legacy(struct core *core)
{
	struct legacy *legacy = core->legacy;
	struct config config;

	config_default(&config);
	legacy_save_config(legacy, &config);
	word_set(&legacy->last_id, GUEST_SLOTS);
	word_set(&legacy->slots, GUEST_SLOTS);
	word_set(&legacy->fds, 64);
	word_set(&legacy->ended_at, 1);
}

/* A commit of handler 1 that was cut short: a line in the other room. */
static inline void leave_commit(struct core *core)
{
	struct redo redo = furniture_redo(core, 1);
	struct render_time clock = {0};
	struct room_draft draft = room_begin(core_room(core, FURNITURE_TEA), 1, &clock);

	say_one(&draft);
	room_put(&draft, &redo);
	redo_put(&redo, &core->slots[GUEST_RENAMED].said_until, draft.head[RENDERING_TEXT]);
	word_set(&redo.record->count, redo.count);
	room_end(&draft);
}

/* ring_size: of both rooms, in bytes; 16 KiB or more. */
static inline void furnish(struct core *core, uint64_t ring_size)
{
	furnish_rooms(core, ring_size);
	furnish_legacy(core);
	for (enum guest guest = 0; guest < GUEST_SLOTS; guest++)
		furnish_slot(core, guest);
	name_guests(core);
	furnish_recalls(core);
	leave_commit(core);
}
