/* test-bag.c - what is parked is found, as often as one looks, and only what is let go is gone */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "common/clock.h"

#include "parked.h"
#include "tap.h"

enum {
	COUNT = 20,
	MANY = 5000,
	BAGS = (MANY + BAG_SLOTS - 1) / BAG_SLOTS,
	NOBODY = 65534,
};

static struct bag new_bag(void)
{
	struct bag bag;

	if (bag_new(&bag) < 0)
		abort();
	return bag;
}

static void fill(struct bag *bag, struct parked *who, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (park_new(bag, i, &who[i]) < 0)
			abort();
}

static bool keeps_all(void *context, const struct parked *who)
{
	(void)context;
	(void)who;
	return true;
}

static bool keeps_even(void *context, const struct parked *who)
{
	(void)context;
	return who->slot % 2 == 0;
}

static bool keeps_none(void *context, const struct parked *who)
{
	(void)context;
	(void)who;
	return false;
}

/* Sends anything: for what no bag would send. */
static void put(struct bag *bag, const void *bytes, size_t size, const int *fds, size_t count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(256 * sizeof(int))] = {0};
	static char copy[1 << 16];
	struct iovec part = {copy, size};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

	memcpy(copy, bytes, size);
	if (count > 0) {
		struct cmsghdr *rights;

		header.msg_control = control;
		header.msg_controllen = CMSG_SPACE(count * sizeof(int));
		rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
	}
	if (sendmsg(bag->in, &header, 0) < 0)
		abort();
}

static void test_look(void)
{
	const int before = count_open();
	struct bag bag = new_bag();
	struct parked who[COUNT];

	is(look_into(&bag)->count, 0, "nothing is in a new bag");
	fill(&bag, who, COUNT);
	is(bag.messages, COUNT, "each that is parked is a message");
	is(count_open(), before + 2, "what is parked is open nowhere else");
	bag.messages = 0; /* as the next process has it */
	ok(seen_are(look_into(&bag), who, COUNT), "all that is parked is seen, oldest first");
	is(bag.messages, COUNT, "and counted");
	ok(seen_are(look_into(&bag), who, COUNT), "and seen once more");
	is(count_open(), before + 2, "no copy stays open");
	bag_done(&bag);
	bag_done(&bag);
	is(count_open(), before, "done twice does no harm");
	is(bag_look(&bag, seen_add, NULL), -EBADF, "nothing to look into");
}

static void test_full(void)
{
	struct parked who[BAG_MESSAGES_MAX * 2], even[BAG_MESSAGES_MAX];
	struct bag bag = new_bag();
	unsigned count = 0;
	int r;

	while ((r = park_new(&bag, count, &who[count])) == 0)
		if (++count == BAG_MESSAGES_MAX * 2)
			abort();
	is(r, -EAGAIN, "a bag can be full");
	ok(count >= BAG_MESSAGES_MAX, "after %u messages", count);
	is(bag.messages, count, "what did not go in is not counted");
	ok(seen_are(look_into(&bag), who, count), "what did is in");
	for (unsigned i = 0; i < count; i += 2)
		even[i / 2] = who[i];
	is(bag_compact(&bag, keeps_all, NULL), 0, "a full one can be compacted");
	is(bag.messages, 2, "more than %d make a second message", BAG_SLOTS);
	ok(seen_are(look_into(&bag), who, count), "all are kept");
	is(bag_compact(&bag, keeps_even, NULL), 0, "now half of them");
	ok(seen_are(look_into(&bag), even, (count + 1) / 2), "the others are dropped");
	is(park_new(&bag, 0, &who[0]), 0, "there is room again");
	for (count = 1; park_new(&bag, 0, &who[0]) == 0; count++)
		;
	ok(count < BAG_MESSAGES_MAX * 2, "but no more than there was: %u messages", count);
	bag_done(&bag);
}

