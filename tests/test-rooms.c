/* test-rooms.c - rooms are made on first use, found by any spelling, and gone when nobody is there
 */
#include <errno.h>
#include <sched.h>

#include "chance.h"
#include "lone-rooms.h"
#include "tap.h"

enum { MANY = 50 };

static void test_lobby(void)
{
	struct room *lobby;
	char epoch[EPOCH_SIZE];

	begin();
	is((long long)rooms.count, 1, "at first there is one room");
	ok(is_room(LOBBY, "lobby"), "the lobby");
	is((long long)word_get(top()), 1, "one number was used");
	lobby = rooms_use(&rooms, LOBBY);
	ok(lobby == rooms.list[LOBBY] && lobby->users == 1, "that has a user");
	ok(enter("Lobby") == lobby && lobby->users == 2, "and another one, who came by its name");
	rooms_leave(&rooms, lobby);
	rooms_leave(&rooms, lobby);
	ok(is_room(LOBBY, "lobby"), "it stays when nobody is there");
	rooms_sweep(&rooms);
	ok(is_room(LOBBY, "lobby"), "whatever is swept");
	memcpy(epoch, record(LOBBY)->epoch, EPOCH_SIZE);
	is(start_again(), 0, "and in the next process");
	ok(strcmp(epoch, record(LOBBY)->epoch) == 0, "its log goes on");
	end();
}

static void test_names(void)
{
	struct room *tea, *other;

	begin();
	is(find("tea"), -1, "no such room");
	tea = enter("Tea");
	ok(is_room(1, "Tea"), "made on first use, with the next number");
	is(tea->home, 1, "at home where its maker says");
	ok(enter("tEA") == tea && enter("\xef\xbc\xb4"
					"ea") == tea,
	   "one room in any spelling");
	ok(strcmp(record(1)->name, "Tea") == 0, "called as its first one did");
	is(tea->users, 3, "three users");
	other = enter("tee");
	ok(other != tea && other->number == 2, "another name is another room");
	ok(strcmp(other->record->epoch, tea->record->epoch) != 0, "with an epoch of its own");
	is((long long)rooms.count, 3, "three rooms");

	rooms_leave(&rooms, tea);
	rooms_leave(&rooms, tea);
	ok(is_room(1, "Tea"), "it is there as long as somebody is");
	rooms_leave(&rooms, tea);
	ok(find("Tea") == -1 && find("tea") == -1 && !rooms.list[1], "then it is gone");
	ok(is_room(2, "tee"), "the other one is not");
	is((long long)rooms.count, 2, "two rooms");
	end();
}

static void test_numbers(void)
{
	struct room *rooms_made[MANY], *again;
	char name[16], epoch[EPOCH_SIZE];

	begin();
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		rooms_made[i] = enter(name);
	}
	ok(is_room(MANY, "r49"), "numbers are given in a row");
	memcpy(epoch, record(18)->epoch, EPOCH_SIZE);
	rooms_leave(&rooms, rooms_made[30]);
	rooms_leave(&rooms, rooms_made[17]);
	again = enter("anew");
	ok(again->number == 18 && is_room(18, "anew"), "the lowest free one is used again");
	ok(strcmp(record(18)->epoch, epoch) != 0, "by a log of its own");
	is((long long)room_lines(again), 0, "that is empty");
	is(enter("anew2")->number, 31, "then the next free one");
	is((long long)word_get(top()), MANY + 1, "no number more than needed");
	end();
}

static void test_limit(void)
{
	struct room *room = NULL;

	begin();
	is(enter_limited("a", 2, &room), 0, "a second room of two");
	is(enter_limited("b", 2, &room), -ENFILE, "no third one");
	is((long long)rooms.count, 2, "there are two");
	ok(find("b") == -1 && room == rooms.list[1], "and nothing of the third");
	is(enter_limited("A", 2, &room), 0, "one that is there may be entered");
	is(enter_limited("lobby", 0, &room), 0, "whatever the limit is by now");
	rooms_leave(&rooms, rooms.list[1]);
	rooms_leave(&rooms, rooms.list[1]);
	is(enter_limited("b", 2, &room), 0, "when one has gone there is place");
	end();
}

/* As many as there are numbers: six mappings each, which TSan's shadows leave no place for. */
static __attribute__((unused)) void test_most(void)
{
	struct room *room = NULL;
	char name[16];
	int refused = 0;

	begin();
	for (int i = 1; i < ROOMS_MAX; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		refused += enter_limited(name, UINT32_MAX, &room) != 0;
	}
	is(refused, 0, "%d rooms", ROOMS_MAX);
	is(enter_limited("more", UINT32_MAX, &room), -ENFILE, "are all that there can be");
	ok(is_room(ROOMS_MAX - 1, "r4095"), "the last one is there");
	is(start_again(), 0, "the next process takes them over");
	ok(is_room(ROOMS_MAX - 1, "r4095") && rooms.count == ROOMS_MAX, "all");
	is(rooms.list[7]->home, 7 % HANDLERS, "with homes on all handlers");
	rooms_use(&rooms, 4000);
	rooms_sweep(&rooms);
	is((long long)rooms.count, 2, "and lets those go that nobody uses");
	ok(is_room(4000, "r4000") && is_room(LOBBY, "lobby"), "but for one, and the lobby");
	end();
}

static atomic_int wrong;

/* Comes and goes, also as the last one, while others do. */
static void *come_and_go(void *argument)
{
	uint64_t state = CHANCE_SEED + *(const uint64_t *)argument;

	for (int i = 0; i < 3000; i++) {
		char name[16];
		struct room *room;

		snprintf(name, sizeof(name), "r%u", chance(&state, 3));
		room = enter(name);
		if (strcmp(room->record->name, name) != 0 || rooms.list[room->number] != room)
			wrong++;
		if (chance(&state, 4) == 0)
			sched_yield();
		rooms_leave(&rooms, room);
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[3];
	uint64_t numbers[3];

	begin();
	for (int i = 0; i < 3; i++) {
		numbers[i] = (uint64_t)i;
		if (pthread_create(&threads[i], NULL, come_and_go, &numbers[i]) != 0)
			abort();
	}
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	is(wrong, 0, "whoever is in a room finds it as it is");
	is((long long)rooms.count, 1, "when all have gone there is the lobby");
	ok(word_get(top()) <= 4, "three rooms at a time need three numbers");
	end();
}

int main(void)
{
	test_lobby();
	test_names();
	test_numbers();
	test_limit();
#ifndef __SANITIZE_THREAD__
	test_most();
#endif
	test_threads();
	return done();
}
