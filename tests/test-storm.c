/* test-storm.c - summing up; the clock is the test's own */
#include <stdio.h>
#include <string.h>

#include "mtchatd/messages.h"
#include "mtchatd/storm.h"

#include "tap.h"

enum { SECOND = 1000000, START = 5 * SECOND };

static struct storm storm;

static struct log_record record_of(const char *message_id, uint64_t client_id)
{
	struct log_record record = {.level = LOG_INFO,
				    .client_id = client_id,
				    .file = "file.c",
				    .line = 7,
				    .func = "function"};

	snprintf(record.message_id, sizeof(record.message_id), "%s", message_id);
	snprintf(record.text, sizeof(record.text), "client %d connected", (int)client_id);
	return record;
}

/* How many of the next `count` records pass. */
static int pass(const char *message_id, int count, uint64_t now_us)
{
	int passed = 0;

	for (int i = 1; i <= count; i++) {
		struct log_record record = record_of(message_id, (uint64_t)i);

		passed += storm_passes(&storm, &record, now_us);
	}
	return passed;
}

static void test_calm(void)
{
	struct log_record sum;

	memset(&storm, 0, sizeof(storm));
	ok(storm_due_us(&storm) == UINT64_MAX, "at first nothing is due");
	is(pass("a", STORM_PASS_MAX, START), STORM_PASS_MAX, "20 pass");
	ok(storm_due_us(&storm) == UINT64_MAX, "no sum is due for them");
	ok(!storm_sum(&storm, START + SECOND, true, &sum), "there is none, not even at the end");
	is(pass("a", 20, START + SECOND), 20, "20 more pass in the next second");
	is(pass("a", 1, START + SECOND + SECOND - 1), 0, "but no more before it is over");
}

static void test_storm(void)
{
	struct log_record sum = {.line = -1};

	memset(&storm, 0, sizeof(storm));
	is(pass("a", 500, START), 20, "of 500 at once, 20 pass");
	is(pass("b", 3, START + 1), 3, "another kind is counted by itself");
	ok(storm_due_us(&storm) == START + SECOND, "a sum is due after a second");
	ok(!storm_sum(&storm, START + SECOND - 1, false, &sum) && sum.line == -1, "not before");
	ok(storm_sum(&storm, START + SECOND, false, &sum), "then it comes");
	ok(strcmp(sum.text, "480 more like this in 1.0 s: client 21 connected") == 0, "it says: %s",
	   sum.text);
	ok(strcmp(sum.message_id, MESSAGE_RECORDS_SUMMED) == 0, "it is of its own kind");
	ok(sum.level == LOG_INFO && sum.line == 7, "level and place are those of what it sums");
	ok(sum.client_id == 0 && !sum.address[0], "it is about no one client");
	ok(!storm_sum(&storm, START + SECOND, true, &sum), "it comes once");
	ok(storm_due_us(&storm) == UINT64_MAX, "nothing more is due");
	is(pass("a", 25, START + SECOND), 20, "the next second begins afresh");
	ok(storm_sum(&storm, START + SECOND + SECOND / 2, true, &sum), "at the end it comes early");
	ok(strncmp(sum.text, "5 more like this in 0.5 s: ", 27) == 0, "and says so: %s", sum.text);
}

/* Nobody has fetched the sum (the queue was full): nothing is forgotten. */
static void test_late(void)
{
	struct log_record sum;

	memset(&storm, 0, sizeof(storm));
	is(pass("a", 30, START), 20, "a storm");
	is(pass("a", 30, START + 2 * SECOND), 0, "goes on until its sum is fetched");
	ok(storm_sum(&storm, START + 3 * SECOND, false, &sum), "late");
	ok(strncmp(sum.text, "40 more like this in 3.0 s: ", 28) == 0, "it says: %s", sum.text);
}

static void test_others(void)
{
	struct log_record record;
	int passed = 0;

	memset(&storm, 0, sizeof(storm));
	is(pass("", 100, START), 100, "messages without a kind pass");
	for (int i = 0; i < 100; i++) {
		record = record_of("a", 0);
		passed += storm_passes(&storm, &record, START);
	}
	is(passed, 100, "messages about no client pass");
	passed = 0;
	for (int i = 0; i < 100; i++) {
		record = record_of("a", 0);
		snprintf(record.address, sizeof(record.address), "::1");
		passed += storm_passes(&storm, &record, START);
	}
	is(passed, 20, "an address alone is a client too (one that was refused)");
}

static void test_many_kinds(void)
{
	struct log_record sum;
	char id[33];
	int passed = 0, sums = 0;

	memset(&storm, 0, sizeof(storm));
	for (int i = 0; i < STORM_KINDS_MAX; i++) {
		snprintf(id, sizeof(id), "%d", i);
		passed += pass(id, 22, START + (uint64_t)i);
	}
	is(passed, STORM_KINDS_MAX * 20, "32 kinds at a time");
	is(pass("one more", 100, START), 100, "one more is not summed up");
	ok(storm_due_us(&storm) == START + SECOND, "the first one's sum is due first");
	while (storm_sum(&storm, START + SECOND + 9, false, &sum))
		sums++;
	is(sums, 10, "each is due in its time");
	is(pass("one more", 100, START + SECOND + 9), 20, "now there is a place");
}

int main(void)
{
	test_calm();
	test_storm();
	test_late();
	test_others();
	test_many_kinds();
	return done();
}
