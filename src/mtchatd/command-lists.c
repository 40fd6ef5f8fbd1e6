/* command-lists.c - the commands that list names, page by page: /who, /rooms */
#include <string.h>

#include "mtchatd/command.h"
#include "mtchatd/feed.h"
#include "mtchatd/rooms.h"
#include "mtchatd/tag.h"

/* -- a page: those next after one, sorted by their folded names -- */

struct listed {
	const char *folded; /* the entry's own, under the lock of its table */
	size_t size;
	uint32_t number; /* of the slot or the room */
};

/*
 * Its entries are sorted from the first on.  Most that come are behind the last one of a full page,
 * which one comparison finds.  They come in no order, so of n names only some 100 + 100 ln(n/100)
 * are put in, each by 7 comparisons and a move of 1 KiB.
 */
struct page {
	struct listed after; /* they begin behind it; "" is before all */
	unsigned behind;     /* how many there are behind it, on the page or not */
	unsigned count;      /* on the page */
	struct listed listed[ANSWER_PAGE];
};

/* AFTER is the first word of the text, if there is one; *name is to last.  False: it is no name. */
static bool page_begin(struct page *page, const char *text, size_t size, struct name *name)
{
	struct words words = command_words(&(struct utterance){.text = text, .size = size});

	page->after = (struct listed){.folded = ""};
	page->behind = page->count = 0;
	if (!words.first_size)
		return true;
	if (words.rest_size || name_parse_held(name, words.first, words.first_size) != NAME_GOOD)
		return false;
	page->after = (struct listed){.folded = name->folded, .size = name->folded_size};
	return true;
}

static bool page_is_first(const struct page *page)
{
	return !page->after.size;
}

static unsigned page_more(const struct page *page)
{
	return page->behind - page->count;
}

static bool is_before(const struct listed *one, const struct listed *other)
{
	size_t common = one->size < other->size ? one->size : other->size;
	int order = memcmp(one->folded, other->folded, common);

	return order < 0 || (order == 0 && one->size < other->size);
}

static void page_add(struct page *page, const struct listed *new)
{
	unsigned low = 0, high = page->count;

	if (!is_before(&page->after, new))
		return;
	page->behind++;
	if (page->count == ANSWER_PAGE && !is_before(new, &page->listed[ANSWER_PAGE - 1]))
		return;
	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (is_before(&page->listed[middle], new))
			low = middle + 1;
		else
			high = middle;
	}
	if (page->count < ANSWER_PAGE)
		page->count++; /* else the last one falls off */
	memmove(&page->listed[low + 1], &page->listed[low],
		(page->count - 1 - low) * sizeof(page->listed[0]));
	page->listed[low] = *new;
}

/* -- who -- */

/* A room that is asked for: it may go as soon as nobody looks. */
struct place {
	uint32_t number;
	unsigned clients;
	char name[NAME_MAX_BYTES + 1];
};

static struct place place_of(const struct room *room)
{
	struct place place = {
		.number = room->number,
		.clients = atomic_load_explicit(&room->clients, memory_order_relaxed),
	};

	memcpy(place.name, room->record->name, sizeof(place.name));
	return place;
}

/* False: there is none of that name. */
static bool find_place(struct core *core, const char *text, size_t size, struct place *ret)
{
	struct rooms *rooms = &core->rooms;
	struct name name;
	uint32_t number;
	bool found;

	if (name_parse_held(&name, text, size) != NAME_GOOD)
		return false;
	pthread_mutex_lock(&rooms->lock);
	found = rooms_find(rooms, &name, &number);
	if (found)
		*ret = place_of(rooms->list[number]);
	pthread_mutex_unlock(&rooms->lock);
	return found;
}

/* Those with a name in one room. */
struct census {
	const struct core *core;
	uint32_t room;
	unsigned named;
	struct page page;
};

