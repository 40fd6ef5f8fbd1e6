/* test-members.c - the active ones first, the blocked ones behind, each knowing its place */
#include <stdbool.h>
#include <stdio.h>

#include "mtchatd/client.h"
#include "mtchatd/members.h"

#include "chance.h"
#include "tap.h"

enum { PEOPLE = 200, STEPS = 20000 };

enum whereabouts { AWAY, ACTIVE, BLOCKED };

static struct client people[PEOPLE];
static enum whereabouts model[PEOPLE];
static struct members members;

static size_t count_in_model(enum whereabouts where)
{
	size_t count = 0;

	for (int i = 0; i < PEOPLE; i++)
		count += model[i] == where;
	return count;
}

static bool agrees(void)
{
	size_t active = count_in_model(ACTIVE), blocked = count_in_model(BLOCKED);

	if (members.active != active || members.count != active + blocked)
		return false;
	for (size_t i = 0; i < members.count; i++)
		if (people[members.list[i]].place != i)
			return false;
	for (int i = 0; i < PEOPLE; i++) {
		if (model[i] == AWAY)
			continue;
		if (members.list[people[i].place] != (uint32_t)i ||
		    (people[i].place < members.active) != (model[i] == ACTIVE))
			return false;
	}
	return true;
}

static void random_step(uint64_t *state)
{
	uint32_t i = chance(state, PEOPLE);

	switch (model[i]) {
	case AWAY:
		if (members_reserve(&members, people) < 0)
			abort();
		members_add(&members, &people[i]);
		model[i] = ACTIVE;
		break;
	case ACTIVE:
	case BLOCKED:
		if (chance(state, 3) == 0) {
			members_remove(&members, &people[i]);
			model[i] = AWAY;
		} else if (model[i] == ACTIVE) {
			members_block(&members, &people[i]);
			model[i] = BLOCKED;
		} else {
			members_unblock(&members, &people[i]);
			model[i] = ACTIVE;
		}
	}
}

static void test_by_chance(void)
{
	uint64_t state = CHANCE_SEED;
	int faults = 0;

	for (int i = 0; i < STEPS; i++) {
		random_step(&state);
		faults += !agrees();
	}
	is(faults, 0, "%d comings, goings and blockings", STEPS);
	ok(members.count > 0, "somebody is left");
	for (int i = 0; i < PEOPLE; i++) {
		if (model[i] == AWAY)
			continue;
		members_remove(&members, &people[i]);
		model[i] = AWAY;
		faults += !agrees();
	}
	is(faults, 0, "until all have gone");
	is((long long)members.count, 0, "and nobody is left");
}

static void test_reserve(void)
{
	struct members some = {0};

	is(members_reserve(&some, people), 0, "room for one");
	ok(some.capacity >= 1, "is there");
	for (uint32_t i = 0; i < PEOPLE; i++) {
		if (members_reserve(&some, people) < 0)
			abort();
		members_add(&some, &people[i]);
	}
	is((long long)some.count, PEOPLE, "room for all, asked for one at a time");
	members_done(&some);
	ok(!some.list && !some.count && !some.active, "nothing is left at the end");
	members_done(&some);
	ok(!some.list, "once more does no harm");
}

int main(void)
{
	test_by_chance();
	members_done(&members);
	test_reserve();
	return done();
}
