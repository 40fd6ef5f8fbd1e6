/*
 * test-recall.c - a nonce is known for two minutes, among the last 128 of its name, and no longer
 *
 * The linker puts the functions here in the place of malloc() and calloc() (--wrap), so that
 * memory can be refused.
 */
#include <errno.h>

#include "chance.h"
#include "lone-recall.h"
#include "tap.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static bool malloc_fails;
static int callocs_left = -1; /* negative: no end of them */

void *__wrap_malloc(size_t size)
{
	return malloc_fails ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	if (callocs_left == 0)
		return NULL;
	callocs_left -= callocs_left > 0;
	return __real_calloc(count, size);
}

static void test_known(void)
{
	struct memory *memory = new_memory();
	struct owner owner;

	start(&owner, memory);
	ok(!knows(&owner, "alice", "n1"), "at first nobody has used any nonce");
	is(owner.recalls.used, 0, "nor is it noted who was asked for");
	is(note(&owner, "alice", "n1"), 0, "alice uses one");
	ok(knows(&owner, "alice", "n1"), "a draft knows it");
	ok(!knows(&owner, "bob", "n1"), "for her alone");
	commit(&owner);
	ok(knows(&owner, "alice", "n1"), "so does who comes after the commit");
	ok(knows(&owner, "ALICE", "n1"), "whatever the spelling of the name");
	ok(!knows(&owner, "bob", "n1"), "bob never used it");
	ok(!knows(&owner, "alice", "N1") && !knows(&owner, "alice", "n") &&
		   !knows(&owner, "alice", "n1 ") && !knows(&owner, "alice", ""),
	   "others are others");
	use(&owner, "ALICE", "n2");
	is(owner.recalls.used, 1, "two spellings have one record");
	ok(knows(&owner, "alice", "n1") && knows(&owner, "alice", "n2"), "with both nonces");
	use(&owner, "bob", "n1");
	ok(knows(&owner, "bob", "n1") && !knows(&owner, "bob", "n2"), "bob has his own");
	end(&owner);
	free_memory(memory);
}

static void test_time(void)
{
	struct memory *memory = new_memory();
	struct owner owner;

	start(&owner, memory);
	owner.now = 10 * RECALL_MS;
	use(&owner, "alice", "x");
	owner.now += RECALL_MS - 1;
	ok(knows(&owner, "alice", "x"), "known after two minutes but 1 ms");
	use(&owner, "alice", "y");
	owner.now += 1;
	ok(!knows(&owner, "alice", "x"), "not after two minutes");
	ok(knows(&owner, "alice", "y"), "the later one is");
	use(&owner, "alice", "x");
	owner.now += RECALL_MS - 1;
	ok(knows(&owner, "alice", "x"), "used again, it is known again");
	use(&owner, "alice", "z");
	owner.now -= RECALL_MS - 1;
	ok(knows(&owner, "alice", "z"), "a clock that is behind knows it, too");
	owner.now -= 1;
	ok(!knows(&owner, "alice", "z"), "not one that is two minutes behind");
	end(&owner);
	free_memory(memory);
}

/* How many of the numbers below `end` are known, and whether they are the last ones. */
static int count_known(const struct owner *owner, const struct name *name, int end_number)
{
	int known = 0;

	while (known < end_number && knows_number(owner, name, (uint64_t)(end_number - 1 - known)))
		known++;
	for (int i = 0; i < end_number - known; i++)
		if (knows_number(owner, name, (uint64_t)i))
			return -1;
	return known;
}

static void test_last_ones(void)
{
	enum { MANY = 5 * RECALL_NONCES + 3 };
	struct memory *memory = new_memory();
	struct owner owner;
	struct name name = make("alice");
	int wrong = 0;

	start(&owner, memory);
	for (int i = 0; i < MANY; i++) {
		wrong += note_number(&owner, &name, (uint64_t)i) != 0;
		commit(&owner);
		wrong += count_known(&owner, &name, i + 1) !=
			 (i < RECALL_NONCES ? i + 1 : RECALL_NONCES);
	}
	is(wrong, 0, "of %d nonces one by one the last %d are known at any time", MANY,
	   RECALL_NONCES);
	end(&owner);
	free_memory(memory);
}