static void test_compact(void)
{
	const int before = count_open();
	struct bag bag = new_bag();
	struct parked who[COUNT], even[COUNT / 2];
	int pair[2], asked_twice;
	char byte;

	fill(&bag, who, COUNT);
	for (int i = 0; i < COUNT; i += 2)
		even[i / 2] = who[i];
	is(bag_compact(&bag, keeps_even, NULL), 0, "half of them are kept");
	is(bag.messages, 1, "by one message");
	ok(seen_are(look_into(&bag), even, COUNT / 2), "in their order");
	is(bag_compact(&bag, keeps_even, NULL), 0, "once more");
	ok(seen_are(look_into(&bag), even, COUNT / 2), "nothing changes");

	asked_twice = socket(AF_INET, SOCK_STREAM, 0);
	even[0] = parked_as(asked_twice, PARKED_NOWHERE);
	even[2] = parked_as(asked_twice, 4);
	is(bag_compact(&bag, keeps_none, NULL), 0, "nothing is kept");
	is(bag.messages + look_into(&bag)->count, 0, "nothing is in");
	if (bag_park(&bag, &even[0], asked_twice) < 0 || park_new(&bag, 1, &even[1]) < 0 ||
	    bag_park(&bag, &even[2], asked_twice) < 0)
		abort();
	close(asked_twice);
	is(bag_compact(&bag, keeps_all, NULL), 0, "one of them is parked twice");
	ok(seen_are(look_into(&bag), even + 1, 2), "the last one stays, and where it is");

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
		abort();
	even[0] = parked_as(pair[0], 0);
	if (bag_park(&bag, &even[0], pair[0]) < 0)
		abort();
	close(pair[0]);
	ok(bag_compact(&bag, keeps_all, NULL) == 0 && recv(pair[1], &byte, 1, 0) < 0 &&
		   errno == EAGAIN,
	   "what is kept stays open");
	ok(bag_compact(&bag, keeps_none, NULL) == 0 && recv(pair[1], &byte, 1, 0) == 0,
	   "what is dropped is closed");
	close(pair[1]);
	bag_done(&bag);
	is(count_open(), before, "no copy stays open");
}

/* As a process leaves it that dies when all are sent once more and `dropped` are dropped. */
static bool interrupted(unsigned dropped)
{
	struct bag bag = new_bag();
	struct parked who[COUNT];
	const struct seen *seen;
	int fds[COUNT];
	char byte;
	bool good;

	for (int i = 0; i < COUNT; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		who[i] = parked_as(fds[i], (uint32_t)i);
		if (bag_park(&bag, &who[i], fds[i]) < 0)
			abort();
	}
	put(&bag, who, sizeof(who), fds, COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		close(fds[i]);
		if (i < dropped && recv(bag.out, &byte, 1, 0) < 0)
			abort();
	}
	bag.messages = 0;
	seen = look_into(&bag);
	good = seen->count == 2 * COUNT - dropped && seen->mixed == 0 &&
	       bag.messages == COUNT + 1 - dropped;
	good = good && bag_compact(&bag, keeps_all, NULL) == 0 && bag.messages == 1 &&
	       seen_are(look_into(&bag), who, COUNT);
	bag_done(&bag);
	return good;
}

static void test_interrupted(void)
{
	int bad = 0;

	for (unsigned dropped = 0; dropped <= COUNT; dropped++)
		bad += !interrupted(dropped);
	is(bad, 0, "stopped after any step, a compaction has lost nothing and can be done again");
}

static void test_damaged(void)
{
	static const char zeroes[10000];
	const int before = count_open();
	struct bag bag = new_bag();
	struct parked who[2], other;
	int fds[250], fd = socket(AF_INET, SOCK_STREAM, 0);
	const size_t one = sizeof(struct parked);

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		fds[i] = fd;
	if (park_new(&bag, 0, &who[0]) < 0)
		abort();
	put(&bag, zeroes, 2 * one, fds, 1);
	put(&bag, zeroes, one, fds, 2);
	put(&bag, zeroes, one - 1, fds, 1);
	put(&bag, zeroes, one, NULL, 0);
	put(&bag, zeroes, 1, NULL, 0);
	put(&bag, zeroes, BAG_SLOTS * one, fds, 250);
	put(&bag, zeroes, (BAG_SLOTS + 1) * one, fds,
	    1); /* a piece of it would pass for a good one */
	put(&bag, zeroes, sizeof(zeroes), fds, BAG_SLOTS);
	put(&bag, zeroes, 0, fds, 1);
	put(&bag, zeroes, 0, NULL, 0);
	if (park_new(&bag, 1, &who[1]) < 0)
		abort();
	bag.messages = 0;
	ok(seen_are(look_into(&bag), who, 2),
	   "what is damaged is passed over, what is not is seen");
	is(bag.messages, 10, "and counted, but for two without a byte");
	ok(seen_are(look_into(&bag), who, 2), "once more the same");
	is(bag_compact(&bag, keeps_all, NULL), 0, "a compaction clears it away");
	is(bag_compact(&bag, keeps_all, NULL), 0,
	   "all of it in two turns, for empty messages hide");
	ok(seen_are(look_into(&bag), who, 2), "what is good is kept");
	is(recv(bag.out, fds, sizeof(fds), 0), (long long)(2 * one), "by one message");
	is(recv(bag.out, fds, sizeof(fds), 0), -1, "and no other is left");
	close(fd);

	if (park_new(&bag, 0, &other) < 0)
		abort();
	close(bag.in);
	bag.in = -1;
	ok(seen_are(look_into(&bag), &other, 1),
	   "a bag that has lost its mouth still shows what is in it");
	bag_done(&bag);
	is(count_open(), before, "no copy stays open");
}

