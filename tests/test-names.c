/*
 * test-names.c - a name has one holder, whatever else comes and goes, and whoever asks
 *
 * The linker puts the functions here in the place of malloc() and calloc() (--wrap), so that
 * memory can be refused.
 */
#include <errno.h>
#include <pthread.h>

#include "mtchatd/names.h"

#include "chance.h"
#include "tap.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static bool malloc_fails, calloc_fails;

void *__wrap_malloc(size_t size)
{
	return malloc_fails ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return calloc_fails ? NULL : __real_calloc(count, size);
}

static struct name make(const char *text)
{
	struct name name;

	if (name_parse(&name, text, strlen(text)) != NAME_GOOD)
		abort();
	return name;
}

static struct name make_numbered(const char *stem, uint32_t number)
{
	char text[NAME_MAX_BYTES];

	snprintf(text, sizeof(text), "%s%u", stem, number);
	return make(text);
}

enum { NOBODY = -1 };

static int holder_of(const struct names *names, const struct name *name)
{
	uint32_t slot = 0;

	return names_find(names, name, &slot) ? (int)slot : NOBODY;
}

static void test_holders(void)
{
	struct names names;
	struct name alice = make("alice"), shout = make("ALICE"), bob = make("bob");
	uint32_t slot = 77;

	is(names_init(&names), 0, "a table");
	ok(!names_find(&names, &alice, &slot) && slot == 77, "nobody is there");
	is(names_add(&names, &alice, 5), 0, "5 is alice");
	is(holder_of(&names, &alice), 5, "she is found");
	is(holder_of(&names, &shout), 5, "in other letters, too");
	is(holder_of(&names, &bob), NOBODY, "bob is nobody");
	is(names_add(&names, &alice, 6), -EEXIST, "6 cannot be alice");
	is(names_add(&names, &shout, 6), -EEXIST, "nor ALICE");
	is(names_add(&names, &bob, 5), 0, "5 may be bob as well");
	is(holder_of(&names, &alice), 5, "and is alice still");
	is(names_add(&names, &shout, 5), 0, "5 may be ALICE");
	is(names.count, 2, "which is the same entry");
	names_remove(&names, &shout);
	is(holder_of(&names, &alice), NOBODY, "removed once, it is gone");
	names_remove(&names, &alice);
	is(names.count, 1, "removing nobody does nothing");
	is(holder_of(&names, &bob), 5, "bob is there");
	is(names_add(&names, &alice, 0), 0, "alice is free again");
	is(holder_of(&names, &alice), 0, "for slot 0");
	names_done(&names);
	names_done(&names);
	is(names.count, 0, "done with, twice");
}

static void test_key(void)
{
	struct names one, other;

	if (names_init(&one) < 0 || names_init(&other) < 0)
		abort();
	ok(one.key[0] != other.key[0] && one.key[1] != other.key[1], "each table has its own key");
	names_done(&one);
	names_done(&other);
}

static void test_growth(void)
{
	enum { MANY = 20000 };
	struct names names;
	int lost = 0, left = 0;

	if (names_init(&names) < 0)
		abort();
	for (uint32_t i = 0; i < MANY; i++) {
		struct name name = make_numbered("guest-", i);

		lost += names_add(&names, &name, i) != 0;
	}
	ok(names.count == MANY && names.size >= MANY, "%u names in %u buckets", names.count,
	   names.size);
	for (uint32_t i = 0; i < MANY; i++) {
		struct name name = make_numbered("GUEST-", i);

		lost += holder_of(&names, &name) != (int)i;
		names_remove(&names, &name);
		left += holder_of(&names, &name) != NOBODY;
	}
	is(lost, 0, "every one is found");
	is(left, 0, "until it is removed");
	is(names.count, 0, "and the table is empty");
	names_done(&names);
}

static void test_no_memory(void)
{
	enum { MANY = 1000 };
	struct names names;
	struct name alice = make("alice");
	int lost = 0;

	calloc_fails = true;
	is(names_init(&names), -ENOMEM, "no memory for a table");
	names_done(&names);
	calloc_fails = false;
	if (names_init(&names) < 0)
		abort();
	malloc_fails = true;
	is(names_add(&names, &alice, 1), -ENOMEM, "none for a name");
	is(holder_of(&names, &alice), NOBODY, "so nobody has it");
	malloc_fails = false;
	is(names_add(&names, &alice, 2), 0, "anybody can, later");
	calloc_fails = true;
	for (uint32_t i = 0; i < MANY; i++) {
		struct name name = make_numbered("guest-", i);

		lost += names_add(&names, &name, i) != 0 || holder_of(&names, &name) != (int)i;
	}
	calloc_fails = false;
	is(lost, 0, "no memory to grow: every name is taken and found all the same");
	ok(names.size < MANY, "in %u buckets", names.size);
	names_remove(&names, &alice);
	is(names_add(&names, &alice, 3), 0, "one more");
	is(holder_of(&names, &alice), 3, "is found");
	names_done(&names);
}

