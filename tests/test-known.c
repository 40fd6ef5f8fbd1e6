/* test-known.c - whom one has heard of, and in which order */
#include <string.h>

#include "mtchat/known.h"

#include "heard.h"
#include "scarce.h"
#include "tap.h"

static void hear(struct known *known, const char *line)
{
	struct event event = heard(line);

	known_hear(known, &event);
	event_done(&event);
}

/* want: names with a space behind each, latest last. */
static void list_is(const struct known_list *list, const char *want, const char *what)
{
	char got[1024] = "";

	for (size_t i = 0; i < list->count; i++) {
		strncat(got, list->names[i], sizeof(got) - strlen(got) - 1);
		strncat(got, " ", sizeof(got) - strlen(got) - 1);
	}
	ok(strcmp(got, want) == 0, "%s", what);
	if (strcmp(got, want) != 0)
		printf("# got '%s'\n", got);
}

static void test_people(void)
{
	struct known known = {0};

	hear(&known, "{\"ev\":\"who\",\"names\":[\"a\",\"b\",7,\"c\"],\"room\":\"r\"}");
	list_is(&known.people, "a b c ", "who is on a list");
	hear(&known, "{\"ev\":\"say\",\"from\":\"a\",\"text\":\"x\"}");
	list_is(&known.people, "b c a ", "who speaks is the latest");
	hear(&known, "{\"ev\":\"say\",\"from\":null,\"text\":\"x\"}");
	hear(&known, "{\"ev\":\"me\",\"from\":\"d\"}");
	hear(&known, "{\"ev\":\"join\",\"name\":\"e\"}");
	list_is(&known.people, "b c a d e ", "who does something, or comes");
	hear(&known, "{\"ev\":\"leave\",\"name\":\"c\"}");
	hear(&known, "{\"ev\":\"leave\",\"name\":\"nobody\"}");
	hear(&known, "{\"ev\":\"leave\"}");
	list_is(&known.people, "b a d e ", "who leaves is forgotten");
	hear(&known, "{\"ev\":\"rename\",\"name\":\"b\",\"to\":\"B\"}");
	list_is(&known.people, "a d e B ", "who is renamed has the new name only");
	hear(&known, "{\"ev\":\"priv\",\"from\":\"f\",\"to\":\"a\"}");
	list_is(&known.people, "d e B a f ", "private lines, from and to");
	hear(&known, "{\"ev\":\"notice\",\"text\":\"g\"}");
	hear(&known, "{\"ev\":\"other\",\"from\":\"g\"}");
	list_is(&known.people, "d e B a f ", "nothing else tells names");
	is(known.rooms.count, 0, "nor rooms");
	known_forget_people(&known);
	is(known.people.count, 0, "all are forgotten");
	hear(&known, "{\"ev\":\"join\",\"name\":\"z\"}");
	list_is(&known.people, "z ", "and others come");
	known_done(&known);
	ok(!known.people.names && !known.rooms.names && !known.people.count, "nothing is left");
}

static void test_rooms(void)
{
	struct known known = {0};

	hear(&known, "{\"ev\":\"hello\",\"room\":\"lobby\",\"you\":\"a\"}");
	hear(&known,
	     "{\"ev\":\"rooms\",\"rooms\":[{\"name\":\"tea\",\"clients\":1},{\"name\":\"lobby\"},5]}");
	list_is(&known.rooms, "tea lobby ", "rooms of hello and of a list");
	hear(&known, "{\"ev\":\"say\",\"from\":\"a\",\"room\":\"x\"}");
	known_forget_people(&known);
	list_is(&known.rooms, "tea lobby ", "they stay when people are forgotten");
	known_done(&known);
}

static void test_bad_names(void)
{
	struct known known = {0};
	char line[256];

	hear(&known, "{\"ev\":\"join\",\"name\":\"\"}");
	hear(&known, "{\"ev\":\"join\",\"name\":\"two words\"}");
	hear(&known, "{\"ev\":\"join\",\"name\":\"a\\tb\"}");
	hear(&known, "{\"ev\":\"join\",\"name\":\"a\\u001b[m\"}");
	hear(&known, "{\"ev\":\"join\",\"name\":\"a\\u202e\"}");
	hear(&known,
	     "{\"ev\":\"join\",\"name\":\"a\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301"
	     "\\u0301\\u0301\"}");
	snprintf(line, sizeof(line), "{\"ev\":\"join\",\"name\":\"%0*d\"}", KNOWN_NAME_MAX + 1, 0);
	hear(&known, line);
	is(known.people.count, 0, "no name, not safe, or too long: not kept");
	snprintf(line, sizeof(line), "{\"ev\":\"join\",\"name\":\"%0*d\"}", KNOWN_NAME_MAX, 0);
	hear(&known, line);
	hear(&known, "{\"ev\":\"join\",\"name\":\"\xEB\xAF\xBC\xEC\x88\x98\"}");
	is(known.people.count, 2, "the longest is, and Korean");
	known_done(&known);
}

static void test_bound(void)
{
	struct known known = {0};
	char line[64];

	for (int i = 0; i < KNOWN_MAX; i++) {
		snprintf(line, sizeof(line), "{\"ev\":\"join\",\"name\":\"n%d\"}", i);
		hear(&known, line);
	}
	is(known.people.count, KNOWN_MAX, "as many as are kept");
	hear(&known, "{\"ev\":\"say\",\"from\":\"n0\"}");
	hear(&known, "{\"ev\":\"say\",\"from\":\"more\"}");
	is(known.people.count, KNOWN_MAX, "one more: still as many");
	ok(strcmp(known.people.names[0], "n2") == 0, "the one heard of longest ago went");
	ok(strcmp(known.people.names[KNOWN_MAX - 2], "n0") == 0, "not the one who spoke since");
	ok(strcmp(known.people.names[KNOWN_MAX - 1], "more") == 0, "the new one is the latest");
	known_done(&known);
}

static void test_memory(void)
{
	struct known known = {0};
	struct event event = heard("{\"ev\":\"join\",\"name\":\"a\"}");

	for (int i = 0; i < 2; i++) {
		scarce_left = i;
		known_hear(&known, &event);
		is(known.people.count, 0, "no memory after %d allocations: not remembered", i);
	}
	scarce_left = SCARCE_NOT;
	known_hear(&known, &event);
	is(known.people.count, 1, "later it is");
	event_done(&event);
	known_done(&known);
}

int main(void)
{
	test_people();
	test_rooms();
	test_bad_names();
	test_bound();
	test_memory();
	return done();
}
