/* test-finds.c - what a start finds in the bags: each socket once, the right copy of it */
#include <errno.h>
#include <sys/resource.h>

#include "common/cleanup.h"
#include "mtchatd/finds.h"

#include "chance.h"
#include "parked.h"
#include "tap.h"

enum { SOCKETS_MAX = 700 };

static struct parking parking;
static int sockets[SOCKETS_MAX];
static struct parked known[SOCKETS_MAX];

static void open_bags(uint32_t count)
{
	for (parking.count = 0; parking.count < count; parking.count++) {
		if (bag_new(&parking.bags[parking.count]) < 0)
			abort();
	}
}

/* Sockets that are parked nowhere yet. */
static void open_sockets(int count, int family)
{
	for (int i = 0; i < count; i++) {
		sockets[i] = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (sockets[i] < 0)
			abort();
		known[i] = parked_as(sockets[i], (uint32_t)i);
	}
}

static void park(uint32_t bag, int i, uint32_t slot)
{
	const struct parked who = {.cookie = known[i].cookie, .slot = slot};

	if (bag_park(&parking.bags[bag], &who, sockets[i]) < 0)
		abort();
}

static void end(int count)
{
	for (int i = 0; i < count; i++)
		close(sockets[i]);
	parking_done(&parking);
}

static struct finds gather(void)
{
	struct finds finds;

	if (finds_gather(&finds, &parking) < 0)
		abort();
	return finds;
}

static bool is_sorted(const struct finds *finds)
{
	for (size_t i = 1; i < finds->count; i++) {
		if (finds->list[i - 1].who.cookie >= finds->list[i].who.cookie)
			return false;
	}
	return true;
}

/* Is it the socket that its cookie says? */
static bool is_right(const struct find *find)
{
	return find && parked_as(find->fd, 0).cookie == find->who.cookie;
}

static void test_nothing(void)
{
	struct finds finds = gather();

	is((long long)finds.count, 0, "no bags: nothing");
	ok(!finds_look_up(&finds, 1) && !finds_next(&finds, NULL), "nothing to look up");
	finds_done(&finds);
	open_bags(3);
	finds = gather();
	is((long long)finds.count, 0, "empty bags: nothing");
	ok(!finds.strays, "no strays");
	finds_done(&finds);
	end(0);
}

static void test_sorting(void)
{
	int before = count_open(), after, right = 0;
	struct find *find = NULL;
	struct finds finds;

	open_bags(3);
	open_sockets(SOCKETS_MAX, AF_INET);
	for (int i = 0; i < SOCKETS_MAX; i++) { /* not in the order of cookies */
		int who = i * 11 % SOCKETS_MAX;

		park((uint32_t)who / BAG_SLOTS, who, (uint32_t)who);
	}
	finds = gather();
	is((long long)finds.count, SOCKETS_MAX, "all bags are looked into");
	ok(is_sorted(&finds), "sorted, each once");
	for (int i = 0; i < SOCKETS_MAX; i++)
		right += is_right(finds_look_up(&finds, known[i].cookie));
	is(right, SOCKETS_MAX, "each is looked up, and is the socket");
	ok(!finds_look_up(&finds, 0) && !finds_look_up(&finds, UINT64_MAX), "nobody else is");
	right = 0;
	while ((find = finds_next(&finds, find)))
		right += is_right(find) && find->fresh && find->family == AF_INET &&
			 find->fd <= (int)finds.highest;
	is(right, SOCKETS_MAX, "the last one of each slot is fresh; none is above the highest");
	finds_done(&finds);
	end(SOCKETS_MAX);
	after = count_open();
	is(after, before, "no descriptor is left open");
}

static void test_taken(void)
{
	struct finds finds;
	struct find *find;

	open_bags(1);
	open_sockets(3, AF_UNIX);
	for (int i = 0; i < 3; i++)
		park(0, i, (uint32_t)i);
	finds = gather();
	is(finds.list[0].family, AF_UNIX, "its family");
	close(take_fd(&finds.list[1].fd));
	ok(!finds_look_up(&finds, finds.list[1].who.cookie), "who was taken is not found again");
	find = finds_next(&finds, &finds.list[0]);
	ok(find == &finds.list[2], "and is skipped");
	find_close(find);
	ok(!finds_look_up(&finds, find->who.cookie), "nor who was closed");
	ok(finds_next(&finds, NULL) == &finds.list[0], "the first one is still there");
	ok(!finds_next(&finds, &finds.list[0]), "and the last");
	finds_done(&finds);
	end(3);
}