static void count_one(void *context, uint32_t slot, const char *folded, size_t size)
{
	struct census *census = context;
	const struct tag *tag = &census->core->tags[slot];

	/* The lower half of `told` alone: whether a new name was told as well does not matter. */
	if ((uint32_t)word_get(&tag->told) != census->room + 1 || !*tag_text(tag))
		return;
	census->named++;
	page_add(&census->page, &(struct listed){folded, size, slot});
}

/* Names are told before their clients are counted, and they go after: so there can be too many. */
static void tell_who(struct order *order, const struct place *place, const struct census *census,
		     bool elsewhere)
{
	const struct page *page = &census->page;
	struct who who = {
		.room = place->name,
		.elsewhere = elsewhere,
		.count = page->count,
		.here = place->clients > census->named ? place->clients : census->named,
		.more = page_more(page),
		.first = page_is_first(page),
	};

	who.unnamed = who.here - census->named;
	for (unsigned i = 0; i < page->count; i++)
		who.names[i] = tag_text(&census->core->tags[page->listed[i].number]);
	answer_who(&order->answer, &who);
}

/*
 * Looks at everybody who has a name, wherever he is, under the names' lock: 3 ms at 100,000 names.
 * A list of each room's names would make this cheap, and every /join and /name dearer.
 */
void command_who(struct order *order)
{
	struct core *core = order->feed->handler->core;
	struct words words = command_words(&order->said);
	struct census census = {.core = core};
	struct place place;
	struct name after;

	if (!page_begin(&census.page, words.rest, words.rest_size, &after)) {
		answer_notice(&order->answer, "usage", "behind which name? /who ROOM NAME");
		return;
	}
	/* First.  From now on no tag changes, and whose tag names a room is a user of it: so the
	 * number that is found then is still the room that the tags mean. */
	feed_lock_names(order->feed);
	if (!words.first_size) {
		place = place_of(order->feed->said.room);
	} else if (!find_place(core, words.first, words.first_size, &place)) {
		answer_notice(&order->answer, "no_such_room", "there is no room %s",
			      command_show(order, words.first, words.first_size));
		return;
	}
	census.room = place.number;
	names_each(&core->names, count_one, &census);
	tell_who(order, &place, &census, words.first_size > 0);
}

/* -- rooms -- */

struct directory {
	const struct rooms *rooms;
	struct page page;
	unsigned count;
};

static unsigned clients_in(const struct rooms *rooms, uint32_t number)
{
	return atomic_load_explicit(&rooms->list[number]->clients, memory_order_relaxed);
}

/* One that its last client has just left is gone, for all that anybody can know. */
static void list_one(void *context, uint32_t number, const char *folded, size_t size)
{
	struct directory *directory = context;

	if (number != LOBBY && !clients_in(directory->rooms, number))
		return;
	directory->count++;
	page_add(&directory->page, &(struct listed){folded, size, number});
}

static void tell_rooms(struct order *order, const struct directory *directory)
{
	const struct page *page = &directory->page;
	struct room_list list = {
		.count = page->count,
		.all = directory->count,
		.more = page_more(page),
		.first = page_is_first(page),
	};

	for (unsigned i = 0; i < page->count; i++) {
		uint32_t number = page->listed[i].number;

		list.room[i].name = directory->rooms->list[number]->record->name;
		list.room[i].clients = clients_in(directory->rooms, number);
	}
	answer_rooms(&order->answer, &list);
}

void command_rooms(struct order *order)
{
	struct rooms *rooms = &order->feed->handler->core->rooms;
	struct directory directory = {.rooms = rooms};
	struct name after;

	if (!page_begin(&directory.page, order->said.text, order->said.size, &after)) {
		answer_notice(&order->answer, "usage", "behind which room? /rooms ROOM");
		return;
	}
	pthread_mutex_lock(&rooms->lock); /* until it is told: the names are the rooms' own */
	names_each(&rooms->index, list_one, &directory);
	tell_rooms(order, &directory);
	pthread_mutex_unlock(&rooms->lock);
}
