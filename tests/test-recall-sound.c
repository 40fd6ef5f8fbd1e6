/* test-recall-sound.c - of what is found in the arena, nothing is believed that cannot be */
#include <stddef.h>

#include "chance.h"
#include "lone-recall.h"
#include "tap.h"

static void fill(struct memory *memory, int byte, uint32_t from, uint32_t to)
{
	memset(&memory->records[from], byte, (to - from) * sizeof(memory->records[0]));
}

/* Nothing is found, and everything can be used. */
static void check_works(struct memory *memory, const char *what)
{
	struct owner owner;

	start(&owner, memory);
	is(owner.recalls.index.count, 0, "%s: nobody's", what);
	ok(!knows(&owner, "alice", "1"), "nothing is known");
	for (uint32_t i = 0; i < 20; i++) {
		struct name name = make_numbered("n", i);

		note_name(&owner, &name, "x");
		commit(&owner);
	}
	start_again(&owner);
	for (uint32_t i = 0; i < 20; i++) {
		struct name name = make_numbered("n", i);

		if (!knows_name(&owner, &name, "x"))
			ok(false, "n%u is lost", i);
	}
	is(owner.recalls.index.count, 20, "all that is used then is there at the next start");
	end(&owner);
	free_memory(memory);
}

static void test_all_of_one_byte(void)
{
	static const int bytes[] = {0xff, 'a', 0x01, 0x80};

	for (size_t i = 0; i < sizeof(bytes) / sizeof(*bytes); i++) {
		struct memory *memory = new_memory();
		char what[32];

		fill(memory, bytes[i], 0, RECALL_NAMES);
		snprintf(what, sizeof(what), "all bytes are %02x", (unsigned int)bytes[i]);
		check_works(memory, what);
	}
}

/* One that begins as the others do, but for one thing that cannot be. */
static void check_forgotten(uint64_t count, uint64_t at, const char *name, bool kept)
{
	struct memory *memory = new_memory();
	struct owner owner;

	start(&owner, memory);
	use(&owner, "alice", "1");
	use(&owner, "bob", "1");
	use(&owner, "carol", "1");
	word_set(&memory->records[1].count, count);
	word_set(&memory->records[1].at, at);
	memset(memory->records[1].name, '~', sizeof(memory->records[1].name));
	memcpy(memory->records[1].name, name, strlen(name) + 1);
	start_again(&owner);
	is(owner.recalls.index.count, kept ? 3 : 2, "%llu nonces, at %llu, '%s': %s",
	   (unsigned long long)count, (unsigned long long)at, name, kept ? "kept" : "forgotten");
	start_again(&owner);
	ok(knows(&owner, "alice", "1") && knows(&owner, "carol", "1"),
	   "others are not, by any start");
	use(&owner, "dave", "1");
	ok(knows(&owner, "dave", "1"), "and new ones come");
	end(&owner);
	free_memory(memory);
}

static void test_what_cannot_be(void)
{
	const uint64_t far = UINT64_C(1) << 62;

	check_forgotten(1, BEGAN_AT, "bob", true);
	check_forgotten(far, BEGAN_AT, "bob", true);
	check_forgotten(far + 1, BEGAN_AT, "bob", false);
	check_forgotten(UINT64_MAX, BEGAN_AT, "bob", false);
	check_forgotten(1, far + 1, "bob", false);
	check_forgotten(1, UINT64_MAX, "bob", false);
	check_forgotten(1, BEGAN_AT, "", false);
	check_forgotten(0, BEGAN_AT, "", false);
	check_forgotten(1, 0, "", false);
	check_forgotten(1, BEGAN_AT, "server", false);
	check_forgotten(1, BEGAN_AT, "b b", false);
	check_forgotten(1, BEGAN_AT, "b\xffo", false);
	check_forgotten(1, BEGAN_AT, "alice", false);
	check_forgotten(1, BEGAN_AT - 1, "CAROL", false);
}

/* Of two records of one name the one that was used later holds, whichever comes first. */
static void check_double(uint32_t later)
{
	struct memory *memory = new_memory();
	struct owner owner;

	start(&owner, memory);
	use(&owner, "alice", "0");
	use(&owner, "bob", "1");
	memory->records[1 - later].name[0] = '\0';
	word_set(&memory->records[later].at, BEGAN_AT + 1);
	strcpy(memory->records[0].name, "Alice");
	strcpy(memory->records[1].name, "alice");
	start_again(&owner);
	is(record_of(&owner, "alice"), later, "of two alices record %u is the later", later);
	ok(knows(&owner, "alice", later ? "1" : "0") && !knows(&owner, "alice", later ? "0" : "1"),
	   "with its own nonce");
	start_again(&owner);
	is(record_of(&owner, "alice"), later, "at the next start, too");
	end(&owner);
	free_memory(memory);
}

/* Damage by chance: no crash, and what is used after it is kept. */
static void test_damage(void)
{
	enum { ROUNDS = 300, RECORDS = 8 };
	struct memory *memory = new_memory();
	uint64_t state = CHANCE_SEED;
	struct owner owner;
	int lost = 0;

	start(&owner, memory);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct name name = make_numbered("n", chance(&state, 2 * RECORDS));
		size_t heads = offsetof(struct recall_record, nonce);
		char *at = (char *)&memory->records[chance(&state, RECORDS)];

		at[chance(&state, (uint32_t)heads)] = (char)chance(&state, 256);
		start_again(&owner);
		note_number(&owner, &name, i);
		commit(&owner);
		lost += !knows_number(&owner, &name, i);
		start_again(&owner);
		lost += !knows_number(&owner, &name, i);
		owner.now += chance(&state, RECALL_MS / 4);
	}
	is(lost, 0, "%d bytes by chance cost what was there, not what comes", ROUNDS);
	end(&owner);
	free_memory(memory);
}

int main(void)
{
	test_all_of_one_byte();
	test_what_cannot_be();
	check_double(0);
	check_double(1);
	test_damage();
	return done();
}
