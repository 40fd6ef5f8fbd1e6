/* test-redo.c - words change together, whatever instruction the process dies at */
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "mtchatd/redo.h"

#include "chance.h"
#include "tap.h"

enum { KILLS = 200, DEADLINE_MS = 10000 };

/* An arena of one record and some words. */
struct memory {
	struct redo_record record;
	word words[REDO_MAX];
};

static struct memory *new_memory(void)
{
	void *memory = mmap(NULL, sizeof(struct memory), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memory;
}

/* The same memory where another process may find it. */
static struct memory *map_again(struct memory *memory)
{
	void *again = mremap(memory, 0, sizeof(*memory), MREMAP_MAYMOVE);

	if (again == MAP_FAILED)
		abort();
	return again;
}

static struct redo redo_over(struct memory *memory)
{
	return (struct redo){.record = &memory->record, .arena = (char *)memory};
}

static bool all_are(struct memory *memory, int first, int last, uint64_t value)
{
	for (int i = first; i < last; i++)
		if (word_get(&memory->words[i]) != value)
			return false;
	return true;
}

static void put_all(struct redo *redo, struct memory *memory, uint64_t value)
{
	for (int i = 0; i < REDO_MAX; i++)
		redo_put(redo, &memory->words[i], value);
}

static void test_commit(void)
{
	struct memory *memory = new_memory();
	struct redo redo = redo_over(memory);

	redo_commit(&redo);
	ok(all_are(memory, 0, REDO_MAX, 0), "a commit of nothing changes nothing");

	put_all(&redo, memory, 7);
	ok(all_are(memory, 0, REDO_MAX, 0), "nothing is stored before the commit");
	is((long long)word_get(&memory->record.count), 0, "nor is there anything to redo");
	redo_commit(&redo);
	ok(all_are(memory, 0, REDO_MAX, 7), "as many as a record holds are stored");
	is((long long)word_get(&memory->record.count), 0, "and the commit is finished");

	redo_put(&redo, &memory->words[3], UINT64_MAX);
	redo_put(&redo, &memory->words[5], 1);
	redo_put(&redo, &memory->words[5], 2);
	redo_commit(&redo);
	ok(word_get(&memory->words[3]) == UINT64_MAX, "the next one begins anew");
	is((long long)word_get(&memory->words[5]), 2, "of two values for one word the later holds");
	ok(all_are(memory, 0, 3, 7) && word_get(&memory->words[4]) == 7 &&
		   all_are(memory, 6, REDO_MAX, 7),
	   "and the others stay as they were");
	munmap(memory, sizeof(*memory));
}

/* Dies after the commit point, when `stored` words are in place; the next process finds it. */
static bool survives(int stored)
{
	struct memory *memory = new_memory(), *again = map_again(memory);
	struct redo redo = redo_over(memory), next = redo_over(again);
	bool good;

	put_all(&redo, memory, 1);
	redo_commit(&redo);
	put_all(&redo, memory, 2);
	word_set(&memory->record.count, REDO_MAX);
	for (int i = 0; i < stored; i++)
		word_set(&memory->words[i], 2);

	redo_again(&next);
	good = all_are(again, 0, REDO_MAX, 2) && word_get(&again->record.count) == 0;
	munmap(memory, sizeof(*memory));
	munmap(again, sizeof(*again));
	return good;
}

static void test_cut_short(void)
{
	for (int stored = 0; stored <= REDO_MAX; stored++)
		ok(survives(stored), "a commit that died after %d stores is finished", stored);
}

static void test_not_committed(void)
{
	struct memory *memory = new_memory();
	struct redo redo = redo_over(memory), next = redo_over(memory);

	put_all(&redo, memory, 1);
	redo_again(&next);
	ok(all_are(memory, 0, REDO_MAX, 0), "what died before the commit point has not happened");

	redo_put(&next, &memory->words[0], 5);
	redo_commit(&next);
	ok(word_get(&memory->words[0]) == 5 && all_are(memory, 1, REDO_MAX, 0),
	   "nor does it come back with the next commit");
	munmap(memory, sizeof(*memory));
}

static void test_idempotent(void)
{
	struct memory *memory = new_memory();
	struct redo redo = redo_over(memory);

	put_all(&redo, memory, 3);
	word_set(&memory->record.count, REDO_MAX);
	redo_again(&redo);
	word_set(&memory->record.count, REDO_MAX); /* died before it could clear the count */
	redo_again(&redo);
	ok(all_are(memory, 0, REDO_MAX, 3), "redone twice is the same as once");

	word_set(&memory->words[2], 4);
	redo_again(&redo);
	is((long long)word_get(&memory->words[2]), 4, "a finished commit undoes no later store");

	redo_put(&redo, &memory->words[0], 9);
	redo_again(&redo);
	redo_put(&redo, &memory->words[1], 8);
	redo_commit(&redo);
	is((long long)word_get(&memory->words[0]), 3, "a start forgets what was put before it");
	is((long long)word_get(&memory->words[1]), 8, "and what is put after it counts");
	munmap(memory, sizeof(*memory));
}

enum { BEGIN = offsetof(struct memory, words), END = sizeof(struct memory) };

/* A record of one store to this offset. */
static bool is_sound_at(struct memory *memory, uint64_t offset, uint64_t begin, uint64_t end)
{
	word_set(&memory->record.count, 1);
	memory->record.store[0].offset = offset;
	return redo_is_sound(&memory->record, begin, end);
}

static void test_sound(void)
{
	struct memory *memory = new_memory();
	struct redo redo = redo_over(memory);
	int refused = 0;

	ok(redo_is_sound(&memory->record, BEGIN, END), "an empty record is sound");
	ok(redo_is_sound(&memory->record, 0, 0), "whatever may be stored to");
	put_all(&redo, memory, 1);
	word_set(&memory->record.count, REDO_MAX);
	ok(redo_is_sound(&memory->record, BEGIN, END), "a full one of words is");
	for (int i = 0; i < REDO_MAX; i++) {
		memory->record.store[i].offset += END;
		refused += !redo_is_sound(&memory->record, BEGIN, END);
		memory->record.store[i].offset -= END;
	}
	is(refused, REDO_MAX, "not when any one of its words is elsewhere");
	word_set(&memory->words[0], BEGIN); /* it lies where one more store would */
	word_set(&memory->record.count, REDO_MAX + 1);
	ok(!redo_is_sound(&memory->record, BEGIN, END), "it cannot have more stores");
	word_set(&memory->record.count, UINT64_MAX);
	ok(!redo_is_sound(&memory->record, BEGIN, END), "nor any number of them");

	ok(is_sound_at(memory, BEGIN, BEGIN, END), "the first word");
	ok(!is_sound_at(memory, BEGIN - 8, BEGIN, END), "the one before it");
	ok(is_sound_at(memory, END - 8, BEGIN, END), "the last word");
	ok(!is_sound_at(memory, END, BEGIN, END), "the one behind it");
	ok(!is_sound_at(memory, BEGIN + 4, BEGIN, END), "half of two words");
	ok(!is_sound_at(memory, END - 8, BEGIN, END - 1), "a word that is not all inside");
	ok(!is_sound_at(memory, UINT64_MAX - 7, BEGIN, END), "the end of all memory");
	ok(!is_sound_at(memory, 0, 0, 7), "no word fits");
	munmap(memory, sizeof(*memory));
}

/* Commits without end; all words always get the same value. */
static _Noreturn void commit_until_killed(struct memory *memory)
{
	struct redo redo = redo_over(memory);

	for (uint64_t value = word_get(&memory->words[0]) + 1;; value++) {
		put_all(&redo, memory, value);
		redo_commit(&redo);
	}
}

/* Kills a process in the midst of its commits.  False: it never began. */
static bool kill_one(struct memory *memory, uint64_t *state)
{
	uint64_t before = word_get(&memory->words[0]), deadline = clock_ms() + DEADLINE_MS;
	uint64_t commits = 1 + chance(state, 1000);
	pid_t pid = fork();

	if (pid == 0)
		commit_until_killed(memory);
	if (pid < 0)
		return false;
	while (word_get(&memory->words[0]) < before + commits && clock_ms() < deadline)
		sched_yield();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return word_get(&memory->words[0]) > before;
}

static void test_killed(void)
{
	struct memory *memory = new_memory();
	struct redo redo = redo_over(memory);
	int began = 0, cut_short = 0, torn = 0;
	uint64_t state = CHANCE_SEED;

	for (int i = 0; i < KILLS; i++) {
		began += kill_one(memory, &state);
		cut_short += word_get(&memory->record.count) != 0;
		redo_again(&redo);
		torn += !all_are(memory, 0, REDO_MAX, word_get(&memory->words[0]));
	}
	is(began, KILLS, "so many processes were killed while they committed");
	is(torn, 0, "after each, all words have one value (%d commits were cut short)", cut_short);
	munmap(memory, sizeof(*memory));
}

int main(void)
{
	test_commit();
	test_cut_short();
	test_not_committed();
	test_idempotent();
	test_sound();
	test_killed();
	return done();
}
