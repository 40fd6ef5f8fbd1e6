/* test-room.c - what is said is in the log, in each rendering that is read, and has its number */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "chance.h"
#include "lone-room.h"
#include "tap.h"

enum { SIZE = ARENA_PAGE };

static const char text[SIZE];
static struct lone_room lone;

static bool is_held(const struct rendering *rendering, uint64_t position, const char *bytes)
{
	return memcmp(ring_at(&rendering->ring, position), bytes, strlen(bytes)) == 0;
}

static bool is_empty(const struct rendering *rendering)
{
	const struct rendering_at end = rendering_end(rendering);

	return !rendering_is_filled(rendering) && !end.offset && !end.lines && !end.shown;
}

static void test_new(void)
{
	static struct lone_room other; /* of 64-byte alignment, which gcc's ASan denies to locals */
	const struct room_record *record;

	lone_room_open_empty(&lone, SIZE, 2);
	lone_room_open_empty(&other, 2 * SIZE, 1);
	record = lone.room->record;
	ok(strcmp(record->name, "lobby") == 0, "it has its name");
	is((long long)record->ring_size, SIZE, "and the size of its rings");
	is((long long)record->used, SIZE, "which is what its area may hold");
	is((long long)room_lines(lone.room), 0, "not a line");
	ok(is_empty(lone.text) && is_empty(lone.json), "nothing in either rendering");
	ok(lone.text->ring.size == SIZE && lone.json->ring.size == SIZE, "each has its ring");
	ok(lone.text->marks_count * MARK_LINES > SIZE, "and marks for one of empty lines");
	is((long long)strlen(record->epoch), EPOCH_SIZE - 1, "an epoch");
	is((long long)strspn(record->epoch, "0123456789abcdefghijklmnopqrstuvwxyz"), EPOCH_SIZE - 1,
	   "of letters and digits");
	ok(strcmp(record->epoch, other.room->record->epoch) != 0, "of its own");
	lone_room_close(&other);
	lone_room_close(&lone);
	room_free(NULL);
}

static void test_name(void)
{
	char name[NAME_MAX_BYTES + 1];
	struct room_place place;
	struct room *room;

	lone_room_open(&lone, SIZE, 1);
	memset(name, 'n', NAME_MAX_BYTES);
	name[NAME_MAX_BYTES] = '\0';
	place = lone_room_place(&lone, 1);
	place.record = (void *)(lone.arena.bytes + (size_t)3 * ARENA_PAGE);
	place.number = 7;
	is(room_new(&room, &place, name, SIZE), 0, "a room with the longest name");
	ok(strcmp(place.record->name, name) == 0, "which is kept whole");
	is(room->number, 7, "with its number");
	room_free(room);

	place.record->ring_size = 0;
	place.area++;
	is(room_new(&room, &place, name, SIZE), -EINVAL, "no ring at an odd place");
	is((long long)place.record->ring_size, 0, "so there is no room");
	lone_room_close(&lone);
}

static void test_say(void)
{
	struct said one = lone_said("one", 3), empty = lone_said("", 0), nul = lone_said("t\0o", 3);
	struct said never = lone_said("never", 5);
	struct room_draft draft;

	lone_room_open(&lone, SIZE, 1);
	draft = lone_room_begin(&lone);
	ok(!room_said(&draft), "nothing at first");
	is(room_say(&draft, &one), 0, "a line");
	ok(room_said(&draft), "is something");
	is(room_say(&draft, &empty), 0, "an empty one");
	is(room_say(&draft, &nul), 0, "one with a NUL in it");
	is((long long)rendering_head(lone.text), 0, "nobody hears before it is committed");
	room_put(&draft, &lone.redo);
	is((long long)rendering_head(lone.text), 0, "nor when it is put into the commit");
	redo_commit(&lone.redo);
	room_end(&draft);
	is((long long)rendering_head(lone.text), 9, "then all is said");
	is((long long)room_lines(lone.room), 3, "three lines");
	is((long long)rendering_end(lone.text).shown, 3, "that show");
	ok(memcmp(ring_at(&lone.text->ring, 0), "one\n\nt\0o\n", 9) == 0, "byte for byte");
	ok(!rendering_head(lone.json) && !rendering_end(lone.json).shown,
	   "nothing is put where nobody reads");
	is((long long)rendering_end(lone.json).lines, 3, "but the lines are counted for both");

	draft = lone_room_begin(&lone);
	room_say(&draft, &never);
	room_end(&draft);
	is((long long)rendering_head(lone.text), 9, "what is not committed was not said");
	is(lone_room_say(&lone, "four", 4), 0, "and is not in the way");
	ok(is_held(lone.text, 9, "four\n"), "of what comes after it");
	lone_room_close(&lone);
}

