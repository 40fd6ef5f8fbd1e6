/* test-ignored.c - who is ignored, however the name is written */
#include <errno.h>
#include <string.h>

#include "mtchat/ignored.h"

#include "tap.h"

static void test_turns(void)
{
	static struct ignored ignored;

	ok(!ignored_has(&ignored, "bob"), "nobody is ignored");
	is(ignored_turn(&ignored, "Bob"), 1, "bob is");
	ok(ignored_has(&ignored, "bob") && ignored_has(&ignored, "BOB"), "whatever the case");
	ok(!ignored_has(&ignored, "bobby") && !ignored_has(&ignored, "bo"), "nobody else");
	is(ignored_turn(&ignored, "carol"), 1, "carol, too");
	is(ignored_turn(&ignored, "dave"), 1, "and dave");
	is(ignored_turn(&ignored, "bOB"), 0, "bob is no more");
	ok(!ignored_has(&ignored, "bob") && ignored_has(&ignored, "carol") &&
		   ignored_has(&ignored, "dave"),
	   "the others still are");
	is(ignored.count, 2, "two");
	ok(strcmp(ignored.names[0], "carol") == 0, "in their order");
}

static void test_bounds(void)
{
	static struct ignored ignored;
	char name[16];
	int wrong = 0;

	for (int i = 0; i < IGNORED_MAX; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		wrong += ignored_turn(&ignored, name) != 1;
	}
	is(wrong, 0, "as many as may be");
	is(ignored_turn(&ignored, "more"), -ENOSPC, "one more is too many");
	ok(!ignored_has(&ignored, "more"), "and is not ignored");
	is(ignored_turn(&ignored, "N7"), 0, "but one less is not");
	is(ignored_turn(&ignored, "more"), 1, "then there is room");
	is(ignored.count, IGNORED_MAX, "they are as many as before");
}

static void test_rename(void)
{
	static struct ignored ignored;

	ignored_rename(&ignored, "bob", "robert");
	ok(!ignored_has(&ignored, "robert"), "of nobody");
	ignored_turn(&ignored, "bob");
	ignored_turn(&ignored, "carol");
	ignored_rename(&ignored, "BOB", "Robert");
	ok(ignored_has(&ignored, "robert") && !ignored_has(&ignored, "bob"),
	   "it goes with the name");
	ignored_rename(&ignored, "dave", "bob");
	ok(!ignored_has(&ignored, "bob"), "not with another's");
	ignored_rename(&ignored, "robert", "ROBERT");
	ok(ignored_has(&ignored, "robert"), "another spelling is the same");
	ignored_rename(&ignored, "robert", "carol");
	ok(ignored.count == 1 && ignored_has(&ignored, "carol"), "nobody is there twice");
}

static void test_no_names(void)
{
	static struct ignored ignored;

	is(ignored_turn(&ignored, ""), -EINVAL, "nothing is no name");
	is(ignored_turn(&ignored, "a b"), -EINVAL, "nor are two words");
	is(ignored_turn(&ignored, "a\u3000b"), -EINVAL, "with a wide space neither");
	is(ignored_turn(&ignored, "\u200B\u00AD"), -EINVAL, "nor what is not seen");
	is(ignored_turn(&ignored, "a\033"), -EINVAL, "nor an escape");
	is(ignored_turn(&ignored, "zoe,bob"), -EINVAL, "nor two with a comma");
	is(ignored_turn(&ignored, "-list"), -EINVAL, "nor an option");
	is(ignored_turn(&ignored, "\xff"), -EINVAL, "nor what is no UTF-8");
	is(ignored.count, 0, "none of them counts");
}

static void folds(const char *name, const char *want)
{
	char folded[IGNORED_SIZE];

	name_fold(folded, name);
	ok(strcmp(folded, want) == 0, "%s folds to %s", name, want);
	if (strcmp(folded, want) != 0)
		printf("# got %s\n", folded);
}

static void test_folding(void)
{
	folds("Alice", "alice");
	folds("\uFF21\uFF22", "ab");                             /* full width */
	folds("Stra\u00DFe", "strasse");                         /* sharp s */
	folds("\u1106\u1175\u11AB\u1109\u116E", "\uBBFC\uC218"); /* Hangul taken apart */
	folds("al\u200Dice\u00AD", "alice");
	folds("E\u0301", "\u00E9");
	/* Three spellings of one letter: an accent and an iota below, in either order. */
	folds("\u1FB4", "\u03AC\u03B9");
	folds("\u03B1\u0301\u0345", "\u03AC\u03B9");
	folds("\u03B1\u0345\u0301", "\u03AC\u03B9");
	folds("", "");
	folds("\xFFX", "\xFFX"); /* no UTF-8: as it is */
}

static void test_long_names(void)
{
	char name[2 * IGNORED_SIZE], folded[IGNORED_SIZE];

	memset(name, 'X', sizeof(name));
	name[IGNORED_SIZE - 1] = '\0';
	name_fold(folded, name);
	is(strlen(folded), IGNORED_SIZE - 1, "the longest name is whole");
	name[IGNORED_SIZE - 1] = 'X';
	name[sizeof(name) - 1] = '\0';
	name_fold(folded, name);
	is(strlen(folded), IGNORED_SIZE - 1, "a longer one is cut");
	memcpy(name + IGNORED_SIZE - 2, "\uC548", 4);
	name_fold(folded, name);
	is(strlen(folded), IGNORED_SIZE - 2, "but no character of it");
}

int main(void)
{
	test_turns();
	test_bounds();
	test_rename();
	test_no_names();
	test_folding();
	test_long_names();
	return done();
}
