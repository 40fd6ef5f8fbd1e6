/* test-admission.c - so many places and no more, whoever comes and goes */
#include <arpa/inet.h>
#include <errno.h>
#include <stdatomic.h>

#include "mtchatd/admission.h"
#include "mtchatd/slot.h"

#include "chance.h"
#include "tap.h"

enum { THREADS = 4, ROUNDS = 10000, PLACES = 16, PEOPLE = 40 };

static struct admission admission;

static struct in6_addr address(uint32_t number)
{
	return (struct in6_addr){.s6_addr32 = {0, 0, htonl(0xffff), htonl(number)}};
}

static void begin(void)
{
	if (admission_init(&admission) < 0)
		abort();
}

static void test_house(void)
{
	uint32_t a, b, c = 99;

	begin();
	is(admission_taken(&admission), 0, "empty at first");
	is(admission_take(&admission, NULL, 2, 0, &a), ADMITTED, "the first");
	is(admission_take(&admission, NULL, 2, 0, &b), ADMITTED, "the second");
	ok(a != b && a < SLOTS_MAX && b < SLOTS_MAX, "each has a slot of its own");
	is(admission_take(&admission, NULL, 2, 0, &c), HOUSE_FULL, "one too many");
	is(c, 99, "gets none");
	is(admission_taken(&admission), 2, "and counts for nothing");

	admission_give(&admission, NULL, a);
	is(admission_taken(&admission), 1, "one has gone");
	is(admission_take(&admission, NULL, 2, 0, &c), ADMITTED, "his place is free at once");
	is(c, a, "and is the same slot");

	is(admission_take(&admission, NULL, 1, 0, &c), HOUSE_FULL,
	   "a lowered limit lets nobody in");
	admission_give(&admission, NULL, a);
	is(admission_take(&admission, NULL, 1, 0, &c), HOUSE_FULL, "until it is kept");
	admission_give(&admission, NULL, b);
	is(admission_take(&admission, NULL, 1, 0, &c), ADMITTED, "again");
	admission_done(&admission);
}

static void test_order(void)
{
	uint32_t slot[3], again;

	begin();
	for (int i = 0; i < 3; i++)
		admission_take(&admission, NULL, 3, 0, &slot[i]);
	for (int i = 0; i < 3; i++)
		admission_give(&admission, NULL, slot[i]);
	for (int i = 2; i >= 0; i--) {
		admission_take(&admission, NULL, 3, 0, &again);
		is(again, slot[i], "given back last, taken first");
	}
	admission_done(&admission);
}

static struct in6_addr parsed(const char *text)
{
	struct in6_addr address;

	if (inet_pton(AF_INET6, text, &address) != 1)
		abort();
	return address;
}

/* One machine has 2^64 addresses of IPv6. */
static void test_nets(void)
{
	const struct in6_addr here = parsed("2001:db8:0:1::1"), also = parsed("2001:db8:0:1:f::2");
	const struct in6_addr there = parsed("2001:db8:0:2::1");
	const struct in6_addr old = parsed("::ffff:192.0.2.1"), other = parsed("::ffff:192.0.2.2");
	uint32_t a, b, c;

	begin();
	is(admission_take(&admission, &here, 9, 2, &a), ADMITTED, "an address of a /64");
	is(admission_take(&admission, &also, 9, 2, &b), ADMITTED, "another one of it");
	is(admission_take(&admission, &here, 9, 2, &c), ADDRESS_FULL, "are counted together");
	is(admission_take(&admission, &there, 9, 2, &c), ADMITTED, "another /64 is not");
	admission_give(&admission, &also, b);
	is(admission_take(&admission, &also, 9, 2, &b), ADMITTED, "whoever goes is free");
	is(admission_take(&admission, &old, 9, 1, &c), ADMITTED, "an address of IPv4");
	is(admission_take(&admission, &other, 9, 1, &c), ADMITTED, "and another one");
	is(admission_take(&admission, &old, 9, 1, &c), ADDRESS_FULL, "are each their own");
	admission_done(&admission);

	begin();
	ok(admission_claim(&admission, &here, 0) && admission_claim(&admission, &also, 1),
	   "those that were there are counted so, too");
	admission_settle(&admission, 2);
	is(admission_take(&admission, &here, 9, 2, &c), ADDRESS_FULL, "nobody more comes in");
	is(admission_take(&admission, &there, 9, 2, &c), ADMITTED, "but from elsewhere");
	admission_done(&admission);
}

