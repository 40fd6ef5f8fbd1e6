/* hands.h - names that change hands: who has one, who loses it; for test-naming*.c */
#pragma once

#include "mtchatd/farewell.h"

#include "witness.h"

/* ALICE and THIRD are one handler's, BOB and FOURTH the other's. */
enum { ALICE, BOB, THIRD, FOURTH };

/* An account that every system has, and whose name is known. */
enum { ROOT = 0 };

static uint32_t tea;

/* The clients are in the lobby, and nobody has a name. */
static inline void begin(void)
{
	talkers_open();
	witness_room(LOBBY);
	tea = open_room("tea");
}

static inline struct tag *tag_of(uint32_t number)
{
	return &core->tags[number];
}

static inline const char *name_of(uint32_t number)
{
	return slot_has(&core->slots[number], TRAIT_NAMED) ? tag_text(tag_of(number)) : "";
}

static inline bool is_called(uint32_t number, const char *name)
{
	return strcmp(name_of(number), name) == 0;
}

static inline void name_it(uint32_t number, const char *line)
{
	type_line(number, line);
	empty_outbox(number);
	core->clients[number].answering = false;
}

/* Its handlers open their post. */
static inline void open_post(void)
{
	for (int i = 0; i < TALK_HANDLERS; i++)
		arrival_take_all(handlers[i]);
}

static inline bool is_going(uint32_t number)
{
	const struct client *client = &core->clients[number];

	return client->state == CLIENT_LEAVES && client->reason == REASON_TAKEN_OVER;
}

/* As when it is closed. */
static inline void go(uint32_t number)
{
	struct client *client = &core->clients[number];

	if (!client->reason)
		client->reason = REASON_CLOSED;
	if (farewell(served_by(client), client))
		abort();
}

static inline void type_name_with_key(uint32_t number, const char *name, uint32_t of)
{
	char line[128], key[KEY_SIZE];

	key_of(key, core->legacy->secret, word_get(&core->slots[of].id));
	snprintf(line, sizeof(line), "/name %s %s", name, key);
	type_line(number, line);
}

static inline void come_from_account(uint32_t number, uint32_t account)
{
	struct peer *peer = &core->slots[number].peer;

	*peer = (struct peer){.family = AF_UNIX};
	peer->address.s6_addr32[0] = account;
}

static inline bool waits_for_outbox(uint32_t number)
{
	return core->clients[number].pauses & PAUSE_OUTBOX;
}