static void test_draft(void)
{
	struct memory *memory = new_memory();
	struct owner owner;
	struct name name = make("alice");
	struct recall_draft before;
	int noted = 0;

	start(&owner, memory);
	recall_put(&owner.draft, &owner.redo);
	is((long long)owner.redo.count, 0, "an empty draft has nothing to commit");
	for (int i = 0; i < RECALL_NONCES; i++)
		noted += note_number(&owner, &name, (uint64_t)i) == 0;
	commit(&owner);
	for (int i = RECALL_NONCES; i < 2 * RECALL_NONCES; i++)
		noted += note_number(&owner, &name, (uint64_t)i) == 0;
	is(noted, 2 * RECALL_NONCES, "a draft takes %d nonces", RECALL_NONCES);
	before = owner.draft;
	is(note_number(&owner, &name, 999), -EAGAIN, "and no more");
	ok(memcmp(&before, &owner.draft, sizeof(before)) == 0 && !knows_number(&owner, &name, 999),
	   "the one that is refused is not noted");
	is(count_known(&owner, &name, 2 * RECALL_NONCES), RECALL_NONCES,
	   "with it, its own are the last ones");
	drop(&owner);
	is(count_known(&owner, &name, RECALL_NONCES), RECALL_NONCES,
	   "without it, all those before it are known still");
	is(note_number(&owner, &name, 999), 0, "a new one begins where it did");
	is(note(&owner, "bob", "x"), -EAGAIN, "it is of one name: not of one that is new here");
	ok(!knows(&owner, "bob", "x"), "whose nonce is not noted");
	before = owner.draft;
	is(note_number(&owner, &name, 1000), 0, "one more");
	owner.draft = before;
	ok(!knows_number(&owner, &name, 1000), "is unknown when the draft is put back");
	commit(&owner);
	ok(knows_number(&owner, &name, 999) && !knows_number(&owner, &name, 1000),
	   "the commit takes what is left");
	ok(!knows_number(&owner, &name, 0) && knows_number(&owner, &name, 1),
	   "and one makes room for one");
	use(&owner, "bob", "x");
	is(note(&owner, "alice", "y"), 0, "alice again");
	is(note(&owner, "bob", "y"), -EAGAIN, "nor is it of a name that is known here");
	end(&owner);
	free_memory(memory);
}

/* Memory is not touched for a new name while an idle one has some. */
static void test_idle_ones_first(void)
{
	struct memory *memory = new_memory();
	struct owner owner;

	start(&owner, memory);
	use(&owner, "alice", "1");
	owner.now += 1;
	use(&owner, "bob", "1");
	owner.now += 1;
	use(&owner, "carol", "1");
	use(&owner, "alice", "2");
	is(owner.recalls.used, 3, "three names, three records");
	owner.now += RECALL_MS - 2;
	use(&owner, "dave", "1");
	is(owner.recalls.used, 4, "while all are in use a new name takes a new one");
	owner.now += 1;
	is(record_of(&owner, "bob"), 1, "bob has the second");
	use(&owner, "erin", "1");
	is(record_of(&owner, "erin"), 1, "when he was idle for two minutes, erin has it");
	is(record_of(&owner, "bob"), RECALL_NAMES, "and he is forgotten");
	ok(knows(&owner, "erin", "1") && !knows(&owner, "erin", "2"), "she has her nonce alone");
	use(&owner, "frank", "1");
	is(record_of(&owner, "frank"), 4, "the next oldest is not idle yet");
	owner.now += 1;
	use(&owner, "grace", "1");
	is(record_of(&owner, "grace"), 2, "now carol is");
	is(record_of(&owner, "alice"), 0, "alice, who used one after her, is not the next");
	end(&owner);
	free_memory(memory);
}

/* How many of these names have not used the nonce. */
static uint32_t lost(const struct owner *owner, const char *stem, uint32_t from, uint32_t to,
		     const char *nonce)
{
	uint32_t unknown = 0;

	for (uint32_t i = from; i < to; i++) {
		struct name name = make_numbered(stem, i);

		unknown += !knows_name(owner, &name, nonce);
	}
	return unknown;
}

/* More names in two minutes than there is room for. */
static void test_all_in_use(void)
{
	enum { MORE = 100 };
	struct memory *memory = new_memory();
	struct owner owner;
	uint64_t before;

	start(&owner, memory);
	for (uint32_t i = 0; i < RECALL_NAMES; i++) {
		struct name name = make_numbered("n", i);

		note_name(&owner, &name, "x");
		commit(&owner);
	}
	is(lost(&owner, "n", 0, RECALL_NAMES, "x"), 0, "all of %d names are kept", RECALL_NAMES);
	use(&owner, "n0", "y");
	before = clock_ns();
	for (uint32_t i = 0; i < MORE; i++) {
		struct name name = make_numbered("more", i);

		note_name(&owner, &name, "z");
		commit(&owner);
	}
	before = clock_ns() - before;
	is(owner.recalls.used, RECALL_NAMES, "more have no records of their own");
	is(owner.recalls.index.count, RECALL_NAMES, "the index holds no more, either");
	is(lost(&owner, "more", 0, MORE, "z"), 0, "the new ones are kept");
	is(lost(&owner, "more", 0, MORE, "x"), MORE, "with no nonce of those before them");
	is(lost(&owner, "n", 1, MORE + 1, "x"), MORE, "the least lately used ones are forgotten");
	is(lost(&owner, "n", MORE + 1, RECALL_NAMES, "x"), 0, "and nobody else");
	ok(knows(&owner, "n0", "x") && knows(&owner, "n0", "y"), "nor who used one once more");
	printf("# %d ns a new name\n", (int)(before / MORE));
	end(&owner);
	free_memory(memory);
}

