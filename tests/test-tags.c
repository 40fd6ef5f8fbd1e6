/* test-tags.c - names that were found in an arena: which are believed, and what their rooms know */
#include "mtchatd/tags.h"

#include "talkers.h"

enum { ALICE, BOB };

static struct tag *tag_of(uint32_t number)
{
	return &core->tags[number];
}

/* As a process left it that died: the name that holds, and the one before. */
static void leave_tag(uint32_t number, const char *text, const char *before, uint64_t told)
{
	struct tag *tag = tag_of(number);

	strcpy(tag->text[1], text);
	strcpy(tag->text[0], before);
	word_set(&tag->which, 2);
	word_set(&tag->told, told);
	slot_give_trait(&core->slots[number], TRAIT_NAMED);
}

static bool take_back(uint32_t number)
{
	return tags_take_back(core, &core->slots[number]);
}

/* It has no name, and nobody was told of one. */
static bool is_nameless(uint32_t number)
{
	return !word_get(&tag_of(number)->which) && !word_get(&tag_of(number)->told);
}

static void test_good(void)
{
	talkers_open();
	leave_tag(ALICE, "alice", "", LOBBY + 1);
	ok(take_back(ALICE), "a name is taken back");
	ok(holder_of("alice") == ALICE && holder_of("ALICE") == ALICE, "in any spelling");
	is((long long)word_get(&tag_of(ALICE)->told), LOBBY + 1, "its room knows it");
	ok(take_back(ALICE), "again: as before");
	is(core->names.count, 1, "once");
	leave_tag(BOB, "\xed\x95\x9c\xea\xb8\x80", "bob", (LOBBY + 1) | TAG_RENAMED);
	ok(take_back(BOB) && holder_of("\xed\x95\x9c\xea\xb8\x80") == BOB, "another one's");
	ok(word_get(&tag_of(BOB)->told) == ((LOBBY + 1) | TAG_RENAMED), "who is to be announced");
	is(holder_of("bob"), -1, "the one before is nobody's");
	talkers_close();
}

static void test_without(void)
{
	talkers_open();
	leave_tag(ALICE, "alice", "", LOBBY + 1);
	core->slots[ALICE].traits = 0;
	ok(!take_back(ALICE), "one that never had a name: whatever lies there is not its own");
	ok(word_get(&tag_of(ALICE)->which) == 2, "and is not looked at");
	leave_tag(BOB, "bob", "", LOBBY + 1);
	core->slots[BOB].traits = TRAIT_NAMED | TRAIT_ECHO;
	ok(!take_back(BOB) && is_nameless(BOB), "echo mode has no names");
	leave_tag(ALICE, "alice", "", LOBBY + 1);
	word_set(&tag_of(ALICE)->which, 0);
	ok(!take_back(ALICE) && is_nameless(ALICE), "none that holds");
	is(core->names.count, 0, "nobody has a name");
	talkers_close();
}

static void test_lost(void)
{
	for (uint64_t copy = 1; copy <= 2; copy++) {
		talkers_open();
		leave_tag(ALICE, "alice", "before", LOBBY + 1);
		strcpy(tag_of(ALICE)->text[copy - 1], "alice");
		word_set(&tag_of(ALICE)->which, copy + TAG_LOST);
		leave_tag(BOB, "alice", "", LOBBY + 1);
		ok(take_back(ALICE) && take_back(BOB), "a name that was taken over");
		is(holder_of("alice"), BOB, "is the other one's");
		ok(tag_is_lost(tag_of(ALICE)) && strcmp(tag_last_text(tag_of(ALICE)), "alice") == 0,
		   "and its room can be told who it was");
		is((long long)word_get(&tag_of(ALICE)->told), LOBBY + 1, "which knows it");
		ok(!*tag_text(tag_of(ALICE)), "but it has none");
		talkers_close();
	}
}

static void test_bad_which(void)
{
	static const uint64_t bad[] = {5, 6, UINT64_C(1) << 32, (UINT64_C(1) << 32) + 1,
				       UINT64_MAX};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		talkers_open();
		leave_tag(ALICE, "alice", "before", LOBBY + 1);
		word_set(&tag_of(ALICE)->which, bad[i]);
		ok(!take_back(ALICE) && is_nameless(ALICE) && !core->names.count,
		   "a copy that there is not");
		talkers_close();
	}
}

/* Each is held, then lost. */
static void test_bad_text(void)
{
	static const char *const bad[] = {"", "server", "a b", "-x", "a\nb", "\xff"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (uint64_t lost = 0; lost <= TAG_LOST; lost += TAG_LOST) {
			talkers_open();
			leave_tag(ALICE, bad[i], "before", LOBBY + 1);
			word_set(&tag_of(ALICE)->which, 2 + lost);
			ok(!take_back(ALICE) && is_nameless(ALICE) && !core->names.count,
			   "sample %d, which cannot be a name%s", (int)i, lost ? ", lost" : "");
			talkers_close();
		}
	}
	talkers_open();
	leave_tag(ALICE, "alice", "before", LOBBY + 1);
	memset(tag_of(ALICE)->text[1], 'x', sizeof(tag_of(ALICE)->text[1]));
	ok(!take_back(ALICE) && is_nameless(ALICE), "without an end");
	leave_tag(ALICE, "alice", "", LOBBY + 1);
	leave_tag(BOB, "Alice", "", LOBBY + 1);
	ok(take_back(ALICE) && !take_back(BOB) && is_nameless(BOB), "somebody else's");
	is(holder_of("alice"), ALICE, "who came first has it still");
	talkers_close();
}

static void test_told(void)
{
	static const uint64_t bad[] = {LOBBY + 2,         (LOBBY + 2) | TAG_RENAMED,
				       TAG_RENAMED,       (LOBBY + 1) | TAG_RENAMED << 1,
				       UINT64_C(1) << 63, UINT64_MAX};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		talkers_open();
		leave_tag(ALICE, "alice", "before", bad[i]);
		ok(take_back(ALICE) && holder_of("alice") == ALICE, "the name is good");
		is((long long)word_get(&tag_of(ALICE)->told), 0,
		   "but its room knows nothing of it");
		talkers_close();
	}
	talkers_open();
	leave_tag(ALICE, "alice", "server", (LOBBY + 1) | TAG_RENAMED);
	ok(take_back(ALICE), "a name before that cannot be one");
	is((long long)word_get(&tag_of(ALICE)->told), 0, "is told to nobody");
	talkers_close();
}

static void test_give_back(void)
{
	talkers_open();
	leave_tag(ALICE, "alice", "", LOBBY + 1);
	leave_tag(BOB, "alice", "", LOBBY + 1);
	word_set(&tag_of(BOB)->which, 2 + TAG_LOST);
	if (!take_back(ALICE) || !take_back(BOB))
		abort();
	tags_give_back(core, &core->slots[BOB]);
	ok(is_nameless(BOB) && holder_of("alice") == ALICE, "who has lost it takes nothing along");
	tags_give_back(core, &core->slots[ALICE]);
	ok(is_nameless(ALICE) && holder_of("alice") == -1, "a name that is given back is free");
	talkers_close();
}

int main(void)
{
	test_good();
	test_without();
	test_lost();
	test_bad_which();
	test_bad_text();
	test_told();
	test_give_back();
	return done();
}
