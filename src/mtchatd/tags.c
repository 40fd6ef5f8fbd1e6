/* tags.c - the names that were found in an arena */
#include "mtchatd/tags.h"

static bool is_name(const char *text, struct name *ret)
{
	return name_parse_held(ret, text, strnlen(text, NAME_MAX_BYTES + 1)) == NAME_GOOD;
}

/* The room that it was told in is the one that it is in, and both names are names. */
static bool told_is_sound(const struct tag *tag, const struct slot *slot)
{
	uint64_t told = word_get(&tag->told);
	struct name name;

	if ((told & ~TAG_RENAMED) != log_room(slot_log(slot)) + 1)
		return false;
	return !(told & TAG_RENAMED) || is_name(tag_text_before(tag), &name);
}

bool tags_take_back(struct core *core, struct slot *slot)
{
	uint32_t number = core_number(core, slot);
	struct tag *tag = &core->tags[number];
	struct name name;

	if (!slot_has(slot, TRAIT_NAMED))
		return false;
	if (slot_has(slot, TRAIT_ECHO) || word_get(&tag->which) > 2 + TAG_LOST ||
	    !word_get(&tag->which) || !is_name(tag_last_text(tag), &name) ||
	    (!tag_is_lost(tag) && names_add(&core->names, &name, number) < 0)) {
		word_set(&tag->which, 0);
		word_set(&tag->told, 0);
		return false;
	}
	if (!told_is_sound(tag, slot))
		word_set(&tag->told, 0);
	return true;
}

void tags_give_back(struct core *core, const struct slot *slot)
{
	uint32_t number = core_number(core, slot);
	struct tag *tag = &core->tags[number];
	struct name name;

	if (tag_name(tag, &name))
		names_give_back(&core->names, &name, number);
	word_set(&tag->which, 0);
	word_set(&tag->told, 0);
}
