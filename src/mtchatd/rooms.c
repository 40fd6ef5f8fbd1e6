/* rooms.c - which rooms there are: made on first use, gone when nobody uses them */
#include <errno.h>

#include "mtchatd/admission.h"
#include "mtchatd/crash.h"
#include "mtchatd/rooms.h"

static struct room_place place_of(const struct rooms *rooms, uint32_t number)
{
	return (struct room_place){
		.arena = rooms->arena,
		.record = &rooms->records[number],
		.area = rooms->areas + number * ROOM_AREA,
		.number = number,
		.wakers = rooms->wakers,
		.handlers = rooms->handlers,
	};
}

/* Puts an open room among the others. */
static int put(struct rooms *rooms, struct room *room, const struct name *name)
{
	int r = names_add(&rooms->index, name, room->number);

	if (r < 0)
		return r;
	rooms->list[room->number] = room;
	rooms->count++;
	return 0;
}

/* What was found: its name must be one, and nobody else's. */
static int adopt(struct rooms *rooms, uint32_t number)
{
	const struct room_place place = place_of(rooms, number);
	struct room *room;
	struct name name;
	int r = room_adopt(&room, &place);

	if (r < 0)
		return r;
	if (name_parse_held(&name, place.record->name, strlen(place.record->name)) != NAME_GOOD)
		r = -EBADMSG;
	else
		r = put(rooms, room, &name);
	if (r < 0)
		room_free(room);
	else
		room->home = (int)(number % (unsigned)rooms->handlers);
	return r == -EEXIST ? -EBADMSG : r;
}

static int make(struct rooms *rooms, uint32_t number, const struct name *name,
		const struct room_wish *wish)
{
	struct room_place place = place_of(rooms, number);
	struct room *room;
	int r;

	if (wish->maker)
		place.maker = *wish->maker;
	if (number >= word_get(rooms->top))
		word_set(rooms->top, number + 1);
	r = room_new(&room, &place, name->text, wish->ring_size);
	if (r < 0)
		return r;
	room->home = wish->home;
	r = put(rooms, room, name);
	if (r < 0) {
		room_free(room);
		room_forget(&place);
	}
	return r;
}

int rooms_init(struct rooms *rooms, uint64_t ring_size)
{
	const struct room_wish wish = {.ring_size = ring_size};
	struct name lobby;
	int r;

	if (word_get(rooms->top) > ROOMS_MAX)
		return -EBADMSG;
	rooms->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	r = names_init(&rooms->index);
	for (uint32_t i = 0; r >= 0 && i < word_get(rooms->top); i++) {
		if (rooms->records[i].ring_size) {
			r = adopt(rooms, i);
		} else if (rooms->records[i].used) {
			const struct room_place place = place_of(rooms, i);

			room_forget(&place);
		}
	}
	if (r < 0 || rooms->list[LOBBY])
		return r;
	if (name_parse(&lobby, "lobby", strlen("lobby")) != NAME_GOOD)
		return -EINVAL;
	r = make(rooms, LOBBY, &lobby, &wish);
	return r == -EEXIST ? -EBADMSG : r; /* another room that was found is called so */
}

void rooms_done(struct rooms *rooms)
{
	for (uint32_t i = 0; i < ROOMS_MAX; i++)
		room_free(rooms->list[i]);
	names_done(&rooms->index);
}

struct room *rooms_use(struct rooms *rooms, uint32_t number)
{
	struct room *room;

	pthread_mutex_lock(&rooms->lock);
	room = rooms->list[number];
	room->users++;
	pthread_mutex_unlock(&rooms->lock);
	return room;
}

struct room *rooms_attend(struct rooms *rooms, uint32_t number)
{
	struct room *room;

	pthread_mutex_lock(&rooms->lock);
	room = rooms->list[number];
	room->users++;
	room->attending++;
	pthread_mutex_unlock(&rooms->lock);
	return room;
}

/*
 * Has it somebody, or does it expect him?  One that only handlers still attend to goes at the end
 * of their turn.  (One without any user was found by this start, and rooms_sweep() is to come.)
 */
static bool is_in_use(const struct room *room)
{
	return room->number == LOBBY || !room->attending || room->users > room->attending;
}

static uint32_t in_use(const struct rooms *rooms)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < ROOMS_MAX; i++)
		count += rooms->list[i] && is_in_use(rooms->list[i]);
	return count;
}