/* The JSON of a line of this room, so far above the first one. */
static const char *json_of(uint64_t number, const char *event, const char *rest)
{
	static char line[512];

	snprintf(line, sizeof(line),
		 "{\"ev\":\"%s\",\"id\":\"%s.%llu\",\"t\":\"1970-01-01T00:00:00.000Z\","
		 "\"room\":\"lobby\",%s}\n",
		 event, lone.room->record->epoch, (unsigned long long)number, rest);
	return line;
}

static void test_both(void)
{
	const struct said said = {.kind = SAID_LINE,
				  .from = "ann",
				  .text = "hi",
				  .size = 2,
				  .mark = UNMARKED};
	const char *line;
	uint64_t head;

	lone_room_open(&lone, SIZE, 1);
	lone_room_say(&lone, "before", 6);
	lone_room_fill(&lone, RENDERING_JSON);
	is((long long)word_get(&lone.json->record->begun), 1, "filled from its first reader on");
	is(lone_room_say_that(&lone, said), 0, "a line with a name");
	ok(is_held(lone.text, 7, "[ann] hi\n"), "in text");
	line = json_of(2, "say", "\"from\":\"ann\",\"text\":\"hi\"");
	ok(is_held(lone.json, 0, line), "the same in JSON, with the same number");
	head = strlen(line);
	is((long long)rendering_head(lone.json), (long long)head, "whose positions are its own");

	is(lone_room_say_that(&lone, lone_joins("bob")), 0, "somebody comes");
	is((long long)rendering_head(lone.text), 16, "nothing of that shows in text");
	ok(is_held(lone.json, head, json_of(3, "join", "\"name\":\"bob\"")), "but in JSON");
	is((long long)room_lines(lone.room), 3, "it is a line");
	is((long long)rendering_end(lone.text).shown, 2, "though not of the text");
	is((long long)rendering_end(lone.json).shown, 2, "of two in JSON");
	lone_room_close(&lone);
}

static void test_nobody_reads(void)
{
	const struct rendering_record *record;

	lone_room_open_empty(&lone, SIZE, 1);
	record = lone.text->record;
	for (int i = 0; i < 3 * SIZE; i++)
		lone_room_say(&lone, text, 9);
	is((long long)room_lines(lone.room), 3LL * SIZE,
	   "lines are counted though nobody hears them");
	ok(!word_get(&record->head) && !word_get(&record->shown), "nothing was rendered");
	ok(*ring_at(&lone.text->ring, 9) == '\0', "nor written");
	lone_room_fill(&lone, RENDERING_TEXT);
	is((long long)word_get(&record->begun), 3LL * SIZE, "somebody comes: it begins here");
	lone_room_say(&lone, "now", 3);
	ok(is_held(lone.text, 0, "now\n"), "with what is said then");
	lone_room_close(&lone);
}

static void test_limit_alone(void)
{
	lone_room_open(&lone, SIZE, 1);
	is(lone_room_say_bytes(&lone, SIZE), -ENOSPC,
	   "one that fills the ring: the byte before it would be lost");
	is((long long)rendering_head(lone.text), 0, "was not said");
	is((long long)room_lines(lone.room), 0, "and not counted");
	is(lone_room_say_bytes(&lone, SIZE - 1), 0, "one byte less: nobody is in the way");
	is(lone_room_say_bytes(&lone, SIZE - 1), 0, "and again");
	lone_room_close(&lone);
}

static void test_limit_of_draft(void)
{
	struct said said = lone_said(text, 8);
	struct room_draft draft;
	int lines = 0;

	said.mark = 0;
	lone_room_open(&lone, SIZE, 1);
	lone_room_hold(&lone, 0, 0);
	draft = lone_room_begin(&lone);
	while (room_say(&draft, &said) == 0)
		lines++;
	is(lines, (SIZE - 1) / 10, "a draft ends where unread lines begin");
	ok(draft.full == lone.text, "it says in which rendering");
	is((long long)draft.lines, lines, "and keeps those that did fit");
	said = lone_joins("bob");
	is(room_say(&draft, &said), 0, "what does not show there still fits");
	lone_room_end(&lone, &draft);
	is((long long)rendering_head(lone.text), 10LL * lines, "all that can be said");
	is((long long)room_lines(lone.room), lines + 1, "and is counted");
	lone_room_close(&lone);
}

/* A line that does not fit into one rendering is in none. */
static void test_limit_of_json(void)
{
	struct said said = lone_said(text, 20);
	struct room_draft draft;
	uint64_t head;

	lone_room_open(&lone, SIZE, 1);
	lone_room_fill(&lone, RENDERING_JSON);
	pthread_mutex_lock(&lone.room->lock);
	gate_hold(lone.json, 0, 0);
	pthread_mutex_unlock(&lone.room->lock);
	draft = lone_room_begin(&lone);
	while (room_say(&draft, &said) == 0)
		continue;
	ok(draft.full == lone.json, "the JSON Lines are full first");
	is((long long)draft.head[RENDERING_TEXT], 21 * (long long)draft.lines,
	   "the line that did not fit there is not in the text");
	ok(draft.head[RENDERING_JSON] + TEXT_GROWTH * said.size + RENDER_OVERHEAD > SIZE - 1,
	   "it was refused for want of place");
	head = draft.head[RENDERING_JSON];
	lone_room_end(&lone, &draft);
	is((long long)rendering_head(lone.json), (long long)head, "the others are said");
	ok(is_held(lone.json, 0, "{\"ev\":\"say\""), "and the first of them is whole");
	gate_publish(lone.json, 0, head);
	is(lone_room_say(&lone, text, 20), 0, "its reader has read: it fits");
	lone_room_close(&lone);
}

