/*
 * test-rendering-sound.c - whatever lies in the arena: no number leads out of the ring, or on for
 * ever
 *
 * A log is found whose marks, bytes and counts are damaged.  If it is taken over, each question
 * has an answer that can be used, in little time; what is said from then on is numbered right.
 */
#include <stdio.h>
#include <unistd.h>

#include "chance.h"
#include "lone-room.h"
#include "tap.h"

enum { SIZE = ARENA_PAGE, DAMAGES = 4000, DEADLINE_S = 60 };

static struct lone_room lone;

static void say_some(uint64_t *state)
{
	static const char text[] = "what is said and then damaged, or not, by chance: it goes on";
	uint32_t silent = chance(state, 100), count = chance(state, 600);

	for (uint32_t i = 0; i < count; i++) {
		if (chance(state, 100) < silent)
			lone_room_say_that(&lone, lone_joins("ann"));
		else
			lone_room_say(&lone, text, chance(state, sizeof(text) - 1));
	}
}

/* -- damage -- */

static uint64_t any_number(uint64_t *state, uint64_t near)
{
	switch (chance(state, 5)) {
	case 0:
		return chance(state, 3);
	case 1:
		return UINT64_MAX - chance(state, 3);
	case 2:
		return UINT64_C(1) << chance(state, 64);
	case 3:
		return near + chance(state, 2 * SIZE) - SIZE;
	default:
		return near ^ UINT64_C(1) << chance(state, 64);
	}
}

static void damage_mark(struct rendering_mark *mark, uint64_t *state)
{
	switch (chance(state, 6)) {
	case 0:
		*mark = (struct rendering_mark){0};
		break;
	case 1:
		mark->lines = any_number(state, mark->lines);
		break;
	case 2:
		mark->shown = any_number(state, mark->shown);
		break;
	case 3:
		mark->silent = chance(state, 2) ? UINT64_MAX : any_number(state, mark->silent);
		break;
	default:
		mark->offset = any_number(state, mark->offset);
	}
}

static void damage_record(struct rendering_record *record, uint64_t *state)
{
	word *const words[] = {&record->head, &record->shown, &record->begun, &record->begun_at,
			       &lone.room->record->lines};
	word *one = words[chance(state, 5)];

	word_set(one, any_number(state, word_get(one)));
}

static void damage(uint64_t *state)
{
	struct rendering *rendering = chance(state, 4) ? lone.text : lone.json;
	uint64_t last = (room_lines(lone.room) - 1) / MARK_LINES;

	for (uint32_t n = 1 + chance(state, 4); n > 0; n--) {
		switch (chance(state, 5)) {
		case 0:
			damage_record(rendering->record, state);
			break;
		case 1:
			*ring_at(&rendering->ring, chance(state, SIZE)) ^= (char)chance(state, 256);
			break;
		case 2: /* all of them */
			for (uint64_t i = 0; i < rendering->marks_count; i++)
				damage_mark(&rendering->marks[i], state);
			break;
		default: /* one of those that are looked at first */
			last -= chance(state, 4);
			damage_mark(&rendering->marks[last % rendering->marks_count], state);
		}
	}
}

/* -- use -- */

static bool is_usable(const struct rendering *rendering, const struct rendering_at *at)
{
	const struct rendering_at end = rendering_end(rendering);

	return at->offset <= end.offset && end.offset - at->offset < rendering->ring.size &&
	       at->lines <= end.lines && at->shown <= end.shown;
}

static int use_faults(const struct rendering *rendering, uint64_t *state)
{
	const struct rendering_at end = rendering_end(rendering);
	struct rendering_at at;
	int faults = 0;

	for (int i = 0; i < 8; i++) {
		uint64_t back = chance(state, SIZE);

		at = rendering_at(rendering, end.offset - (back < end.offset ? back : 0));
		faults += !is_usable(rendering, &at);
		at = rendering_after(rendering, any_number(state, end.lines));
		faults += !is_usable(rendering, &at);
		at = rendering_last(rendering, any_number(state, chance(state, 300)));
		faults += !is_usable(rendering, &at);
		at = rendering_after(rendering, at.lines);
		faults += !is_usable(rendering, &at);
	}
	return faults;
}