static void test_addresses(void)
{
	const struct in6_addr one = address(1), two = address(2);
	uint32_t a, b, c;

	begin();
	is(admission_take(&admission, &one, 9, 2, &a), ADMITTED, "one client of an address");
	is(admission_take(&admission, &one, 9, 2, &b), ADMITTED, "two");
	is(admission_take(&admission, &one, 9, 2, &c), ADDRESS_FULL, "three are too many");
	is(admission_taken(&admission), 2, "the third takes no place");
	is(admission_take(&admission, &two, 9, 2, &c), ADMITTED,
	   "another address has its own count");
	is(admission_take(&admission, NULL, 9, 1, &c), ADMITTED, "a local client has none");
	is(admission_take(&admission, NULL, 9, 1, &c), ADMITTED, "nor has the next");
	is(admission_take(&admission, &one, 9, 0, &c), ADMITTED,
	   "without a limit a third comes in");
	is(admission_take(&admission, &one, 9, 3, &c), ADDRESS_FULL, "and was counted");
	is(admission_take(&admission, &two, 6, 1, &c), HOUSE_FULL, "a full house is told first");

	admission_give(&admission, &one, a);
	is(admission_take(&admission, &one, 9, 2, &c), ADDRESS_FULL, "one of three has gone");
	admission_give(&admission, &one, b);
	is(admission_take(&admission, &one, 9, 2, &c), ADMITTED, "two have");
	admission_done(&admission);
	is(admission_taken(&admission), 0, "done: nobody is there");
}

/* Who comes and goes by chance, against plain counting. */
static void test_by_chance(void)
{
	struct {
		bool in;
		uint32_t slot;
	} person[PEOPLE] = {0};
	uint32_t of[PEOPLE / 4] = {0}, all = 0;
	uint64_t state = CHANCE_SEED;
	int faults = 0;

	begin();
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t who = chance(&state, PEOPLE), whence = who % (PEOPLE / 4);
		const struct in6_addr from = address(whence);
		int want = all >= PLACES ? HOUSE_FULL : of[whence] >= 3 ? ADDRESS_FULL : ADMITTED;

		if (person[who].in) {
			admission_give(&admission, &from, person[who].slot);
			person[who].in = false;
			of[whence]--;
			all--;
			continue;
		}
		faults += admission_take(&admission, &from, PLACES, 3, &person[who].slot) != want;
		if (want != ADMITTED)
			continue;
		person[who].in = true;
		of[whence]++;
		all++;
		for (int other = 0; other < PEOPLE; other++)
			faults += person[other].in && other != (int)who &&
				  person[other].slot == person[who].slot;
	}
	is(faults, 0, "%d comings and goings from %d addresses", ROUNDS, PEOPLE / 4);
	is(admission_taken(&admission), all, "and the count is right at the end");
	admission_done(&admission);
}

static void test_all_slots(void)
{
	uint32_t slot = 0, highest = 0;
	int admitted = 0;

	begin();
	for (int i = 0; i < SLOTS_MAX; i++) {
		admitted += admission_take(&admission, NULL, SLOTS_MAX, 0, &slot) == ADMITTED;
		highest = slot > highest ? slot : highest;
	}
	is(admitted, SLOTS_MAX, "all slots can be taken");
	is(highest, SLOTS_MAX - 1, "and are just these");
	is(admission_take(&admission, NULL, UINT32_MAX, 0, &slot), HOUSE_FULL,
	   "there are no more, whatever the limit");
	admission_done(&admission);
}

