/* test-render.c - what looks like a notice or like somebody's line, and how lines are dressed */
#include <string.h>

#include "mtchatd/render.h"

#include "tap.h"

/* Copies that end where the text ends let ASan see who reads on. */
static char *copy_of(const char *text, size_t size)
{
	char *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, text, size);
	return copy;
}

static bool is_notice(const char *text)
{
	char *copy = copy_of(text, strlen(text));
	bool is = render_is_notice(copy, strlen(text));

	free(copy);
	return is;
}

static size_t claim(const char *text)
{
	char *copy = copy_of(text, strlen(text));
	size_t size = render_claim(copy, strlen(text));

	free(copy);
	return size;
}

static void test_notices(void)
{
	ok(is_notice("* x") && is_notice("* ") && is_notice("** x") && is_notice("** "),
	   "one or two asterisks and a space");
	ok(!is_notice("*") && !is_notice("**") && !is_notice("") && !is_notice("*x") &&
		   !is_notice("**x") && !is_notice("*** x") && !is_notice(" * x") &&
		   !is_notice("x* "),
	   "anything else is none");
}

static void test_claims(void)
{
	static const struct {
		const char *text;
		size_t size;
	} samples[] = {
		{"[a] x", 1},        {"[a] ", 1},
		{"[alice] hi", 5},   {"[alice -> you] x", 5},
		{"[alice -> ", 5},   {"[you -> bob] x", 3},
		{"[a b] x", 3},      {"[a]b] x", 3},
		{"[a] b] x", 1},     {"[] x", 0},
		{"[ -> x", 0},       {"[", 0},
		{"[]", 0},           {"", 0},
		{"alice] x", 0},     {" [alice] x", 0},
		{"[alice]", 0},      {"[alice]x", 0},
		{"[alice", 0},       {"[alice ->", 0},
		{"[alice ->] x", 8}, {"[alice-> x", 0},
		{"[]] x", 1},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		is((long long)claim(samples[i].text), (long long)samples[i].size, "'%s'",
		   samples[i].text);
}

/* A name of any length, and both ends of it. */
static void test_lengths(void)
{
	static const char *const ends[] = {"] x", " -> you] x"};
	char text[400];
	int faults = 0;

	for (size_t size = 1; size < 300; size++) {
		for (int end = 0; end < 2; end++) {
			text[0] = '[';
			memset(text + 1, 'x', size);
			strcpy(text + 1 + size, ends[end]);
			faults += claim(text) != (size <= NAME_READ_MAX ? size : 0);
		}
	}
	is(faults, 0, "1 to 256 bytes are read as a name");
	memset(text + 1, 'x', 390);
	text[391] = '\0';
	is((long long)claim(text), 0, "without an end it is none");
}

/* The text lies somewhere else, or where the line is to be. */
static void expect_line(size_t (*write)(char *to, const char *text, size_t size), const char *text,
			const char *want)
{
	size_t size = strlen(text);
	char *to = malloc(size + RENDER_GROWTH), *copy = copy_of(text, size);

	if (!to)
		abort();
	ok(write(to, copy, size) == strlen(want) && memcmp(to, want, strlen(want)) == 0, "%s",
	   want);
	memcpy(to, text, size);
	ok(write(to, to, size) == strlen(want) && memcmp(to, want, strlen(want)) == 0,
	   "also where it lies");
	memcpy(to + RENDER_GROWTH, text, size);
	ok(write(to, to + RENDER_GROWTH, size) == strlen(want) &&
		   memcmp(to, want, strlen(want)) == 0,
	   "and behind that");
	free(to);
	free(copy);
}

static size_t mark_first(char *to, const char *text, size_t size)
{
	return render_marked(to, 0, text, size);
}

static size_t mark_second(char *to, const char *text, size_t size)
{
	return render_marked(to, 1, text, size);
}

static size_t name_alice(char *to, const char *text, size_t size)
{
	return render_named(to, "alice", text, size);
}

static size_t act_alice(char *to, const char *text, size_t size)
{
	return render_act(to, "alice", text, size);
}

/* The longest, so that ASan sees if a line grows by more than it may. */
static char longest[NAME_MAX_BYTES + 1];

static size_t name_longest(char *to, const char *text, size_t size)
{
	return render_named(to, longest, text, size);
}

static size_t act_longest(char *to, const char *text, size_t size)
{
	return render_act(to, longest, text, size);
}

static void test_lines(void)
{
	char want[200];

	expect_line(mark_first, "* stop now", "~* stop now");
	expect_line(mark_first, "** ", "~** ");
	expect_line(mark_second, "[server] hi", "[~server] hi");
	expect_line(mark_second, "[a -> b] ", "[~a -> b] ");
	expect_line(name_alice, "hi", "[alice] hi");
	expect_line(name_alice, "", "[alice] ");
	expect_line(name_alice, "[alice] a line that is longer than what stands before it",
		    "[alice] [alice] a line that is longer than what stands before it");
	expect_line(act_alice, "waves", "** alice waves");
	expect_line(act_alice, "* ", "** alice * ");

	memset(longest, 'n', NAME_MAX_BYTES);
	snprintf(want, sizeof(want), "[%s] x", longest);
	expect_line(name_longest, "x", want);
	snprintf(want, sizeof(want), "** %s x", longest);
	expect_line(act_longest, "x", want);
}

int main(void)
{
	test_notices();
	test_claims();
	test_lengths();
	test_lines();
	return done();
}