/* What names_each() has told. */
struct told {
	const struct names *names;
	int visits, wrong;
	uint64_t slots; /* sum */
};

static void visit(void *context, uint32_t slot, const char *folded, size_t size)
{
	struct told *told = context;
	struct name name = {.folded_size = size};

	memcpy(name.folded, folded, size);
	told->visits++;
	told->slots += slot;
	told->wrong += holder_of(told->names, &name) != (int)slot;
}

static void test_each(void)
{
	enum { MANY = 1000 };
	struct names names;
	struct told told = {.names = &names};

	if (names_init(&names) < 0)
		abort();
	names_each(&names, visit, &told);
	is(told.visits, 0, "nobody to visit");
	for (uint32_t i = 0; i < MANY; i++) {
		struct name name = make_numbered("GUEST-", i);

		if (names_add(&names, &name, i) < 0)
			abort();
	}
	names_each(&names, visit, &told);
	is(told.visits, MANY, "every name is visited");
	is(told.wrong, 0, "with its folded form and its slot");
	is((long long)told.slots, (long long)MANY * (MANY - 1) / 2, "once");
	names_done(&names);
}

/* The plainest table: who has which of a few hundred names. */
enum { WORDS = 300, SLOTS = 40, STEPS = 200000 };

static struct name word[2][WORDS]; /* in two spellings */

static void make_words(void)
{
	for (uint32_t i = 0; i < WORDS; i++) {
		word[0][i] = make_numbered(i % 2 ? "홍길동" : "stra\u00dfe", i);
		word[1][i] = make_numbered(
			i % 2 ? "\u1112\u1169\u11bc\u1100\u1175\u11af\u1103\u1169\u11bc"
			      : "STRASSE",
			i);
	}
}

/* One step by chance; what comes back must be what the model says.  False: it is not. */
static bool step(struct names *names, int model[WORDS], uint64_t *state)
{
	uint32_t i = chance(state, WORDS), slot = chance(state, SLOTS);
	const struct name *name = &word[chance(state, 2)][i];
	int want = model[i];

	switch (chance(state, 4)) {
	case 0:
		model[i] = NOBODY;
		names_remove(names, name);
		return holder_of(names, name) == NOBODY;
	case 1:
		return holder_of(names, name) == want;
	default:
		if (want == NOBODY)
			model[i] = (int)slot;
		return names_add(names, name, slot) ==
		       (want == NOBODY || want == (int)slot ? 0 : -EEXIST);
	}
}

static void test_by_chance(void)
{
	struct names names;
	uint64_t state = CHANCE_SEED;
	int model[WORDS], wrong = 0;
	uint32_t held = 0;

	if (names_init(&names) < 0)
		abort();
	for (int i = 0; i < WORDS; i++)
		model[i] = NOBODY;
	for (int i = 0; i < STEPS; i++)
		wrong += !step(&names, model, &state);
	is(wrong, 0, "%d steps by chance go as in the plainest table", STEPS);
	for (int i = 0; i < WORDS; i++) {
		wrong += holder_of(&names, &word[0][i]) != model[i];
		held += model[i] != NOBODY;
	}
	is(wrong, 0, "and end as there");
	ok(held > WORDS / 4 && names.count == held, "with %u names held", held);
	names_done(&names);
}

enum { THREADS = 2, ROUNDS = 20000 };

static struct names shared;
static int shared_model[WORDS]; /* shared.lock */
static pthread_barrier_t start; /* all at once */

struct claimer {
	pthread_t thread;
	uint64_t state;
	int wrong;
};

static void *claim(void *argument)
{
	struct claimer *claimer = argument;

	pthread_barrier_wait(&start);
	for (int i = 0; i < ROUNDS; i++) {
		names_lock(&shared);
		claimer->wrong += !step(&shared, shared_model, &claimer->state);
		names_unlock(&shared);
	}
	return NULL;
}

static void test_threads(void)
{
	struct claimer claimer[THREADS] = {0};
	int wrong = 0;

	if (names_init(&shared) < 0 || pthread_barrier_init(&start, NULL, THREADS) != 0)
		abort();
	for (int i = 0; i < WORDS; i++)
		shared_model[i] = NOBODY;
	for (int i = 0; i < THREADS; i++) {
		claimer[i].state = CHANCE_SEED + (uint64_t)i;
		if (pthread_create(&claimer[i].thread, NULL, claim, &claimer[i]) != 0)
			abort();
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(claimer[i].thread, NULL);
		wrong += claimer[i].wrong;
	}
	is(wrong, 0, "%d threads at once, and what one saw under the lock is so", THREADS);
	for (int i = 0; i < WORDS; i++)
		wrong += holder_of(&shared, &word[1][i]) != shared_model[i];
	is(wrong, 0, "in the end, too");
	pthread_barrier_destroy(&start);
	names_done(&shared);
}

int main(void)
{
	make_words();
	test_holders();
	test_key();
	test_growth();
	test_each();
	test_no_memory();
	test_by_chance();
	test_threads();
	return done();
}
