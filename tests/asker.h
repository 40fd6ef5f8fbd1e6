/*
 * asker.h - somebody types a command, and nothing comes of it; for test-command*.c
 *
 * What follows from it is read in `order`, and then undone as if there had been no place for it.
 */
#pragma once

#include "mtchatd/command.h"
#include "mtchatd/naming.h"

#include "talkers.h"

enum { NAMED, NAMELESS, OTHER }; /* the clients; alice and bob have a name */

static struct order order;

/* The room's lock is held while the command runs, and what it locked itself until it is read. */
static inline bool type_as(uint32_t number, const char *line)
{
	struct client *client = &core->clients[number];
	struct feed feed = feed_begin(served_by(client), client);
	const struct room *own = feed.said.room;

	memset(&order, 0xee, sizeof(order)); /* nobody relies on what an answer held */
	memset(&order, 0, offsetof(struct order, answer));
	order.said = protocol_parse(line, strlen(line), *feed_name(&feed) != '\0');
	order.feed = &feed;
	answer_init(&order.answer, client->rendering->kind);
	if (order.said.command)
		command_run(&order);
	if (order.taking.which)
		naming_give_up(&feed, &order.taking);
	feed_unlock(&feed);
	room_end(&feed.said);
	if (order.moves && log_room(order.log) != own->number)
		rooms_leave(&core->rooms, core_room(core, log_room(order.log)));
	order.feed = NULL;
	return order.said.command;
}

static inline bool type_it(const char *line)
{
	return type_as(NAMELESS, line);
}

/* It was answered with this, and only this. */
static inline bool answers(const char *text)
{
	const struct answer *answer = &order.answer;
	bool same = answer->size == strlen(text) && memcmp(answer->text, text, answer->size) == 0;

	if (!same)
		printf("# %.*s\n", (int)answer->size, answer->text);
	return same;
}

static inline bool mentions(const char *part)
{
	return memmem(order.answer.text, order.answer.size, part, strlen(part)) != NULL;
}

/* The client reads that rendering of that room; it is in no list of readers. */
static inline void put_into(uint32_t number, uint32_t room, enum rendering_kind kind)
{
	core->clients[number].rendering = core_log(core, log_number(room, kind));
}

/* The slot has that name, and that room was told. */
static inline void put_name(uint32_t number, uint32_t room, const char *text)
{
	struct tag *tag = &core->tags[number];
	struct name name;

	if (name_parse(&name, text, strlen(text)) != NAME_GOOD ||
	    names_add(&core->names, &name, number) < 0)
		abort();
	strcpy(tag->text[0], text);
	word_set(&tag->which, 1);
	word_set(&tag->told, room + 1);
	slot_give_trait(&core->slots[number], TRAIT_NAMED);
}

/* A room that stays, with so many clients. */
static inline uint32_t make_room(const char *text, unsigned clients)
{
	const struct room_wish wish = {.max = ROOMS_MAX, .ring_size = 256 << 10};
	struct room *room;
	struct name name;

	if (name_parse(&name, text, strlen(text)) != NAME_GOOD ||
	    rooms_enter(&core->rooms, &name, &wish, &room) < 0)
		abort();
	atomic_store(&room->clients, clients);
	return room->number;
}

/* What is said is put into both renderings of the lobby from now on. */
static inline void fill_lobby(void)
{
	struct room *lobby = core_room(core, LOBBY);
	struct redo *redo = &handlers[0]->redo;

	pthread_mutex_lock(&lobby->lock);
	for (int kind = 0; kind < RENDERINGS; kind++)
		rendering_fill(&lobby->renderings[kind], redo, room_lines(lobby));
	redo_commit(redo);
	pthread_mutex_unlock(&lobby->lock);
}

static inline void asker_open(void)
{
	talkers_open();
	for (int i = 0; i < TALK_HANDLERS; i++)
		core->crew[i] = handlers[i];
	fill_lobby();
	atomic_store(&core_room(core, LOBBY)->clients, TALKERS);
	put_name(NAMED, LOBBY, "alice");
	put_name(OTHER, LOBBY, "bob");
}