static void test_claims(void)
{
	const struct in6_addr one = address(1);
	uint32_t slot;

	begin();
	ok(!admission_claim(&admission, NULL, SLOTS_MAX), "there is no such place");
	ok(!admission_claim(&admission, NULL, UINT32_MAX), "nor such a one");
	ok(admission_claim(&admission, &one, 4), "a place is taken already");
	ok(!admission_claim(&admission, &one, 4), "and not twice");
	ok(admission_claim(&admission, NULL, 1), "one more, of a local client");
	ok(admission_claim(&admission, &one, 2), "and one");
	is(admission_taken(&admission), 3, "three are taken");
	is(admission_settle(&admission, 4), -EINVAL, "more places were used than four");
	is(admission_settle(&admission, SLOTS_MAX + 1), -EINVAL, "so many there are not");
	is(admission_settle(&admission, 6), 0, "six were");

	is(admission_take(&admission, &one, 9, 2, &slot), ADDRESS_FULL, "addresses are counted");
	is(admission_take(&admission, NULL, 3, 0, &slot), HOUSE_FULL, "so is the house");
	is(admission_take(&admission, &one, 9, 3, &slot), ADMITTED, "another one comes");
	is(slot, 0, "to the lowest place");
	for (uint32_t want = 3; want < 8; want += want == 3 ? 2 : 1) {
		is(admission_take(&admission, NULL, 9, 0, &slot), ADMITTED, "the next");
		is(slot, want, "to the lowest that is left");
	}
	admission_give(&admission, &one, 4);
	admission_give(&admission, &one, 2);
	is(admission_take(&admission, &one, 9, 2, &slot), ADMITTED, "who was claimed has gone");
	is(slot, 2, "and left a place");
	admission_done(&admission);
}

static void test_claim_edges(void)
{
	uint32_t slot, claims = 0;

	begin();
	is(admission_settle(&admission, 0), 0, "nobody was there");
	is(admission_take(&admission, NULL, 1, 0, &slot), ADMITTED, "it begins anew");
	is(slot, 0, "with the first place");
	admission_done(&admission);

	begin();
	for (uint32_t i = 0; i < SLOTS_MAX; i++)
		claims += admission_claim(&admission, NULL, i);
	is(claims, SLOTS_MAX, "all places were taken");
	is(admission_settle(&admission, SLOTS_MAX), 0, "which is no more than there are");
	is(admission_take(&admission, NULL, UINT32_MAX, 0, &slot), HOUSE_FULL, "none is left");
	admission_give(&admission, NULL, 77);
	is(admission_take(&admission, NULL, SLOTS_MAX, 0, &slot), ADMITTED, "one goes, one comes");
	is(slot, 77, "to its place");
	admission_done(&admission);
}

static atomic_int owner[SLOTS_MAX], inside, most;

static void *come_and_go(void *argument)
{
	const struct in6_addr from = address(*(const uint32_t *)argument % 2);
	uint64_t state = CHANCE_SEED + *(const uint32_t *)argument;
	intptr_t faults = 0;
	uint32_t slot;

	for (int i = 0; i < ROUNDS; i++) {
		if (admission_take(&admission, &from, 3, 2, &slot) != ADMITTED)
			continue;
		faults += atomic_exchange(&owner[slot], 1);
		faults += atomic_fetch_add(&inside, 1) >= 3;
		for (uint32_t n = chance(&state, 50); n > 0; n--)
			atomic_store(&most, (int)n);
		atomic_fetch_sub(&inside, 1);
		atomic_store(&owner[slot], 0);
		admission_give(&admission, &from, slot);
	}
	return (void *)faults; /* NOLINT(performance-no-int-to-ptr) */
}

static void test_threads(void)
{
	pthread_t thread[THREADS];
	uint32_t number[THREADS];
	void *faults;

	begin();
	for (uint32_t i = 0; i < THREADS; i++) {
		number[i] = i;
		if (pthread_create(&thread[i], NULL, come_and_go, &number[i]) != 0)
			abort();
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], &faults);
		is((intptr_t)faults, 0, "thread %d met nobody in its slot, and never a fourth", i);
	}
	is(admission_taken(&admission), 0, "at the end all have gone");
	admission_done(&admission);
}

int main(void)
{
	test_house();
	test_order();
	test_addresses();
	test_nets();
	test_by_chance();
	test_all_slots();
	test_claims();
	test_claim_edges();
	test_threads();
	return done();
}
