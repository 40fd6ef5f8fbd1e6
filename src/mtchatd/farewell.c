/* farewell.c - a client that had a name has gone: its room is told, and the name is free */
#include "mtchatd/farewell.h"
#include "mtchatd/crash.h"

/* Under the names' lock.  What the room knows it by: NULL if it does not. */
static const char *known_as(const struct tag *tag, const struct room *room)
{
	uint64_t told = word_get(&tag->told);

	if ((uint32_t)told != room->number + 1)
		return NULL;
	return told & TAG_RENAMED ? tag_text_before(tag) : tag_last_text(tag);
}

static int say_leave(struct room_draft *draft, const char *name, const char *reason)
{
	const struct said said = said_of_name(SAID_LEAVE, name, reason, false);

	return room_say(draft, &said);
}

/* At a stop all leave, and nobody is left to be told. */
static bool is_told(const struct handler *handler, const struct tag *tag, const struct room *room)
{
	return !handler->stop_due && known_as(tag, room);
}

struct rendering *farewell(struct handler *handler, struct client *client)
{
	struct core *core = handler->core;
	uint32_t number = core_number(core, client->slot);
	struct tag *tag = &core->tags[number];
	struct room *room;
	struct room_draft draft;
	struct name name;

	if (!client->rendering || !slot_has(client->slot, TRAIT_NAMED))
		return NULL;
	room = client->rendering->room;
	draft = room_begin(room, handler->time, &handler->clock);
	names_lock(&core->names);
	if (is_told(handler, tag, room) &&
	    say_leave(&draft, known_as(tag, room), reason_text(client->reason)) < 0) {
		names_unlock(&core->names);
		room_end(&draft);
		return draft.full;
	}
	if (tag_name(tag, &name))
		names_give_back(&core->names, &name, number);
	if (room_said(&draft)) {
		room_put(&draft, &handler->redo);
		room->presences[handler->index].said = true;
		handler_attend(handler, room);
	}
	redo_put(&handler->redo, &tag->told, 0);
	redo_put(&handler->redo, &tag->which, 0);
	crash_point(CRASH_FAREWELL);
	redo_commit(&handler->redo);
	names_unlock(&core->names);
	room_end(&draft);
	return NULL;
}
