/*
 * test-redo-crash.c - a commit passes its crash points, and dies well at each of them
 *
 * The commit is compiled with them here, whatever the rest is compiled with; instead of dying,
 * what a next process would find is kept.
 */
#ifndef CRASH_POINTS
#define CRASH_POINTS
#endif

#include <string.h>

#include "mtchatd/crash.h"
#include "mtchatd/redo.h"

#include "tap.h"

struct memory {
	struct redo_record record;
	word words[REDO_MAX];
};

static struct memory memory, found[8];
static enum crash_point passed[8];
static int passes;

void crash_point(enum crash_point point)
{
	if (passes == 8)
		abort();
	passed[passes] = point;
	memcpy(&found[passes++], &memory, sizeof(memory));
}

#include "mtchatd/redo.c" /* NOLINT(bugprone-suspicious-include) */

static struct redo redo = {.record = &memory.record, .arena = (char *)&memory};

static void commit(int words, uint64_t value)
{
	passes = 0;
	for (int i = 0; i < words; i++)
		redo_put(&redo, &memory.words[i], value);
	redo_commit(&redo);
}

/* How many of the first words have the value. */
static int stored(const struct memory *in, uint64_t value)
{
	int words = 0;

	while (words < REDO_MAX && word_get(&in->words[words]) == value)
		words++;
	return words;
}

/* The next process finds it, and goes on from there. */
static bool is_mended(struct memory *in, int words, uint64_t value)
{
	struct redo next = {.record = &in->record, .arena = (char *)in};
	int before = passes;

	if (!redo_is_sound(&in->record, offsetof(struct memory, words), sizeof(*in)))
		return false;
	redo_again(&next);
	return stored(in, value) == words && word_get(&in->record.count) == 0 && passes == before;
}

static void test_points(int words, uint64_t value)
{
	commit(words, value);
	is(passes, 3, "a commit of %d words passes three points", words);
	is(passed[0], CRASH_RECORDED, "it is recorded");
	is(stored(&found[0], value), 0, "with nothing stored");
	is(passed[1], CRASH_HALF_DONE, "it is half done");
	is(stored(&found[1], value), 1, "with one word stored");
	is(passed[2], CRASH_APPLIED, "it is applied");
	is(stored(&found[2], value), words, "with all words stored");
	for (int i = 0; i < 3; i++) {
		is((long long)word_get(&found[i].record.count), words, "it can be redone");
		ok(is_mended(&found[i], words, value), "and is, passing no point");
	}
}

static void test_one(void)
{
	commit(1, 9);
	is(passes, 2, "a commit of one word is never half done");
	is(passed[0], CRASH_RECORDED, "recorded");
	is(passed[1], CRASH_APPLIED, "and applied");
	for (int i = 0; i < 2; i++)
		ok(is_mended(&found[i], 1, 9), "it is redone from there");
}

int main(void)
{
	test_points(REDO_MAX, 1);
	test_points(2, 5);
	test_one();
	return done();
}