/* What is said now: its numbers do not rely on what was there before. */
static int say_faults(void)
{
	struct rendering_at before = rendering_end(lone.text), at;
	int faults = 0;

	for (uint64_t i = 0; i < 3ULL * MARK_LINES; i++)
		faults += lone_room_say_that(&lone,
					     i % 3 ? lone_said("new", 3) : lone_joins("bob"));
	at = rendering_last(lone.text, MARK_LINES);
	faults += rendering_end(lone.text).lines != before.lines + 3ULL * MARK_LINES;
	faults += at.offset != before.offset + 4ULL * MARK_LINES;
	faults += at.shown != before.shown + MARK_LINES;
	/* The two of three that show: half of them are in the later half of the lines. */
	return faults + (at.lines - before.lines - 3ULL * MARK_LINES / 2 > 1);
}

static void test_damaged(void)
{
	uint64_t state = CHANCE_SEED;
	int refused = 0, used = 0, faults = 0, says = 0;

	for (int i = 0; i < DAMAGES; i++) {
		lone_room_open(&lone, SIZE, 1);
		if (chance(&state, 2))
			lone_room_fill(&lone, RENDERING_JSON);
		say_some(&state);
		damage(&state);
		lone_room_die(&lone);
		if (lone_room_adopt(&lone, 1) == 0) {
			used++;
			pthread_mutex_lock(&lone.room->lock);
			faults += use_faults(lone.text, &state) + use_faults(lone.json, &state);
			pthread_mutex_unlock(&lone.room->lock);
			says += say_faults();
		} else {
			refused++;
		}
		lone_room_close(&lone);
	}
	ok(used > DAMAGES / 2 && refused > DAMAGES / 50,
	   "of %d damaged logs %d are used, %d refused", DAMAGES, used, refused);
	is(faults, 0, "no place is out of the ring, no number beyond the last one");
	is(says, 0, "what is said then has its numbers");
}

/* Many lines, and marks that call all of them silent: nothing is counted for ever. */
static void test_all_silent(void)
{
	const uint64_t far = UINT64_C(1) << 50;
	struct rendering_at at;
	int faults = 0;

	lone_room_open(&lone, SIZE, 1);
	lone_room_grow(&lone, 3000);
	word_set(&lone.room->record->lines, far);
	for (uint64_t i = 1; i <= lone.text->marks_count; i++) {
		uint64_t block = far / MARK_LINES - i;

		lone.text->marks[block % lone.text->marks_count] =
			(struct rendering_mark){.lines = block * MARK_LINES, .silent = UINT64_MAX};
	}
	pthread_mutex_lock(&lone.room->lock);
	at = rendering_at(lone.text, 1000);
	faults += !is_usable(lone.text, &at);
	at = rendering_after(lone.text, 5);
	faults += !is_usable(lone.text, &at);
	at = rendering_after(lone.text, far - 5);
	faults += !is_usable(lone.text, &at);
	at = rendering_last(lone.text, 3);
	faults += !is_usable(lone.text, &at);
	pthread_mutex_unlock(&lone.room->lock);
	is(faults, 0, "a log of 2^50 lines of which none shows");
	lone_room_close(&lone);
}

/* Marks that cannot be one are not believed: what is counted without them can be too high only. */
static void test_useless_marks(void)
{
	static const uint64_t useless[] = {1, 99 * SIZE, UINT64_MAX, UINT64_C(1) << 63};
	struct rendering_at end, at;
	int faults = 0;

	lone_room_open(&lone, SIZE, 1);
	for (int i = 0; i < 3 * SIZE / 8; i++)
		lone_room_say(&lone, "1234567", 7);
	end = rendering_end(lone.text);
	for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
		for (uint64_t n = 0; n < lone.text->marks_count; n++)
			lone.text->marks[n].lines = useless[i];
		for (uint64_t back = 0; back < SIZE / 8; back++) {
			at = rendering_at(lone.text, end.offset - 8 * back);
			faults += at.lines != end.lines - back || at.shown != end.shown - back;
		}
		at = rendering_last(lone.text, 10);
		faults += at.offset != end.offset;
	}
	is(faults, 0, "without one mark lines are numbered by counting, and nothing is replayed");
	lone_room_close(&lone);
}

int main(void)
{
	alarm(DEADLINE_S); /* a loop without end ends the test */
	test_all_silent();
	test_useless_marks();
	test_damaged();
	return done();
}
