/* checked.h - what must hold of a core that has taken over an arena, and when all have gone */
#pragma once

#include <string.h>

#include "mtchatd/core.h"

#include "furniture.h"

enum { SLOTS_LOOKED_AT = 64 };

/* Of all that are here; whoever comes later is told from them. */
static inline void check_ids(const struct core *core)
{
	for (uint32_t i = 0; i < word_get(&core->legacy->slots) && i < SLOTS_LOOKED_AT; i++) {
		const struct slot *slot = &core->slots[i];
		uint64_t id = word_get(&slot->id);

		require(slot->use == SLOT_FREE ||
			(id > 0 && id <= word_get(&core->legacy->last_id)));
	}
}

/* Whoever is here and has a name is who has it; nobody else has one. */
static inline void check_names(const struct core *core)
{
	uint32_t holder, named = 0;
	struct name name;

	for (uint32_t i = 0; i < word_get(&core->legacy->slots) && i < SLOTS_LOOKED_AT; i++) {
		const struct slot *slot = &core->slots[i];

		if (slot->use == SLOT_FREE || !slot_has(slot, TRAIT_NAMED) ||
		    !word_get(&core->tags[i].which) || tag_is_lost(&core->tags[i]))
			continue;
		require(tag_name(&core->tags[i], &name));
		require(names_find(&core->names, &name, &holder) && holder == i);
		named++;
	}
	require(named == core->names.count);
}

/* Each has a name and its place, and is used; whoever is in none uses none. */
static inline void check_rooms(const struct core *core)
{
	unsigned rooms = 0, clients = 0, users = 0;

	for (uint32_t i = 0; i < ROOMS_MAX; i++) {
		const struct room *room = core_room(core, i);
		struct name name;
		uint32_t number;

		if (!room)
			continue;
		require(name_parse(&name, room->record->name, strlen(room->record->name)) ==
			NAME_GOOD);
		require(rooms_find(&core->rooms, &name, &number) && number == i);
		require(i == LOBBY || room->users > 0);
		require(room->users >= atomic_load(&room->clients));
		users += room->users;
		clients += atomic_load(&room->clients);
		rooms++;
	}
	require(rooms == core->rooms.count && rooms == core->rooms.index.count);
	require(users <= 2 * clients); /* each is in one, and may be on its way to another */
}

/* Nobody is there any more. */
static inline void check_empty(struct core *core)
{
	require(admission_taken(&core->admission) == 0);
	require(core->names.count == 0);
	require(core->rooms.count == 1 && core_room(core, LOBBY)->users == 0);
	require(atomic_load(&core_room(core, LOBBY)->clients) == 0);
}