/* A reader at a position, the head so far above: what fits, and what just does not? */
static int limit_faults(uint64_t position, uint64_t ahead)
{
	const uint64_t free = SIZE - 1 - ahead;
	char unread[SIZE];
	int faults = 0;

	lone_room_open(&lone, SIZE, 2);
	lone_room_grow(&lone, position);
	lone_room_hold(&lone, 1, position);
	lone_room_grow(&lone, position + ahead);
	memcpy(unread, ring_at(&lone.text->ring, position), (size_t)ahead);

	faults += lone_room_say_bytes(&lone, free < 2 ? 2 : free + 1) != -ENOSPC;
	faults += rendering_head(lone.text) != position + ahead;
	if (free >= 2)
		faults += lone_room_say_bytes(&lone, free) != 0;
	faults += lone_room_say(&lone, text, 0) != -ENOSPC;
	faults += memcmp(unread, ring_at(&lone.text->ring, position), (size_t)ahead) != 0;
	faults += position > 0 && !ring_line_begins(&lone.text->ring, position);

	/* It has read two bytes: that much more fits. */
	gate_publish(lone.text, 1, position + 2);
	faults += lone_room_say_bytes(&lone, free == 1 ? 4 : 3) != -ENOSPC;
	faults += lone_room_say_bytes(&lone, 2) != 0;
	lone_room_close(&lone);
	return faults;
}

static void test_limit(void)
{
	uint64_t state = CHANCE_SEED;
	int faults = 0, runs = 200;

	for (uint64_t ahead = 2; ahead < 5; ahead++)
		faults += limit_faults(0, ahead) + limit_faults(0, SIZE + 1 - ahead);
	for (int i = 0; i < runs; i++)
		faults += limit_faults(chance(&state, 3 * SIZE), 2 + chance(&state, SIZE - 2));
	is(faults, 0, "-ENOSPC exactly where something unread would be overwritten");
}

static blkcnt_t blocks(void)
{
	struct stat st;

	if (fstat(lone.arena.fd, &st) < 0)
		abort();
	return st.st_blocks;
}

static void test_forget(void)
{
	struct room_place place;
	blkcnt_t before, most;

	lone_room_open(&lone, 16 * SIZE, 1);
	place = lone_room_place(&lone, 1);
	before = blocks();
	lone_room_fill(&lone, RENDERING_JSON);
	for (int i = 0; i < 3000; i++)
		lone_room_say(&lone, "0123456789012345678901234567890123456789", 40);
	most = blocks();
	ok(most - before >= 2 * 16 * SIZE / 512, "%d KiB in two rings", (int)(most - before) / 2);
	room_free(lone.room);
	lone.room = NULL;
	is(blocks(), most, "freed, the log stays in the arena");
	room_forget(&place);
	ok(blocks() <= before, "forgotten, its memory is given back");
	ok(!place.record->ring_size && !place.record->used, "and there is no room any more");
	is(room_adopt(&lone.room, &place), -EBADMSG, "that could be taken over");

	place.record->used = 12345;
	room_forget(&place);
	ok(!place.record->used, "a damaged record is forgotten, too");
	lone_room_close(&lone);
}

/* A time of the room, when one of its handlers says that it is so late. */
static uint64_t time_at(uint64_t time)
{
	struct room_draft draft = room_begin(lone.room, time, &lone.clock);

	room_end(&draft);
	return draft.time;
}

static void test_time(void)
{
	const uint64_t noon = UINT64_C(1795000000) * 1000000, slack = ROOM_TIME_SLACK_US;

	lone_room_open(&lone, SIZE, 2);
	ok(time_at(noon) == noon, "the first clock is believed");
	ok(time_at(noon - 1) == noon && time_at(noon - slack + 1) == noon,
	   "one that is a little behind does not turn it back");
	ok(time_at(noon + 1) == noon + 1, "one that is ahead does");
	ok(time_at(noon + 1 - slack) == noon + 1 - slack, "what was set back by more is followed");
	ok(time_at(noon - 36000 * slack) == noon - 36000 * slack, "by hours, too");
	ok(time_at(0) == 0 && time_at(noon) == noon, "to 1970, and back again");
	lone_room_close(&lone);
}

int main(void)
{
	test_new();
	test_name();
	test_say();
	test_both();
	test_nobody_reads();
	test_limit_alone();
	test_limit_of_draft();
	test_limit_of_json();
	test_limit();
	test_forget();
	test_time();
	return done();
}
