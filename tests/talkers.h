/*
 * talkers.h - clients that say what a test types for them, on handlers without threads
 *
 * Nobody has a connection: what one would be told is read where it lies, in its outbox.  They are
 * in no list of readers, so the log waits for nobody.
 */
#pragma once

#include <string.h>

#include "mtchatd/arrival.h"
#include "mtchatd/feed.h"
#include "mtchatd/intake.h"
#include "mtchatd/lend.h"
#include "mtchatd/tag.h"
#include "mtchatd/thread.h"

#include "tap.h"

enum { TALKERS = 4, TALK_HANDLERS = 2, TALK_RING = 1 << 20 };

static struct core *core;
static struct handler *handlers[TALK_HANDLERS];

static inline void open_handlers(void)
{
	struct config config;

	config_default(&config);
	config.rate_lines = 0;
	config.max_line = 65536;
	limits_set(&core->limits, &config);
	for (int i = 0; i < TALK_HANDLERS; i++) {
		if (handler_new(&handlers[i], core, i) < 0)
			abort();
		core->crew[i] = handlers[i];
	}
}

/* What is said there is put into that rendering from now on. */
static inline void fill_log(uint32_t log)
{
	struct rendering *rendering = core_log(core, log);
	struct room *room = rendering->room;

	pthread_mutex_lock(&room->lock);
	rendering_fill(rendering, &handlers[0]->redo, room_lines(room));
	redo_commit(&handlers[0]->redo);
	pthread_mutex_unlock(&room->lock);
}

/* On the handlers in turn; what lasts of it is left as it is. */
static inline void open_client(uint32_t number)
{
	struct slot *slot = &core->slots[number];

	core->clients[number] = (struct client){
		.slot = slot,
		.rendering = core_log(core, slot_log(slot)),
		.handler = handler_number(handlers[number % TALK_HANDLERS]),
	};
}

static inline void talkers_open(void)
{
	struct tune tune = TUNE_DEFAULT;
	struct arena arena;

	tune.commands_rate = 0;
	if (core_new_arena(&arena) < 0 ||
	    core_new(&core, &arena, &tune, TALK_HANDLERS, TALK_RING) < 0)
		abort();
	open_handlers();
	fill_log(log_number(LOBBY, RENDERING_TEXT));
	for (uint32_t i = 0; i < TALKERS; i++) {
		core->slots[i].use = SLOT_LIVE;
		core->slots[i].fd = -1;
		word_set(&core->slots[i].id, i + 1);
		open_client(i);
	}
}

static inline void close_handlers(void)
{
	for (int i = 0; i < TALK_HANDLERS; i++)
		handler_free(handlers[i]);
	for (int i = 0; i < TALK_HANDLERS; i++)
		handlers[i] = NULL;
}

static inline void talkers_close(void)
{
	close_handlers();
	core_free(core);
	core = NULL;
}

/* Here nobody is on his way to another one. */
static inline struct handler *served_by(const struct client *client)
{
	struct handler *handler = handler_of(core, client);

	if (!handler)
		abort();
	return handler;
}

/* As if its handler had just received it. */
static inline void type(uint32_t number, const char *text, size_t size)
{
	struct client *client = &core->clients[number];
	struct slot *slot = client->slot;
	uint64_t received = word_get(&slot->received);

	if (!slot->input) {
		slot->input = pool_take(&core->inputs);
		word_set(&slot->input_base, received);
	}
	memcpy(client_input(client, pool_at(&core->inputs, slot->input), received), text, size);
	word_set(&slot->received, received + size);
	intake_resume(served_by(client), client, PAUSE_NONE);
}

static inline void type_line(uint32_t number, const char *line)
{
	char text[256];
	int size = snprintf(text, sizeof(text), "%s\n", line);

	type(number, text, (size_t)size);
}

static inline struct outbox *outbox_of(uint32_t number)
{
	uint32_t outbox = slot_outbox(&core->slots[number]);

	return outbox ? core_outbox(core, outbox) : NULL;
}

/* What it has been told since it was asked last, and only this. */
static inline bool is_told(uint32_t number, const char *want)
{
	struct outbox *outbox = outbox_of(number);
	size_t size = 0;
	const char *text = "";

	if (outbox) {
		text = outbox->bytes + word_get(&outbox->sent);
		size = word_get(&outbox->head) - word_get(&outbox->sent);
		word_set(&outbox->sent, word_get(&outbox->head));
	}
	if (size == strlen(want) && memcmp(text, want, size) == 0)
		return true;
	printf("# %.*s\n", (int)(size < 300 ? size : 300), text);
	return false;
}

/* Its outbox is nobody's again. */
static inline void empty_outbox(uint32_t number)
{
	struct slot *slot = &core->slots[number];

	if (slot_outbox(slot))
		pool_give(&core->outboxes, slot_outbox(slot), true);
	word_set(&slot->ties, slot_ties(slot_log(slot), 0));
}

/* Leaves so many bytes in it. */
static inline void fill_outbox_but(uint32_t number, size_t left)
{
	static char text[OUTBOX_CAPACITY];
	struct client *client = &core->clients[number];
	struct outbox *outbox = lend_outbox(core, client->slot);
	struct outbox_draft draft = outbox_draft(outbox);

	memset(text, '\n', sizeof(text));
	if (outbox_add(&draft, rendering_head(client->rendering), text,
		       sizeof(outbox->bytes) - draft.head - left) < 0)
		abort();
	outbox_put(&draft, &handlers[0]->redo);
	redo_commit(&handlers[0]->redo);
}

/* Who is called so: its number, or -1. */
static inline int holder_of(const char *text)
{
	struct name name;
	uint32_t slot;
	bool found;

	if (name_parse(&name, text, strlen(text)) != NAME_GOOD)
		abort();
	names_lock(&core->names);
	found = names_find(&core->names, &name, &slot);
	names_unlock(&core->names);
	return found ? (int)slot : -1;
}

/* The lobby's log, for text clients. */
static inline const struct rendering *lobby_text(void)
{
	return core_log(core, log_number(LOBBY, RENDERING_TEXT));
}

/* Its last line, and only if it is this. */
static inline bool is_last_said(const char *want)
{
	const struct ring *ring = &lobby_text()->ring;
	uint64_t head = rendering_head(lobby_text());
	size_t size = strlen(want);

	return head > size && memcmp(ring_at(ring, head - size - 1), want, size) == 0 &&
	       *ring_at(ring, head - 1) == '\n' &&
	       (head == size + 1 || *ring_at(ring, head - size - 2) == '\n');
}