/* Nobody finds it any more, in the next process neither. */
static void unlist(struct rooms *rooms, struct room *room)
{
	struct name name;

	if (room->unlisted)
		return;
	room->unlisted = true;
	rooms->count--;
	if (name_parse_held(&name, room->record->name, strlen(room->record->name)) == NAME_GOOD)
		names_remove(&rooms->index, &name);
	room->record->ring_size = 0;
	crash_point(CRASH_ROOM_UNLISTED);
}

/* The room of that name; one that the last has just left is none any more. */
static bool find(struct rooms *rooms, const struct name *name, uint32_t *ret_number)
{
	if (!names_find(&rooms->index, name, ret_number))
		return false;
	if (is_in_use(rooms->list[*ret_number]))
		return true;
	unlist(rooms, rooms->list[*ret_number]);
	return false;
}

static uint32_t free_number(const struct rooms *rooms)
{
	uint32_t number = 0;

	while (number < ROOMS_MAX && rooms->list[number])
		number++;
	return number;
}

/* Counted as its clients are. */
static bool is_made_by(const struct room *room, const struct in6_addr *maker)
{
	size_t counted = admission_counts_net(maker) ? 8 : sizeof(*maker);

	return memcmp(&room->record->maker, maker, counted) == 0;
}

/* Has it as many rooms as it may have?  A walk over all, but a room is not made on each line. */
static bool has_enough(const struct rooms *rooms, const struct room_wish *wish)
{
	uint32_t count = 0;

	if (!wish->maker || !wish->max_of_maker)
		return false;
	for (uint32_t i = 0; i < ROOMS_MAX; i++)
		count += i != LOBBY && rooms->list[i] && is_in_use(rooms->list[i]) &&
			 is_made_by(rooms->list[i], wish->maker);
	return count >= wish->max_of_maker;
}

static int enter(struct rooms *rooms, const struct name *name, const struct room_wish *wish,
		 struct room **ret)
{
	uint32_t number;
	int r;

	if (!find(rooms, name, &number)) {
		number = free_number(rooms);
		if (number == ROOMS_MAX ||
		    (rooms->count >= wish->max && in_use(rooms) >= wish->max))
			return -ENFILE;
		if (has_enough(rooms, wish))
			return -EDQUOT;
		r = make(rooms, number, name, wish);
		if (r < 0)
			return r;
	}
	*ret = rooms->list[number];
	(*ret)->users++;
	return 0;
}

int rooms_enter(struct rooms *rooms, const struct name *name, const struct room_wish *wish,
		struct room **ret)
{
	int r;

	pthread_mutex_lock(&rooms->lock);
	r = enter(rooms, name, wish, ret);
	pthread_mutex_unlock(&rooms->lock);
	return r;
}

/* Nobody uses it. */
static void drop(struct rooms *rooms, struct room *room)
{
	const struct room_place place = place_of(rooms, room->number);

	if (room->number == LOBBY)
		return;
	unlist(rooms, room);
	rooms->list[room->number] = NULL;
	room_free(room);
	room_forget(&place);
}

static void let_go(struct rooms *rooms, struct room *room)
{
	if (--room->users == 0)
		drop(rooms, room);
}

void rooms_leave(struct rooms *rooms, struct room *room)
{
	pthread_mutex_lock(&rooms->lock);
	let_go(rooms, room);
	pthread_mutex_unlock(&rooms->lock);
}

void rooms_attend_no_more(struct rooms *rooms, struct room *room)
{
	pthread_mutex_lock(&rooms->lock);
	room->attending--;
	let_go(rooms, room);
	pthread_mutex_unlock(&rooms->lock);
}

void rooms_sweep(struct rooms *rooms)
{
	pthread_mutex_lock(&rooms->lock);
	for (uint32_t i = 0; i < ROOMS_MAX; i++) {
		if (rooms->list[i] && !rooms->list[i]->users)
			drop(rooms, rooms->list[i]);
	}
	pthread_mutex_unlock(&rooms->lock);
}

bool rooms_find(const struct rooms *rooms, const struct name *name, uint32_t *ret_number)
{
	return names_find(&rooms->index, name, ret_number) && is_in_use(rooms->list[*ret_number]);
}