static void test_copies(void)
{
	struct finds finds;
	int before = count_open();

	open_bags(2);
	open_sockets(2, AF_INET);
	park(0, 0, 3); /* its first place; then another's, then its own again */
	park(0, 1, 4);
	park(0, 0, 5);
	park(1, 0, 6);
	finds = gather();
	is((long long)finds.count, 2, "parked three times: found once");
	is(finds_look_up(&finds, known[0].cookie)->who.slot, 6, "the last copy counts");
	is(finds_look_up(&finds, known[1].cookie)->who.slot, 4, "the other is untouched");
	finds_done(&finds);
	end(2);
	is(count_open(), before, "the others are closed");
}

static void test_fresh(void)
{
	struct finds finds;

	open_bags(1);
	open_sockets(3, AF_INET);
	park(0, 2, 8);
	park(0, 0, 8);
	park(0, 1, 9);
	finds = gather();
	ok(!finds_look_up(&finds, known[2].cookie)->fresh, "somebody else had the slot later");
	ok(finds_look_up(&finds, known[0].cookie)->fresh, "that one may not be in it yet");
	ok(finds_look_up(&finds, known[1].cookie)->fresh, "alone for its slot");
	ok(!finds.strays, "all have slots");
	finds_done(&finds);
	end(3);
}

static void test_strays(void)
{
	struct finds finds;

	open_bags(1);
	open_sockets(3, AF_INET);
	park(0, 0, PARKED_NOWHERE);
	park(0, 1, PARKED_NOWHERE);
	park(0, 2, 4);
	park(0, 2, PARKED_NOWHERE); /* the keeper did not know */
	finds = gather();
	ok(finds.strays, "some are strays");
	is((long long)finds.count, 3, "each once");
	ok(finds_look_up(&finds, known[0].cookie)->fresh &&
		   finds_look_up(&finds, known[1].cookie)->fresh,
	   "both may be new: nowhere is no slot that they had one after the other");
	is(finds_look_up(&finds, known[2].cookie)->who.slot, 4, "a copy with a slot counts more");
	finds_done(&finds);
	end(3);
}

static void test_chance(void)
{
	uint64_t state = CHANCE_SEED;
	uint32_t last[40], right = 0, times[40] = {0};
	struct finds finds;

	open_bags(2);
	open_sockets(40, AF_UNIX);
	for (int i = 0; i < 400; i++) {
		uint32_t who = chance(&state, 40);

		last[who] = chance(&state, 100);
		times[who]++;
		park((uint32_t)i / 200, (int)who, last[who]);
	}
	finds = gather();
	ok(is_sorted(&finds), "parked again and again: sorted, each once");
	for (int i = 0; i < 40; i++) {
		const struct find *find = finds_look_up(&finds, known[i].cookie);

		right += times[i] ? is_right(find) && find->who.slot == last[i] : !find;
	}
	is(right, 40, "the last copy of each");
	finds_done(&finds);
	end(40);
}

static void test_no_descriptors(void)
{
	struct rlimit before, few;
	struct finds finds;
	int r;

	open_bags(1);
	open_sockets(100, AF_INET);
	for (int i = 0; i < 100; i++)
		park(0, i, (uint32_t)i);
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = (rlim_t)sockets[99] + 20;
	setrlimit(RLIMIT_NOFILE, &few);
	r = finds_gather(&finds, &parking);
	setrlimit(RLIMIT_NOFILE, &before);
	is(r, -EMFILE, "no room for all copies: told, not passed over");
	finds_done(&finds);
	finds = gather();
	is((long long)finds.count, 100, "and found when there is");
	finds_done(&finds);
	end(100);
}

int main(void)
{
	test_nothing();
	test_sorting();
	test_taken();
	test_copies();
	test_fresh();
	test_strays();
	test_chance();
	test_no_descriptors();
	return done();
}
