/* command-names.c - the commands about people: /name, /me, /msg, /who */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mtchatd/command.h"
#include "mtchatd/feed.h"
#include "mtchatd/tag.h"

enum {
	WORD_SHOWN = 80,                        /* bytes of what was no name */
	LETTER_MAX = OUTBOX_CAPACITY / 2 - 512, /* one to oneself is there twice, with two names */
};

/* The first word of the arguments, and what follows it. */
struct words {
	const char *first, *rest;
	size_t first_size, rest_size;
};

static struct words split(const struct utterance *said)
{
	const char *space = memchr(said->text, ' ', said->size);
	size_t first = space ? (size_t)(space - said->text) : said->size, rest = first;

	while (rest < said->size && said->text[rest] == ' ')
		rest++;
	return (struct words){said->text, said->text + rest, first, said->size - rest};
}

/* How much of it is shown: no character is cut. */
static int shown(const char *text, size_t size)
{
	if (size <= WORD_SHOWN)
		return (int)size;
	for (size = WORD_SHOWN; size > WORD_SHOWN - 4 && (text[size] & 0xc0) == 0x80;)
		size--;
	return (int)size;
}

/* "" and an answer that says how to get one, if it has none. */
static const char *name_needed(struct order *order)
{
	const char *name = feed_name(order->feed);

	if (!*name)
		answer_add(&order->answer, "take a name first: /name NAME");
	return name;
}

static void tell_name(struct order *order)
{
	const char *name = feed_name(order->feed);

	if (*name)
		answer_add(&order->answer, "your name is %s", name);
	else
		answer_add(&order->answer, "you have no name; take one: /name NAME");
}

/* Puts the name into the table at once; that it holds is committed with the answer. */
static void take_name(struct order *order, const struct name *name)
{
	struct feed *feed = order->feed;
	struct core *core = feed->handler->core;
	int r;

	feed_lock_names(feed);
	r = names_add(&core->names, name, (uint32_t)(feed->client->slot - core->slots));
	if (r == -EEXIST) {
		answer_add(&order->answer, "the name %s is taken", name->text);
		return;
	}
	if (r < 0) {
		answer_add(&order->answer, "no memory for names, try again later");
		return;
	}
	if (!slot_has(feed->client->slot, TRAIT_NAMED)) /* whatever is there is not its own */
		word_set(&feed_tag(feed)->which, 0);
	feed->tag = tag_write(feed_tag(feed), name);
	answer_add(&order->answer, "you are %s now", name->text);
}

void command_name(struct order *order)
{
	struct words words = split(&order->said);
	enum name_fault fault;
	struct name name;

	if (!words.first_size) {
		tell_name(order);
		return;
	}
	fault = name_parse(&name, words.first, words.first_size);
	if (fault != NAME_GOOD)
		answer_add(&order->answer, "%.*s cannot be a name: %s",
			   shown(words.first, words.first_size), words.first,
			   name_fault_text(fault));
	else if (words.rest_size)
		answer_add(&order->answer, "a name is one word, not %.*s",
			   shown(order->said.text, order->said.size), order->said.text);
	else
		take_name(order, &name);
}

void command_me(struct order *order)
{
	if (!*name_needed(order))
		return;
	if (!order->said.size)
		answer_add(&order->answer, "what do you do? /me TEXT");
	else
		order->acts = true;
}

void command_msg(struct order *order)
{
	struct core *core = order->feed->handler->core;
	struct words words = split(&order->said);
	struct name name;
	uint32_t slot;

	if (!*name_needed(order))
		return;
	if (!words.rest_size) {
		answer_add(&order->answer, "to whom, and what? /msg NAME TEXT");
		return;
	}
	if (words.rest_size > LETTER_MAX) {
		answer_add(&order->answer, "too long for a private line (%zu > %d bytes)",
			   words.rest_size, LETTER_MAX);
		return;
	}
	feed_lock_names(order->feed);
	if (name_parse(&name, words.first, words.first_size) != NAME_GOOD ||
	    !names_find(&core->names, &name, &slot)) {
		answer_add(&order->answer, "nobody here is called %.*s",
			   shown(words.first, words.first_size), words.first);
		return;
	}
	order->whispers_to = &core->clients[slot];
	order->text = words.rest;
	order->size = words.rest_size;
}

/* -- who -- */

struct list {
	struct core *core;
	char text[ANSWER_MAX / 2];
	size_t size;
	uint32_t shown;
};

/* As many names as fit. */
static void list_one(void *context, uint32_t slot)
{
	struct list *list = context;
	const char *name = tag_text(&list->core->tags[slot]);
	size_t size = strlen(name);

	if (!size || list->size + size + 1 >= sizeof(list->text))
		return;
	list->text[list->size++] = ' ';
	memcpy(list->text + list->size, name, size);
	list->size += size;
	list->shown++;
}

void command_who(struct order *order)
{
	struct core *core = order->feed->handler->core;
	struct list list = {.core = core};
	uint32_t here = admission_taken(&core->admission), named;

	feed_lock_names(order->feed);
	named = core->names.count;
	names_each(&core->names, list_one, &list);
	answer_add(&order->answer, "%u here:%.*s%s", here, (int)list.size, list.text,
		   list.shown ? "" : " nobody has a name");
	if (list.shown < named)
		answer_add(&order->answer, "and %u more with a name", named - list.shown);
	if (list.shown && here > named)
		answer_add(&order->answer, "and %u without a name", here - named);
}
