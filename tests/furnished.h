/*
 * furnished.h - an arena as a process leaves it that died in the middle of everything
 *
 * A lobby with lines, and clients in all states that a slot can be in, each with a real connection
 * in a real bag.  The arena is made once, and copied; connections are made anew each time, since
 * what the kernel has counted of them cannot be turned back.
 */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "mtchatd/bag.h"
#include "mtchatd/core.h"
#include "mtchatd/outbox.h"

#include "connected.h"
#include "parked.h"

/* Each is the number of its slot and, if it has one, its input buffer and its outbox, less 1. */
enum guest {
	GUEST_TALKS,   /* TCP; the last recv() is not counted */
	GUEST_ANSWERS, /* TCP; is being sent its outbox, the last send() is not counted */
	GUEST_READS,   /* TCP; is being sent the log, in the middle of a line; likewise */
	GUEST_RESET,   /* TCP; has said something, hung up, and reset the link */
	GUEST_PARKED,  /* overtaken, the rest of its line before its answers */
	GUEST_COMING,
	GUEST_CLOSING,
	GUEST_ECHO,   /* its bytes are half sent back */
	GUEST_DRAINS, /* was sent FIN */
	GUEST_QUITS,
	GUEST_LAGS, /* takes nothing, and is nearly a whole ring behind */
	GUEST_SLOTS,
	GUEST_NEW = GUEST_SLOTS, /* parked for a slot that does not know it yet */
	GUEST_STRAY,             /* the keeper parked it */
	GUESTS,
};

enum {
	FURNISHED_PAGES_MAX = 512,
	UNCOUNTED = 5, /* bytes of each call that is not counted */
	BASE_TAKEN = 3,
	NAMED_GUESTS = 4, /* that a start finds again with their names */
};

static const char speech[] = "one line\n/who\nand half of anoth";

struct furnished {
	struct core *model; /* keeps the arena mapped; nothing of it is run */
	struct {
		off_t offset;
		char bytes[ARENA_PAGE];
	} pages[FURNISHED_PAGES_MAX]; /* of the model, as it was made */
	size_t page_count;
	off_t size;

	/* Of this time. */
	struct connected guests[GUESTS];
	uint64_t cookies[GUESTS];
	struct bag bag;
};

#define require(condition) require_that(condition, __LINE__, #condition)

static inline void require_that(bool holds, int line, const char *what)
{
	if (!holds) {
		fprintf(stderr, "line %d: not so: %s\n", line, what);
		abort();
	}
}

static inline bool guest_is_tcp(enum guest guest)
{
	return guest <= GUEST_RESET || guest == GUEST_STRAY;
}

/* -- the arena, once -- */

static inline void fill_lobby(struct core *core, uint64_t head)
{
	struct redo redo = {&core->records[0].redo, core->arena.bytes, 0};
	char line[64];

	while (room_head(core->lobby) < head) {
		struct room_draft draft = room_begin(core->lobby, 1);
		int size = snprintf(line, sizeof(line), "line %d of those that were said before",
				    (int)draft.lines + 1);

		require(room_say(&draft, line, (size_t)size) == 0);
		room_put(&draft, &redo);
		redo_commit(&redo);
		room_end(&draft);
	}
}

/* A line's begin so far behind the head. */
static inline uint64_t line_behind(const struct core *core, uint64_t far)
{
	uint64_t head = room_head(core->lobby);

	return ring_next_line(&core->lobby->ring, head - far, head);
}

