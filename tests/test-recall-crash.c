/* test-recall-crash.c - a line is said once, whatever instruction we die at */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "chance.h"
#include "lone-recall.h"
#include "tap.h"

static void test_start_again(void)
{
	struct memory *memory = new_memory();
	struct owner owner;

	start(&owner, memory);
	use(&owner, "alice", "1");
	owner.now += 1;
	use(&owner, "bob", "1");
	owner.now += 1;
	use(&owner, "alice", "2");
	owner.now += 1;
	use(&owner, "carol", "1");
	start_again(&owner);
	is(owner.recalls.used, 3, "the next process finds all names");
	ok(knows(&owner, "alice", "1") && knows(&owner, "alice", "2") &&
		   knows(&owner, "Alice", "2") && knows(&owner, "bob", "1") &&
		   knows(&owner, "carol", "1"),
	   "and all their nonces");
	ok(!knows(&owner, "bob", "2") && !knows(&owner, "dave", "1"), "and no others");
	owner.now += RECALL_MS;
	use(&owner, "dave", "1");
	is(record_of(&owner, "dave"), 1, "it knows who was idle for longest");
	use(&owner, "erin", "1");
	is(record_of(&owner, "erin"), 0, "and who was next");
	use(&owner, "frank", "1");
	is(record_of(&owner, "frank"), 2, "and last");
	end(&owner);
	free_memory(memory);
}

/* What was never used costs no memory at a start: touched, these pages would end us. */
static void test_untouched(void)
{
	struct memory *memory = new_memory();
	struct owner owner;
	uintptr_t after = (uintptr_t)&memory->records[4];
	size_t gone;
	char *page;

	start(&owner, memory);
	for (uint32_t i = 0; i < 3; i++) {
		struct name name = make_numbered("n", i);

		note_name(&owner, &name, "x");
		commit(&owner);
	}
	after = (after + 4095) / 4096 * 4096;
	page = (char *)memory + (after - (uintptr_t)memory);
	gone = sizeof(*memory) / 4096 * 4096 - (after - (uintptr_t)memory);
	if (mprotect(page, gone, PROT_NONE) < 0)
		abort();
	start_again(&owner);
	is(owner.recalls.used, 3, "a start looks at those that were used, and one more");
	end(&owner);
	free_memory(memory);
}

/* Died with a draft; the next process finds what it left. */
static void test_not_committed(void)
{
	struct memory *memory = new_memory();
	struct owner owner;
	struct name name = make("alice");
	int lost = 0;

	start(&owner, memory);
	for (uint64_t i = 0; i < RECALL_NONCES; i++) {
		note_number(&owner, &name, i);
		if (i == 100)
			commit(&owner);
	}
	commit(&owner);
	for (uint64_t i = 0; i < RECALL_NONCES; i++)
		note_number(&owner, &name, 1000 + i);
	start_again(&owner);
	for (uint64_t i = 0; i < RECALL_NONCES; i++)
		lost += !knows_number(&owner, &name, i) || knows_number(&owner, &name, 1000 + i);
	is(lost, 0, "a full draft dies: none of its nonces was used, all before it were");
	is(note(&owner, "bob", "x"), 0, "a new name's first");
	start_again(&owner);
	ok(!knows(&owner, "bob", "x"), "dies as well");
	is(owner.recalls.used, 2, "its record is there");
	use(&owner, "bob", "x");
	is(owner.recalls.used, 2, "and serves it the next time");
	end(&owner);
	free_memory(memory);
}

/* Died after the commit point, when `stored` of the two words were. */
static void test_half_committed(uint64_t stored)
{
	struct memory *memory = new_memory();
	struct owner owner;
	const struct recall_record *record = &memory->records[0];

	start(&owner, memory);
	use(&owner, "alice", "1");
	owner.now += 10;
	note(&owner, "alice", "2");
	recall_put(&owner.draft, &owner.redo);
	is((long long)owner.redo.count, 2, "a commit has two stores");
	word_set(&memory->record.count, 2);
	for (uint64_t i = 0; i < stored; i++)
		word_set((word *)(void *)((char *)memory + memory->record.store[i].offset),
			 memory->record.store[i].value);
	start_again(&owner);
	ok(knows(&owner, "alice", "1") && knows(&owner, "alice", "2"),
	   "died when %d were done: used all the same", (int)stored);
	ok(word_get(&record->count) == 2 && word_get(&record->at) == owner.now, "once, and when");
	end(&owner);
	free_memory(memory);
}

/*
 * Died while bob, whose nonce this is, made place for another name, of which `size` bytes were
 * stored.  carol has used one, too, before or after him.
 */
