/* test-pool.c - buffers are lent and taken back, the last one first; fat ones are not hoarded */
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "mtchatd/pool.h"

#include "chance.h"
#include "tap.h"

enum {
	COUNT = 64,
	PAGES = 4, /* of a buffer */
	SIZE = PAGES * ARENA_PAGE,
	OFFSET = 2 * ARENA_PAGE,
	THREADS = 4,
	ROUNDS = 20000,
};

static struct arena arena;
static struct pool pool;

static void begin_pool(void)
{
	if (pool_init(&pool, &arena, OFFSET, SIZE, COUNT) < 0)
		abort();
}

static void begin(void)
{
	const size_t size = OFFSET + (size_t)COUNT * SIZE;

	if (arena_new(&arena, size, size, 1) < 0)
		abort();
	begin_pool();
}

static void end(void)
{
	pool_done(&pool);
	arena_done(&arena);
}

/* Pages that the buffers cost: all but the header's. */
static long long cost(void)
{
	struct stat st;

	if (fstat(arena.fd, &st) < 0)
		abort();
	return (long long)st.st_blocks * 512 / ARENA_PAGE - 1;
}

static bool is_zero(const char *bytes, size_t size)
{
	return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static void test_numbers(void)
{
	bool lent[COUNT + 1] = {false};
	int twice = 0, outside = 0, mixed = 0;
	uint32_t number[COUNT];

	begin();
	for (int i = 0; i < COUNT; i++) {
		number[i] = pool_take(&pool);
		if (number[i] < 1 || number[i] > COUNT) {
			outside++;
			continue;
		}
		twice += lent[number[i]];
		lent[number[i]] = true;
		memset(pool_at(&pool, number[i]), (int)number[i], SIZE);
	}
	is(outside, 0, "all numbers are 1 to %d", COUNT);
	is(twice, 0, "all that there are can be lent, none twice");
	for (uint32_t i = 1; i <= COUNT; i++) {
		const char *at = pool_at(&pool, i);

		mixed += at[0] != (char)i || memcmp(at, at + 1, SIZE - 1) != 0;
	}
	is(mixed, 0, "no two share a byte");
	ok(pool_at(&pool, 1) == arena.bytes + OFFSET, "the first lies where it was said");
	end();
}

static void test_order(void)
{
	uint32_t a, b, c;

	begin();
	a = pool_take(&pool);
	b = pool_take(&pool);
	c = pool_take(&pool);
	pool_give(&pool, b, false);
	pool_give(&pool, c, true);
	pool_give(&pool, a, false);
	is(pool_take(&pool), a, "given back last, lent first");
	is(pool_take(&pool), c, "then the one before, fat or not");
	is(pool_take(&pool), b, "then the first");
	pool_give(&pool, a, false);
	is(pool_take(&pool), a, "no new one as long as one is idle");
	end();
}

static void test_thin(void)
{
	uint32_t number[COUNT];

	begin();
	for (int i = 0; i < COUNT; i++) {
		number[i] = pool_take(&pool);
		pool_at(&pool, number[i])[0] = 'x';
	}
	for (int i = 0; i < COUNT; i++)
		pool_give(&pool, number[i], false);
	is(cost(), COUNT, "thin ones keep their page, however many are idle");
	end();
}

static void test_fat(void)
{
	enum { MANY = POOL_FAT_MAX + 8 };
	uint32_t number[MANY];
	int zero = 0, full = 0;

	begin();
	for (int i = 0; i < MANY; i++) {
		number[i] = pool_take(&pool);
		memset(pool_at(&pool, number[i]), 'x', SIZE);
	}
	is(cost(), (long long)MANY * PAGES, "fat ones that are lent cost all their pages");
	for (int i = 0; i < MANY; i++)
		pool_give(&pool, number[i], true);
	is(cost(), (long long)POOL_FAT_MAX * PAGES, "of those that are idle only so many");
	for (int i = 0; i < MANY; i++) {
		zero += is_zero(pool_at(&pool, number[i]), SIZE);
		full += pool_at(&pool, number[i])[SIZE - 1] == 'x';
	}
	is(zero, MANY - POOL_FAT_MAX, "the others were punched");
	is(full, POOL_FAT_MAX, "and nothing else was");
	for (int i = MANY - 1; i >= 0; i--)
		if (pool_take(&pool) != number[i])
			ok(false, "the order of the stack, number %d", i);
	for (int i = 0; i < MANY; i++)
		memset(pool_at(&pool, number[i]), 'y', SIZE);
	for (int i = 0; i < MANY; i++)
		pool_give(&pool, number[i], true);
	is(cost(), (long long)POOL_FAT_MAX * PAGES, "those that were lent again count anew");
	end();
}

/* The process has died with all buffers touched; its successor knows nothing of the pool. */
static void die(void)
{
	for (uint32_t i = 1; i <= COUNT; i++)
		memset(pool_at(&pool, i), (int)i, SIZE);
	pool_done(&pool);
	begin_pool();
}

static void test_claims(void)
{
	begin();
	die();
	ok(!pool_claim(&pool, 0), "there is no buffer 0");
	ok(!pool_claim(&pool, COUNT + 1), "nor one above the last");
	ok(!pool_claim(&pool, UINT32_MAX), "nor any other number");
	ok(pool_claim(&pool, 5), "a buffer can be claimed");
	ok(!pool_claim(&pool, 5), "once");
	ok(pool_claim(&pool, 2), "and so can one below it");
	is(pool_settle(&pool), 0, "that were all");
	is(cost(), 2LL * PAGES, "the others cost nothing any more");
	ok(pool_at(&pool, 5)[0] == 5 && pool_at(&pool, 2)[SIZE - 1] == 2, "the claimed are whole");
	ok(is_zero(pool_at(&pool, 3), 2 * SIZE), "between them all is gone");

	is(pool_take(&pool), 1, "the lowest is lent first");
	is(pool_take(&pool), 3, "not those that are lent already");
	is(pool_take(&pool), 4, "but all others");
	is(pool_take(&pool), 6, "up to those that nobody had");
	pool_give(&pool, 5, false);
	is(pool_take(&pool), 5, "what was claimed is given back like any other");
	end();
}

static void test_claim_edges(void)
{
	begin();
	die();
	is(pool_settle(&pool), 0, "nobody claims anything");
	is(cost(), 0, "all memory is given back");
	is(pool_take(&pool), 1, "it begins anew");

	die();
	for (uint32_t i = 1; i <= COUNT; i++)
		if (!pool_claim(&pool, i))
			ok(false, "claiming %u", i);
	is(pool_settle(&pool), 0, "all are claimed");
	is(cost(), (long long)COUNT * PAGES, "they keep their memory");
	pool_give(&pool, 7, true);
	is(pool_take(&pool), 7, "the only one there is");
	end();
}

/* Claims by chance; what is left is lent in order, and its memory is gone. */
static int claim_faults(uint64_t *state)
{
	bool claimed[COUNT + 1] = {false};
	uint32_t some = chance(state, COUNT + 1), claims = 0;
	int faults = 0;

	die();
	for (uint32_t i = 0; i < some; i++) {
		uint32_t number = 1 + chance(state, COUNT);

		faults += pool_claim(&pool, number) == claimed[number];
		claims += !claimed[number];
		claimed[number] = true;
	}
	faults += pool_settle(&pool) != 0;
	faults += cost() != (long long)claims * PAGES;
	for (uint32_t i = 1; i <= COUNT; i++) {
		if (claimed[i])
			faults += *pool_at(&pool, i) != (char)i;
		else
			faults += pool_take(&pool) != i;
	}
	return faults;
}

static void test_claims_by_chance(void)
{
	uint64_t state = CHANCE_SEED;
	int faults = 0, runs = 200;

	begin();
	for (int i = 0; i < runs; i++)
		faults += claim_faults(&state);
	is(faults, 0, "%d processes died, each with other buffers lent", runs);
	end();
}

/* Who has the buffer; 0: nobody. */
static atomic_int owner[COUNT + 1];

struct borrower {
	pthread_t thread;
	int number;
	int faults;
};

static void borrow(struct borrower *borrower, uint64_t *state)
{
	uint32_t number[COUNT / THREADS];
	uint32_t some = 1 + chance(state, COUNT / THREADS);

	for (uint32_t i = 0; i < some; i++) {
		number[i] = pool_take(&pool);
		if (atomic_exchange(&owner[number[i]], borrower->number))
			borrower->faults++;
		*pool_at(&pool, number[i]) = (char)borrower->number;
	}
	for (uint32_t i = 0; i < some; i++) {
		if (*pool_at(&pool, number[i]) != (char)borrower->number)
			borrower->faults++;
		atomic_store(&owner[number[i]], 0);
		pool_give(&pool, number[i], chance(state, 2));
	}
}

static void *run_borrower(void *argument)
{
	struct borrower *borrower = argument;
	uint64_t state = CHANCE_SEED + (uint64_t)borrower->number;

	for (int i = 0; i < ROUNDS; i++)
		borrow(borrower, &state);
	return NULL;
}

static void test_threads(void)
{
	struct borrower borrower[THREADS];
	uint32_t highest = 0;

	begin();
	for (int i = 0; i < THREADS; i++) {
		borrower[i] = (struct borrower){.number = i + 1};
		if (pthread_create(&borrower[i].thread, NULL, run_borrower, &borrower[i]) != 0)
			abort();
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(borrower[i].thread, NULL);
		is(borrower[i].faults, 0, "thread %d never shared a buffer", i);
	}
	ok(cost() <= (long long)COUNT * PAGES, "what is idle costs %lld pages", cost());
	for (int i = 0; i < COUNT; i++) {
		uint32_t number = pool_take(&pool);

		highest = number > highest ? number : highest;
	}
	is(highest, COUNT, "at the end all are there again");
	end();
}

int main(void)
{
	test_numbers();
	test_order();
	test_thin();
	test_fat();
	test_claims();
	test_claim_edges();
	test_claims_by_chance();
	test_threads();
	return done();
}