static void test_no_memory(void)
{
	struct memory *memory = new_memory();
	struct owner owner;
	struct recalls recalls;

	for (int i = 0; i < 3; i++) {
		callocs_left = i;
		is(recalls_init(&recalls, memory->records, memory->key), -ENOMEM,
		   "no memory to begin with, but for %d pieces", i);
		callocs_left = -1;
		recalls_done(&recalls);
	}
	start(&owner, memory);
	use(&owner, "alice", "x");
	owner.now += RECALL_MS;
	malloc_fails = true;
	is(note(&owner, "bob", "x"), -ENOMEM, "none for a new name");
	ok(!owner.draft.record && !knows(&owner, "bob", "x"), "so it is not noted");
	is(record_of(&owner, "alice"), 0, "and nobody had to go for it");
	is(note(&owner, "alice", "y"), 0, "a name that is there needs none");
	commit(&owner);
	is(recalls_init(&recalls, memory->records, memory->key), -ENOMEM,
	   "none for the names that were found");
	recalls_done(&recalls);
	malloc_fails = false;
	is(note(&owner, "bob", "x"), 0, "later there is");
	end(&owner);
	end(&owner);
	recalls = (struct recalls){0};
	recalls_done(&recalls);
	is(owner.recalls.used, 0, "done with, twice");
	free_memory(memory);
}

/* The plainest memory of all: each nonce that was ever used, and when. */
enum { NAMES = 12, NONCES = 300, STEPS = 6000 };

struct use {
	uint64_t number; /* its place among its name's; 0: never */
	uint64_t at;
};

struct model {
	struct use use[NAMES][NONCES];
	uint64_t count[NAMES];
	struct name name[NAMES];
	int refused, doubles; /* so that it is known what was tested */
};

static bool model_knows(const struct model *model, uint32_t who, uint32_t nonce, uint64_t now)
{
	const struct use *use = &model->use[who][nonce];

	return use->number && model->count[who] - use->number < RECALL_NONCES &&
	       now - use->at < RECALL_MS;
}

/* Some nonces of one name, looked up and noted as a handler does.  False: not as in the model. */
static bool batch(struct owner *owner, struct model *model, uint64_t *state)
{
	static struct model undone;
	uint32_t who = chance(state, NAMES), many = chance(state, 8) ? 3 : 200;
	bool good = true;

	undone = *model;
	for (uint32_t i = 0; i < many && good; i++) {
		uint32_t nonce = chance(state, NONCES);
		bool known = model_knows(model, who, nonce, owner->now);

		good = knows_number(owner, &model->name[who], nonce) == known;
		model->doubles += known;
		if (known)
			continue;
		if (note_number(owner, &model->name[who], nonce) == -EAGAIN) {
			model->refused++;
			break;
		}
		model->use[who][nonce] = (struct use){++model->count[who], owner->now};
	}
	if (chance(state, 4)) {
		commit(owner);
	} else {
		drop(owner);
		memcpy(model->use, undone.use, sizeof(model->use));
		memcpy(model->count, undone.count, sizeof(model->count));
	}
	return good;
}

static void test_by_chance(void)
{
	static struct model model;
	struct memory *memory = new_memory();
	struct owner owner;
	uint64_t state = CHANCE_SEED;
	int wrong = 0, starts = 0;

	for (uint32_t i = 0; i < NAMES; i++)
		model.name[i] = make_numbered("guest", i);
	start(&owner, memory);
	for (int i = 0; i < STEPS; i++) {
		wrong += !batch(&owner, &model, &state);
		owner.now += chance(&state, 100) ? chance(&state, 2000) : RECALL_MS;
		if (chance(&state, 50) == 0) {
			start_again(&owner);
			starts++;
		}
	}
	is(wrong, 0, "batches by chance go as in the plainest memory, over %d starts", starts);
	ok(model.doubles > 1000 && model.refused > 10, "with %d doubles, and %d full drafts",
	   model.doubles, model.refused);
	ok(owner.recalls.used <= NAMES, "%u records were enough", owner.recalls.used);
	end(&owner);
	free_memory(memory);
}

int main(void)
{
	test_known();
	test_time();
	test_last_ones();
	test_draft();
	test_idle_ones_first();
	test_all_in_use();
	test_no_memory();
	test_by_chance();
	return done();
}
