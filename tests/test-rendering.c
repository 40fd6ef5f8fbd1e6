/*
 * test-rendering.c - the number at any position, against a model that remembers every line
 *
 * Both renderings of a room are filled by chance: lines of all lengths, silent ones among them,
 * drafts that do not come true, times when nobody reads.  Then each place is asked for in every
 * way, and what stands there is looked at.
 */
#include <stdio.h>

#include "chance.h"
#include "lone-room.h"
#include "tap.h"

enum { SIZE = ARENA_PAGE, LAPS = 5, LINES_MAX = 400000, LONGEST = 900 };

static struct lone_room lone;

/* Of one rendering. */
static struct model {
	uint64_t begin[LINES_MAX + 1]; /* where each line begins; after the last: the head */
	uint64_t shown[LINES_MAX + 1]; /* before it */
	uint64_t begun;
	uint64_t noted;   /* the last line that was ever noted, also for a draft */
	uint64_t written; /* where the bytes end that were ever written, also for a draft */
} models[RENDERINGS];

static uint64_t lines;

struct kind_of_log {
	uint32_t longest; /* text of a line is shorter */
	uint32_t silent;  /* of 100 lines */
	uint32_t rests;   /* one of so many drafts is followed by a rest; 0: never */
};

static uint64_t head_of(const struct model *model)
{
	return model->begin[lines];
}

/* -- what is to come out -- */

static uint64_t first_shown(const struct model *model, uint64_t line)
{
	while (line < lines && model->begin[line + 1] == model->begin[line])
		line++;
	return line;
}

static bool has_mark(const struct rendering *rendering, const struct model *model, uint64_t block)
{
	return block + rendering->marks_count > model->noted / MARK_LINES;
}

/* The oldest line whose block still has its mark. */
static uint64_t oldest_marked(const struct rendering *rendering, const struct model *model)
{
	uint64_t block = model->begun / MARK_LINES;

	while (!has_mark(rendering, model, block))
		block++;
	if (block * MARK_LINES > lines)
		return lines;
	return block == model->begun / MARK_LINES ? model->begun : block * MARK_LINES;
}

/* Where a replay begins at the earliest: in the newer half, and where marks reach. */
static uint64_t model_oldest(const struct rendering *rendering, const struct model *model)
{
	uint64_t line = model->begun, marked = oldest_marked(rendering, model);
	uint64_t head = head_of(model);

	if (head - model->begin[line] > SIZE / 2) {
		while (model->begin[line] < head - SIZE / 2)
			line++;
	}
	line = first_shown(model, line);
	if (model->begin[line] < model->begin[marked])
		return marked;
	return line;
}

static bool is_at(const struct rendering_at *at, const struct model *model, uint64_t line)
{
	return at->offset == model->begin[line] && at->lines == line &&
	       at->shown == model->shown[line];
}

static bool after_is_right(const struct rendering *rendering, const struct model *model,
			   uint64_t line)
{
	uint64_t oldest = model_oldest(rendering, model), marked = oldest_marked(rendering, model);
	const struct rendering_at at = rendering_after(rendering, line);

	if (line >= lines)
		return is_at(&at, model, lines);
	if (line >= oldest)
		return is_at(&at, model, line);
	/* The silent ones just before it are not missed. */
	while (oldest > line && oldest > marked && model->begin[oldest - 1] == model->begin[oldest])
		oldest--;
	return is_at(&at, model, oldest);
}

/* Also what the daemon does with it: it goes there by the number of lines. */
static bool last_is_right(const struct rendering *rendering, const struct model *model,
			  uint64_t count)
{
	const struct rendering_at at = rendering_last(rendering, count);
	const struct rendering_at again = rendering_after(rendering, at.lines);
	uint64_t oldest = model_oldest(rendering, model);
	uint64_t shown = model->shown[lines] > count ? model->shown[lines] - count : 0;

	if (at.lines > lines || !is_at(&at, model, at.lines) || again.offset != at.offset ||
	    again.shown != at.shown)
		return false;
	return at.shown == (shown > model->shown[oldest] ? shown : model->shown[oldest]);
}

/* Of the line that begins there, in either rendering. */
static bool is_there(const struct rendering *rendering, const struct model *model, uint64_t line)
{
	const char *at = ring_at(&rendering->ring, model->begin[line]);
	uint64_t size = model->begin[line + 1] - model->begin[line];
	char id[64];
	int n;

	if (at[size - 1] != '\n')
		return false;
	if (rendering->kind == RENDERING_JSON) {
		n = snprintf(id, sizeof(id), "\"id\":\"%s.%llu\"", lone.room->record->epoch,
			     (unsigned long long)line + 1);
		return memmem(at, size, id, (size_t)n);
	}
	for (uint64_t i = 0; i < size - 1; i++) {
		if (at[i] != '0' + (char)((line + i) % 10))
			return false;
	}
	return true;
}

