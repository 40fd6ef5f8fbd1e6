/* command-names.c - the commands about people: /name, /me, /msg */
#include <string.h>

#include "common/text.h"
#include "mtchatd/command.h"
#include "mtchatd/feed.h"
#include "mtchatd/key.h"
#include "mtchatd/naming.h"
#include "mtchatd/tag.h"

enum {
	/* Bytes of the text.  In text it fits whatever the names are, also to oneself, which takes
	 * it twice.  In JSON Lines it can still be too long: feed.c sees that as it is rendered,
	 * in a buffer that takes whatever this lets pass. */
	LETTER_MAX = OUTBOX_CAPACITY / 2 - RENDER_OVERHEAD,
};

/* "" and an answer that says how to get one, if it has none. */
static const char *name_needed(struct order *order)
{
	const char *name = feed_name(order->feed);

	if (!*name)
		answer_notice(&order->answer, "no_name", "take a name first: /name NAME");
	return name;
}

static void tell_name(struct order *order)
{
	const char *name = feed_name(order->feed);

	if (*name)
		answer_notice(&order->answer, "name", "your name is %s", name);
	else
		answer_notice(&order->answer, "name", "you have no name; take one: /name NAME");
}

void command_name(struct order *order)
{
	const struct utterance *said = &order->said;
	struct words words = command_words(said), key;
	enum name_fault fault;
	struct name name;

	if (!words.first_size) {
		tell_name(order);
		return;
	}
	key = command_words(&(struct utterance){.text = words.rest, .size = words.rest_size});
	fault = name_parse(&name, words.first, words.first_size);
	if (fault != NAME_GOOD)
		answer_notice(&order->answer, "bad_name", "%s cannot be a name: %s",
			      command_show(order, words.first, words.first_size),
			      name_fault_text(fault));
	else if (key.rest_size || (key.first_size && !key_is_one(key.first, key.first_size)))
		answer_notice(&order->answer, "bad_name", "a name is one word, not %s",
			      command_show(order, said->text, said->size));
	else
		naming_take(order, &name, key.first, key.first_size);
}

void command_me(struct order *order)
{
	if (!*name_needed(order))
		return;
	if (!order->said.size)
		answer_notice(&order->answer, "usage", "what do you do? /me TEXT");
	else
		order->acts = true;
}

void command_msg(struct order *order)
{
	struct core *core = order->feed->handler->core;
	struct words words = command_words(&order->said);
	struct name name;
	uint32_t slot;

	if (!*name_needed(order))
		return;
	if (!words.rest_size) {
		answer_notice(&order->answer, "usage", "to whom, and what? /msg NAME TEXT");
		return;
	}
	if (words.rest_size > LETTER_MAX) {
		answer_notice(&order->answer, "too_long",
			      "too long for a private line (%zu > %d bytes)", words.rest_size,
			      LETTER_MAX);
		return;
	}
	feed_lock_names(order->feed);
	if (name_parse_held(&name, words.first, words.first_size) != NAME_GOOD ||
	    !names_find(&core->names, &name, &slot)) {
		answer_notice(&order->answer, "no_such_name", "nobody here is called %s",
			      command_show(order, words.first, words.first_size));
		return;
	}
	order->whispers_to = &core->clients[slot];
	order->text = words.rest;
	order->size = words.rest_size;
}