/* A table of descriptors without room for the copies: else those would pass for lost. */
static void test_table_full(void)
{
	struct bag bag = new_bag();
	struct parked who[COUNT];
	struct rlimit limit, small;
	int before;

	fill(&bag, who, COUNT);
	if (bag_compact(&bag, keeps_all, NULL) < 0 || park_new(&bag, COUNT, &who[0]) < 0 ||
	    getrlimit(RLIMIT_NOFILE, &limit) < 0)
		abort();
	before = count_open();
	small = limit;
	small.rlim_cur = (rlim_t)(before + COUNT / 2);
	if (setrlimit(RLIMIT_NOFILE, &small) < 0)
		abort();
	is(bag_look(&bag, seen_add, &(struct seen){0}), -EMFILE, "no room to look");
	is(bag_compact(&bag, keeps_none, NULL), -EMFILE, "no room to compact");
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		abort();
	is(look_into(&bag)->count, COUNT + 1, "nothing was lost by it");
	is(count_open(), before, "no copy stays open");
	bag_done(&bag);
}

/* One without privileges, who may have few descriptors in flight.  Its exit status: is all well? */
static int be_limited(void)
{
	const struct rlimit limit = {64, 64};
	struct bag bag = new_bag(), other = new_bag();
	struct parked who[COUNT], last;
	unsigned count = COUNT;
	int r;

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return EXIT_FAILURE;
	fill(&bag, who, COUNT);
	while ((r = park_new(&other, 0, &last)) == 0)
		count++;
	printf("# refused after %u with a limit of 64: %s\n", count, strerror(-r));
	fflush(stdout);
	if (r != -ETOOMANYREFS || look_into(&other)->count != count - COUNT)
		return EXIT_FAILURE;
	r = bag_compact(&bag, keeps_even, NULL);
	return r == -ETOOMANYREFS && seen_are(look_into(&bag), who, COUNT) ? EXIT_SUCCESS
									   : EXIT_FAILURE;
}

static void test_in_flight(void)
{
	int status = -1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0)
			_exit(2);
		_exit(be_limited());
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		abort();
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		ok(true,
		   "limit of descriptors in flight # SKIP root is exempt and cannot be another");
	else
		is(status, 0, "too many in flight is -ETOOMANYREFS, and nothing is lost by it");
}

static void test_many(void)
{
	static struct seen seen;
	struct bag bags[BAGS];
	struct parked who;
	uint64_t begun;
	int r = 0, lost = 0;
	rlim_t most;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		abort();
	most = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		abort();
	for (int i = 0; i < BAGS; i++)
		bags[i] = new_bag();
	for (int i = 0; i < MANY && r == 0; i++)
		r = park_new(&bags[i / BAG_SLOTS], (uint32_t)i, &who);
	if (r == -ETOOMANYREFS && limit.rlim_max <= MANY) {
		ok(true, "%d descriptors # SKIP the limit is %llu", MANY,
		   (unsigned long long)limit.rlim_max);
	} else {
		begun = clock_ns();
		for (int i = 0; i < BAGS; i++)
			lost += bag_look(&bags[i], seen_add, &seen) < 0;
		printf("# a look at %d descriptors in %d bags: %.1f ms\n", MANY, BAGS,
		       (double)(clock_ns() - begun) / 1e6);
		ok(lost == 0 && seen.mixed == 0 && seen.count == MANY, "%d descriptors are found",
		   MANY);
	}
	for (int i = 0; i < BAGS; i++)
		bag_done(&bags[i]);
	limit.rlim_cur = most;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		abort();
}

int main(void)
{
	test_look();
	test_full();
	test_compact();
	test_interrupted();
	test_damaged();
	test_table_full();
	test_in_flight();
	test_many();
	return done();
}