/* At each line that is held.  Where there are no marks any more, its number may be too high. */
static int count_wrong_places(const struct rendering *rendering, const struct model *model)
{
	uint64_t marked = oldest_marked(rendering, model);
	int wrong = 0;

	for (uint64_t i = lines; i > model->begun && model->begin[i - 1] + SIZE > model->written;
	     i--) {
		uint64_t line = i - 1;
		struct rendering_at at;

		if (model->begin[line] == model->begin[i])
			continue;
		at = rendering_at(rendering, model->begin[line]);
		wrong += !is_there(rendering, model, line);
		if (model->begin[line] >= model->begin[marked])
			wrong += !is_at(&at, model, line);
		else
			wrong += at.offset != model->begin[line] || at.lines < line ||
				 at.lines > lines || at.shown != model->shown[line];
	}
	return wrong;
}

static int count_faults_of(enum rendering_kind kind, uint64_t *state)
{
	const struct rendering *rendering = &lone.room->renderings[kind];
	const struct model *model = &models[kind];
	const struct rendering_at end = rendering_end(rendering);
	const struct rendering_at at = rendering_at(rendering, end.offset);
	uint64_t span = lines - model->begun < 3000 ? lines - model->begun : 3000;
	int faults;

	faults = !is_at(&end, model, lines) + !is_at(&at, model, lines);
	faults += count_wrong_places(rendering, model);
	for (int i = 0; i < 40; i++) {
		uint64_t line = lines + 2 - chance(state, (uint32_t)span + 3);

		faults += !after_is_right(rendering, model, line);
		faults += !last_is_right(rendering, model, chance(state, 1 << chance(state, 12)));
	}
	faults += !after_is_right(rendering, model, 0) + !after_is_right(rendering, model, lines);
	faults += !last_is_right(rendering, model, UINT64_MAX) +
		  !last_is_right(rendering, model, 0);
	return faults;
}

static int count_faults(uint64_t *state)
{
	int faults = room_lines(lone.room) != lines;

	pthread_mutex_lock(&lone.room->lock);
	for (int kind = 0; kind < RENDERINGS; kind++) {
		if (rendering_is_filled(&lone.room->renderings[kind]))
			faults += count_faults_of(kind, state);
	}
	pthread_mutex_unlock(&lone.room->lock);
	return faults;
}

/* -- what is done -- */

static void open_log(void)
{
	lone_room_open_empty(&lone, SIZE, 1);
	lines = 0;
	for (int kind = 0; kind < RENDERINGS; kind++) {
		struct model *model = &models[kind];

		model->begin[0] = model->shown[0] = model->noted = model->written = 0;
	}
}

static void fill(enum rendering_kind kind)
{
	struct model *model = &models[kind];

	if (rendering_is_filled(&lone.room->renderings[kind]))
		return;
	lone_room_fill(&lone, kind);
	model->begun = model->noted = lines;
}

/* Nobody has read it for so long that it is not filled any more. */
static void rest(enum rendering_kind kind)
{
	pthread_mutex_lock(&lone.room->lock);
	rendering_rest(&lone.room->renderings[kind], 1000, 10);
	rendering_rest(&lone.room->renderings[kind], 1010, 10);
	pthread_mutex_unlock(&lone.room->lock);
}

/* False: the ring has no place for one more in this draft. */
static bool say(struct room_draft *draft, uint64_t line, bool silent, uint32_t size)
{
	char text[LONGEST];
	struct said said = silent ? lone_joins("ann") : lone_said(text, size);

	if (line >= LINES_MAX || size > sizeof(text))
		abort();
	for (uint32_t i = 0; i < size; i++)
		text[i] = (char)('0' + (line + i) % 10);
	if (room_say(draft, &said) < 0)
		return false;
	for (int kind = 0; kind < RENDERINGS; kind++) {
		struct model *model = &models[kind];

		model->begin[line + 1] = draft->head[kind];
		model->shown[line + 1] = model->shown[line] +
					 (model->begin[line + 1] > model->begin[line]);
		if (!rendering_is_filled(&lone.room->renderings[kind]))
			continue;
		model->noted = line > model->noted ? line : model->noted;
		if (model->written < draft->head[kind])
			model->written = draft->head[kind];
	}
	return true;
}

