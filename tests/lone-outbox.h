/* lone-outbox.h - an outbox in an arena of its own, with nobody to send it to */
#pragma once

#include "mtchatd/outbox.h"

/* An arena of a record and an outbox. */
static struct {
	struct redo_record record;
	struct outbox outbox;
} memory;

static struct redo redo = {.record = &memory.record, .arena = (char *)&memory};
static struct outbox *const outbox = &memory.outbox;

static inline int add(uint64_t due, const char *text, size_t size)
{
	struct outbox_draft draft = outbox_draft(outbox);
	int r = outbox_add(&draft, due, text, size);

	outbox_put(&draft, &redo);
	redo_commit(&redo);
	return r;
}

static inline int add_turn(uint64_t due, uint64_t turn, const char *text, size_t size)
{
	struct outbox_draft draft = outbox_draft(outbox);
	int r = outbox_add_turn(&draft, due, turn, text, size);

	outbox_put(&draft, &redo);
	redo_commit(&redo);
	return r;
}

/* The turn has happened. */
static inline void put_turned(bool moved)
{
	outbox_put_turned(outbox, &redo, moved);
	redo_commit(&redo);
}

static inline void put_front(const char *text, size_t size)
{
	outbox_put_front(outbox, &redo, text, size);
	redo_commit(&redo);
}