static inline struct outbox *fill_outbox(struct core *core, enum guest guest)
{
	struct redo redo = {&core->records[0].redo, core->arena.bytes, 0};
	struct outbox *outbox = core_outbox(core, (uint64_t)guest + 1);
	struct outbox_draft draft;

	outbox_init(outbox);
	draft = outbox_draft(outbox);
	require(outbox_add(&draft, line_behind(core, 100), "* an answer\n", 12) == 0);
	require(outbox_add(&draft, room_head(core->lobby), "* another one\n", 14) == 0);
	outbox_put(&draft, &redo);
	redo_commit(&redo);
	word_set(&core->slots[guest].outbox, (uint64_t)guest + 1);
	return outbox;
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

/* What is special about it. */
static inline void distinguish(struct core *core, enum guest guest)
{
	struct slot *slot = &core->slots[guest];
	struct redo redo = {&core->records[0].redo, core->arena.bytes, 0};
	struct outbox *outbox;

	switch (guest) {
	case GUEST_ANSWERS:
		place(slot, line_behind(core, 100), 0);
		outbox = fill_outbox(core, guest);
		word_set(&outbox->sent, OUTBOX_BEGIN + BASE_TAKEN);
		slot->source = SOURCE_OUTBOX;
		break;
	case GUEST_READS:
		place(slot, line_behind(core, 5000) + 7, 0);
		break;
	case GUEST_PARKED:
		place(slot, line_behind(core, 12000), 0);
		outbox_put_front(fill_outbox(core, guest), &redo, "the rest of a line\n", 19);
		redo_put(&redo, &slot->parked, word_get(&core->lobby->record->lines) - 300);
		redo_commit(&redo);
		break;
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
	case GUEST_LAGS:
		place(slot, line_behind(core, core->lobby->ring.size - 500) + 3, 0);
		break;
	default:
		break;
	}
}

/* One that was called otherwise before. */
static inline void name_guest(struct core *core, enum guest guest, const char *text)
{
	struct tag *tag = &core->tags[guest];

	strcpy(tag->text[0], "before");
	strcpy(tag->text[1], text);
	word_set(&tag->which, 2);
	slot_give_trait(&core->slots[guest], TRAIT_NAMED);
	slot_give_trait(&core->slots[guest], TRAIT_COMMANDER);
}

static inline void name_guests(struct core *core)
{
	name_guest(core, GUEST_ANSWERS, "alice");
	name_guest(core, GUEST_READS, "bob");
	name_guest(core, GUEST_PARKED, "\xed\x95\x9c\xea\xb8\x80");
	name_guest(core, GUEST_DRAINS, "dora");
	name_guest(core, GUEST_CLOSING, "eve"); /* is nobody's when it is gone */
}

static inline void furnish_slot(struct core *core, enum guest guest)
{
	struct slot *slot = &core->slots[guest];

	slot->use = SLOT_LIVE;
	word_set(&slot->id, (uint64_t)guest + 1);
	slot->since = 1;
	slot->peer = (struct peer){.family = guest_is_tcp(guest) ? AF_INET : AF_UNIX};
	place(slot, room_head(core->lobby), 0);
	fill_input(core, guest);
	distinguish(core, guest);
}

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

/* A commit of handler 1 that was cut short. */
static inline void leave_commit(struct core *core)
{
	struct slot *slot = &core->slots[GUEST_LAGS];
	struct redo redo = {&core->records[1].redo, core->arena.bytes, 0};

	redo_put(&redo, &slot->said_until, room_head(core->lobby));
	redo_put(&redo, &slot->parked, 0);
	word_set(&redo.record->count, redo.count);
}

/* Copies the pages that are there. */
static inline void copy_pages(struct furnished *furnished, int fd)
{
	off_t at = 0, end = 0;

	while ((at = lseek(fd, end, SEEK_DATA)) >= 0) {
		end = lseek(fd, at, SEEK_HOLE);
		for (; at < end; at += ARENA_PAGE) {
			require(furnished->page_count < FURNISHED_PAGES_MAX);
			furnished->pages[furnished->page_count].offset = at;
			require(pread(fd, furnished->pages[furnished->page_count].bytes, ARENA_PAGE,
				      at) == ARENA_PAGE);
			furnished->page_count++;
		}
	}
}

/* ring_size: of the lobby, in bytes; 16 KiB or more. */
static inline void furnished_make(struct furnished *furnished, uint64_t ring_size)
{
	const struct tune tune = TUNE_DEFAULT;
	struct arena arena;
	struct stat st;

	require(core_new_arena(&arena) == 0);
	require(core_new(&furnished->model, &arena, &tune, 1, ring_size) == 0);
	fill_lobby(furnished->model, 5 * ring_size / 2);
	furnish_legacy(furnished->model);
	for (enum guest guest = 0; guest < GUEST_SLOTS; guest++)
		furnish_slot(furnished->model, guest);
	name_guests(furnished->model);
	leave_commit(furnished->model);
	require(fstat(furnished->model->arena.fd, &st) == 0);
	furnished->size = st.st_size;
	copy_pages(furnished, furnished->model->arena.fd);
}

/* -- the connections, each time -- */

/* What it said before the process died: all was received. */
static inline void hear(const struct connected *c)
{
	char heard[sizeof(speech) - 1];

	require(send(c->peer, speech, sizeof(heard), MSG_NOSIGNAL) == (ssize_t)sizeof(heard));
	require(recv(c->us, heard, sizeof(heard), MSG_WAITALL) == (ssize_t)sizeof(heard));
}

static inline void give(const struct connected *c, const char *bytes, size_t size)
{
	require(send(c->us, bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
}

static inline void act(const struct furnished *furnished, enum guest guest, struct connected *c)
{
	const struct core *model = furnished->model;
	const struct slot *slot = &model->slots[guest < GUEST_SLOTS ? guest : 0];

	if (guest < GUEST_SLOTS)
		hear(c);
	switch (guest) {
	case GUEST_ANSWERS:
		give(c, core_outbox(model, (uint64_t)guest + 1)->bytes + OUTBOX_BEGIN,
		     BASE_TAKEN + UNCOUNTED);
		break;
	case GUEST_READS:
		give(c, ring_at(&model->lobby->ring, word_get(&slot->cursor)), UNCOUNTED);
		break;
	case GUEST_RESET:
		shutdown(c->peer, SHUT_WR);
		await_state(c->us, 8);
		reset_peer(c);
		await_state(c->us, 7);
		break;
	case GUEST_DRAINS:
		shutdown(c->us, SHUT_WR);
		break;
	default:
		break;
	}
}

static inline void park_guest(struct furnished *furnished, enum guest guest)
{
	struct connected *c = &furnished->guests[guest];
	uint32_t number = guest == GUEST_STRAY ? PARKED_NOWHERE : (uint32_t)guest;
	struct parked who = parked_as(c->us, number);

	furnished->cookies[guest] = who.cookie;
	require(bag_park(&furnished->bag, &who, c->us) == 0);
	if (guest < GUEST_SLOTS)
		furnished->model->slots[guest].cookie = who.cookie;
}

static inline void furnished_begin(struct furnished *furnished)
{
	int fd = furnished->model->arena.fd;

	require(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, furnished->size) == 0);
	for (size_t i = 0; i < furnished->page_count; i++)
		require(pwrite(fd, furnished->pages[i].bytes, ARENA_PAGE,
			       furnished->pages[i].offset) == ARENA_PAGE);
	require(bag_new(&furnished->bag) == 0);
	for (enum guest guest = 0; guest < GUESTS; guest++) {
		struct connected *c = &furnished->guests[guest];

		*c = connect_pair(guest_is_tcp(guest) ? AF_INET : AF_UNIX);
		setsockopt(c->us, SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int));
		act(furnished, guest, c);
		park_guest(furnished, guest);
	}
}

/* With a reset: else each would be remembered for a minute. */
static inline void furnished_end(struct furnished *furnished)
{
	bag_done(&furnished->bag);
	for (enum guest guest = 0; guest < GUESTS; guest++) {
		struct connected *c = &furnished->guests[guest];

		if (c->peer >= 0)
			reset_peer(c);
		disconnect_pair(c);
	}
}