static bool is_long(const struct room_draft *draft)
{
	for (int kind = 0; kind < RENDERINGS; kind++) {
		if (draft->head[kind] - head_of(&models[kind]) > SIZE / 8)
			return true;
	}
	return false;
}

/* Some lines.  Those that do not come true take up less than half of the ring: the rest is held. */
static void say_some(const struct kind_of_log *log, uint32_t count, bool comes_true,
		     uint64_t *state)
{
	struct room_draft draft = lone_room_begin(&lone);
	uint64_t line = lines;

	for (; count > 0; count--) {
		bool silent = chance(state, 100) < log->silent;

		if (!say(&draft, line, silent, chance(state, log->longest)))
			break;
		line++;
		if (!comes_true && is_long(&draft))
			break;
	}
	if (comes_true) {
		lines = line;
		lone_room_end(&lone, &draft);
	} else {
		room_end(&draft);
	}
}

static void test_model(struct kind_of_log log)
{
	uint64_t state = CHANCE_SEED, end = (uint64_t)LAPS * SIZE;
	int faults = 0, looks = 0, rests = 0;

	open_log();
	fill(RENDERING_TEXT);
	if (log.rests)
		fill(RENDERING_JSON);
	while (head_of(&models[RENDERING_TEXT]) < end && lines < LINES_MAX / 2) {
		int kind = (int)chance(&state, RENDERINGS);

		say_some(&log, 1 + chance(&state, 20), chance(&state, 6), &state);
		if (log.rests && chance(&state, log.rests) == 0) {
			rest(kind);
			say_some(&log, chance(&state, 200), true, &state);
			fill(kind);
			rests++;
		}
		if (chance(&state, 20) == 0) {
			faults += count_faults(&state);
			looks++;
		}
	}
	faults += count_faults(&state);
	is(faults, 0, "%llu lines shorter than %u, %u%% silent, %d rests: right in %d looks",
	   (unsigned long long)lines, log.longest, log.silent, rests, looks + 1);
	lone_room_close(&lone);
}

/* From the first line to the last one of three blocks, looked at after each; begun anywhere. */
static void test_first_blocks(uint32_t silent)
{
	const struct kind_of_log log = {.longest = 3, .silent = silent};
	uint64_t state = CHANCE_SEED;
	int faults = 0;

	for (uint32_t begun = 0; begun <= 2 * MARK_LINES + 1; begun++) {
		open_log();
		say_some(&log, begun, true, &state);
		fill(RENDERING_TEXT);
		faults += count_faults(&state);
		while (lines < 3ULL * MARK_LINES + 1) {
			say_some(&log, 1, true, &state);
			if (lines < begun + 3ULL || lines % MARK_LINES < 2 || lines % 13 == 0)
				faults += count_faults(&state);
		}
		faults += count_faults(&state);
		lone_room_close(&lone);
	}
	is(faults, 0, "begun at any line of the first blocks, %u%% silent", silent);
}

/* So many silent lines in a row that the marks of what is held are overwritten. */
static void test_flood(void)
{
	const struct kind_of_log lines_only = {.longest = 30}, silence = {1, 100, 0};
	uint64_t state = CHANCE_SEED, marks;
	int faults = 0;

	open_log();
	fill(RENDERING_TEXT);
	marks = lone.text->marks_count;
	for (int i = 0; i < 5; i++) {
		say_some(&lines_only, 100, true, &state);
		for (uint64_t n = 0; n < marks + 2; n++) {
			say_some(&silence, MARK_LINES - (n == 3), true, &state);
			if (n % 8 == 0 || n + 4 > marks)
				faults += count_faults(&state);
		}
		say_some(&silence, MARK_LINES, false, &state);
		faults += count_faults(&state);
		say_some(&lines_only, 1, true, &state);
		faults += count_faults(&state);
	}
	is(faults, 0, "what the marks do not tell any more is not replayed; the rest is right");
	lone_room_close(&lone);
}

int main(void)
{
	test_first_blocks(0);
	test_first_blocks(50);
	test_first_blocks(95);
	test_model((struct kind_of_log){1, 0, 0});
	test_model((struct kind_of_log){2, 10, 0});
	test_model((struct kind_of_log){20, 30, 40});
	test_model((struct kind_of_log){20, 90, 100});
	test_model((struct kind_of_log){300, 99, 0});
	test_model((struct kind_of_log){LONGEST, 20, 10});
	test_flood();
	return done();
}