static void check_torn(const char *name, size_t size, bool later)
{
	struct memory *memory = new_memory();
	struct owner owner;
	struct recall_record *record = &memory->records[later];
	int believed = 0;

	start(&owner, memory);
	use(&owner, later ? "carol" : "bob", "1");
	use(&owner, later ? "bob" : "carol", "1");
	use(&owner, "dave", "1");
	word_set(&record->count, 0);
	word_set(&record->at, 1);
	memcpy(record->name, name, size);
	start_again(&owner);
	for (size_t i = 0; i <= strlen(name); i++) {
		char mixed[] = "bob\0....";
		struct name any;

		memcpy(mixed, name, i);
		if (strcmp(mixed, "carol") != 0 &&
		    name_parse(&any, mixed, strlen(mixed)) == NAME_GOOD)
			believed += knows_name(&owner, &any, "1");
	}
	ok(believed == 0 && !knows(&owner, "bob", "1"), "'%s' with %zu bytes in place: none's",
	   name, size);
	ok(knows(&owner, "carol", "1") && knows(&owner, "dave", "1"), "and others have theirs");
	use(&owner, "bob", "2");
	use(&owner, name, "2");
	ok(knows(&owner, "bob", "2") && knows(&owner, name, "2"), "both may have one now");
	end(&owner);
	free_memory(memory);
}

static void test_torn(void)
{
	for (size_t size = 0; size <= sizeof("carol"); size++) {
		check_torn("erin", size < 5 ? size : 5, false);
		check_torn("carol", size, false);
		check_torn("carol", size, true);
	}
}

enum { KILLS = 100, DEADLINE_MS = 10000, NAMES = 7 };

/* By whom: each name some times in a row.  When: so that names become idle, and make place. */
static struct name speaker(uint64_t line)
{
	return make_numbered("guest", (uint32_t)(line / 5 % NAMES));
}

static uint64_t time_of(uint64_t line)
{
	return BEGAN_AT + line * (RECALL_MS / 16);
}

/* Says one line after the other, each with its number as its nonce, unless it was said. */
static _Noreturn void say_until_killed(struct memory *memory)
{
	struct owner owner;

	start(&owner, memory);
	for (uint64_t line = word_get(&memory->said) + 1;; line++) {
		struct name name = speaker(line);

		owner.now = time_of(line);
		if (note_number(&owner, &name, line) < 0)
			abort();
		redo_put(&owner.redo, &memory->said, line);
		commit(&owner);
	}
}

static bool kill_one(struct memory *memory, uint64_t *state)
{
	uint64_t before = word_get(&memory->said), deadline = clock_ms() + DEADLINE_MS;
	uint64_t lines = 1 + chance(state, 500);
	pid_t pid = fork();

	if (pid == 0)
		say_until_killed(memory);
	if (pid < 0)
		return false;
	while (word_get(&memory->said) < before + lines && clock_ms() < deadline)
		sched_yield();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return word_get(&memory->said) > before;
}

/*
 * Lines that were said and whose nonce is unknown, or the other way round.  The one that was being
 * said may have taken the record of a name that was idle by then.
 */
static int count_wrong(struct memory *memory)
{
	struct owner owner;
	uint64_t said;
	int wrong = 0;

	start(&owner, memory);
	said = word_get(&memory->said);
	owner.now = time_of(said + 1);
	for (uint64_t line = said + 3; line > 0 && line + 30 > said; line--)
		for (uint32_t i = 0; i < NAMES; i++) {
			struct name name = make_numbered("guest", i), by = speaker(line);
			bool was = line <= said && time_of(line) + RECALL_MS > owner.now &&
				   name_is_same(&name, &by);

			wrong += knows_number(&owner, &name, line) != was;
		}
	end(&owner);
	return wrong;
}

static void test_killed(void)
{
	struct memory *memory = new_memory();
	uint64_t state = CHANCE_SEED;
	int began = 0, wrong = 0, cut_short = 0;

	for (int i = 0; i < KILLS; i++) {
		began += kill_one(memory, &state);
		cut_short += word_get(&memory->record.count) != 0;
		wrong += count_wrong(memory);
	}
	is(began, KILLS, "so many processes were killed while they noted nonces");
	is(wrong, 0, "after each, just what was said is known (%d commits were cut short)",
	   cut_short);
	free_memory(memory);
}

int main(void)
{
	test_start_again();
	test_untouched();
	test_not_committed();
	for (uint64_t stored = 0; stored <= 2; stored++)
		test_half_committed(stored);
	test_torn();
	test_killed();
	return done();
}
