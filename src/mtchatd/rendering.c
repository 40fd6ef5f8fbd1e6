/* rendering.c - one rendering of a room's log: a ring, and its readers */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "mtchatd/gate.h"
#include "mtchatd/rendering.h"

/* Far beyond all that is ever said: sums of positions do not overflow. */
static const uint64_t head_end = UINT64_C(1) << 62;

static int map_marks(struct rendering *rendering, const struct rendering_place *place)
{
	void *marks;

	rendering->marks_count = rendering->ring.size / MARK_LINES + 1;
	marks = mmap(NULL, rendering->marks_count * sizeof(struct rendering_mark),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, place->arena->fd,
		     (off_t)(place->area + RING_SIZE_MAX));
	if (marks == MAP_FAILED)
		return -errno;
	rendering->marks = marks;
	return 0;
}

static int new_readers(struct rendering *rendering, struct waker *const *wakers, int handlers)
{
	rendering->readers = aligned_alloc(_Alignof(struct readers),
					   (size_t)handlers * sizeof(*rendering->readers));
	if (!rendering->readers)
		return -ENOMEM;
	rendering->handlers = handlers;
	for (int i = 0; i < handlers; i++) {
		rendering->readers[i] = (struct readers){.waker = wakers[i]};
		atomic_init(&rendering->readers[i].min, UINT64_MAX);
	}
	return 0;
}

int rendering_init(struct rendering *rendering, const struct rendering_place *place,
		   uint64_t ring_size, struct waker *const *wakers, int handlers)
{
	int r;

	rendering->place = *place;
	rendering->record = place->record;
	rendering->lines = place->lines;
	r = ring_map(&rendering->ring, place->arena->fd, place->area, ring_size);
	if (r < 0)
		return r;
	r = map_marks(rendering, place);
	if (r < 0)
		return r;
	return new_readers(rendering, wakers, handlers);
}

void rendering_done(struct rendering *rendering)
{
	for (int i = 0; i < rendering->handlers; i++) {
		members_done(&rendering->readers[i].members);
		waitlist_done(&rendering->readers[i].waiting);
	}
	free(rendering->readers);
	if (rendering->marks)
		munmap(rendering->marks, rendering->marks_count * sizeof(struct rendering_mark));
	ring_unmap(&rendering->ring);
}

bool rendering_is_sound(const struct rendering_record *record, uint64_t ring_size, uint64_t lines)
{
	uint64_t head = word_get(&record->head), begun_at = word_get(&record->begun_at);

	return ring_size >= ARENA_PAGE && ring_size <= RING_SIZE_MAX &&
	       (ring_size & (ring_size - 1)) == 0 && head < head_end && begun_at <= head &&
	       word_get(&record->shown) <= head && word_get(&record->shown) <= lines &&
	       lines < head_end && word_get(&record->begun) <= lines;
}

static struct rendering_mark *mark_of(const struct rendering *rendering, uint64_t block)
{
	return &rendering->marks[block % rendering->marks_count];
}

void rendering_fill(struct rendering *rendering, struct redo *redo, uint64_t lines)
{
	struct rendering_record *record = rendering->record;
	uint64_t head = word_get(&record->head);

	rendering->idle_since = 0;
	if (rendering_is_filled(rendering))
		return;
	/* As if the lines before had been silent. */
	*mark_of(rendering, lines / MARK_LINES) = (struct rendering_mark){
		.lines = lines - lines % MARK_LINES,
		.offset = head,
		.shown = word_get(&record->shown),
		.silent = (UINT64_C(1) << lines % MARK_LINES) - 1,
	};
	redo_put(redo, &record->begun, lines);
	redo_put(redo, &record->begun_at, head);
	redo_put(redo, &record->filled, 1);
	gate_renew_limit(rendering);
}

static bool is_read(const struct rendering *rendering)
{
	for (int i = 0; i < rendering->handlers; i++) {
		if (atomic_load(&rendering->readers[i].min) != UINT64_MAX)
			return true;
	}
	return false;
}

static uint64_t pages(uint64_t size)
{
	return (size + ARENA_PAGE - 1) / ARENA_PAGE * ARENA_PAGE;
}

void rendering_forget(const struct rendering_place *place, uint64_t ring_size)
{
	uint64_t marks = (ring_size / MARK_LINES + 1) * sizeof(struct rendering_mark);

	arena_forget(place->arena, place->area, ring_size);
	arena_forget(place->arena, place->area + RING_SIZE_MAX, pages(marks));
}

void rendering_rest(struct rendering *rendering, uint64_t now, uint64_t idle_ms)
{
	if (!rendering_is_filled(rendering))
		return;
	if (is_read(rendering)) {
		rendering->idle_since = 0;
	} else if (!rendering->idle_since) {
		rendering->idle_since = now;
	} else if (now >= rendering->idle_since + idle_ms) { /* handlers' clocks differ by a turn */
		word_set(&rendering->record->filled, 0);
		rendering_forget(&rendering->place, rendering->ring.size);
	}
}

void rendering_begin_block(struct rendering *rendering, uint64_t lines, uint64_t head,
			   uint64_t shown)
{
	rendering->block = lines / MARK_LINES;
	rendering->mark = mark_of(rendering, rendering->block);
	if (lines % MARK_LINES == 0) /* what it overwrites is older than anything in the ring */
		*rendering->mark = (struct rendering_mark){
			.lines = lines,
			.offset = head,
			.shown = shown,
		};
}

struct rendering_at rendering_end(const struct rendering *rendering)
{
	return (struct rendering_at){
		.offset = word_get(&rendering->record->head),
		.lines = word_get(rendering->lines),
		.shown = word_get(&rendering->record->shown),
	};
}

static bool is_silent(const struct rendering_mark *mark, uint64_t line)
{
	return mark->silent >> line % MARK_LINES & 1;
}

/*
 * Back to the first mark behind the position, or the end; *ret_mark: the one before it, or NULL if
 * that was overwritten.  A mark that cannot be one ends the way back, too: so no damaged mark leads
 * us out of the ring, or on for ever.
 */
static struct rendering_at reach(const struct rendering *rendering, uint64_t position,
				 const struct rendering_mark **ret_mark)
{
	struct rendering_at at = rendering_end(rendering);

	*ret_mark = NULL;
	for (uint64_t i = (at.lines + MARK_LINES - 1) / MARK_LINES; i > 0; i--) {
		const struct rendering_mark *mark = mark_of(rendering, i - 1);

		if (mark->lines != (i - 1) * MARK_LINES || mark->offset > at.offset ||
		    mark->shown > at.shown)
			break;
		if (mark->offset <= position) {
			*ret_mark = mark;
			break;
		}
		at = (struct rendering_at){mark->offset, mark->lines, mark->shown};
	}
	return at;
}

/*
 * Back from there to the position, line by line: the bytes between the two are held.  Without a
 * mark all lines count as shown, so the number is too high by the silent ones.
 */
static struct rendering_at count_back(const struct rendering *rendering, uint64_t position,
				      struct rendering_at at, const struct rendering_mark *mark)
{
	uint64_t held = ring_count_lines(&rendering->ring, position, at.offset);

	at.offset = position;
	at.shown = at.shown > held ? at.shown - held : 0; /* the count may be damaged, too */
	while (held && at.lines) {
		at.lines--;
		if (!mark || at.lines < mark->lines || !is_silent(mark, at.lines))
			held--;
	}
	return at;
}

struct rendering_at rendering_at(const struct rendering *rendering, uint64_t position)
{
	const struct rendering_mark *mark;
	struct rendering_at at = reach(rendering, position, &mark);

	return count_back(rendering, position, at, mark);
}

/* The oldest place that a replay may begin at: what lies before it must be known for sure. */
static struct rendering_at oldest(const struct rendering *rendering)
{
	const struct rendering_record *record = rendering->record;
	uint64_t head = word_get(&record->head), half = rendering->ring.size / 2;
	uint64_t offset = word_get(&record->begun_at);
	const struct rendering_mark *mark;
	struct rendering_at at;

	if (head - offset > half)
		offset = ring_next_line(&rendering->ring, head - half, head);
	at = reach(rendering, offset, &mark);
	return mark ? count_back(rendering, offset, at, mark) : at;
}

/* Is that the mark of the block, somewhere after `from`? */
static bool is_good(const struct rendering *rendering, const struct rendering_mark *mark,
		    uint64_t block, const struct rendering_at *from)
{
	const struct rendering_record *record = rendering->record;

	return mark->lines == block * MARK_LINES && mark->lines >= from->lines &&
	       mark->offset >= from->offset && mark->offset <= word_get(&record->head) &&
	       mark->shown >= from->shown && mark->shown <= word_get(&record->shown);
}

/* Goes on by one line of the room. */
static void step(const struct rendering *rendering, struct rendering_at *at, uint64_t head)
{
	const struct rendering_mark *mark = mark_of(rendering, at->lines / MARK_LINES);
	bool silent = mark->lines == at->lines - at->lines % MARK_LINES &&
		      is_silent(mark, at->lines);

	at->lines++;
	if (silent || at->offset >= head)
		return;
	at->offset = ring_next_line(&rendering->ring, at->offset + 1, head);
	at->shown++;
}

/* Counted on from the mark of a damaged log, the numbers may be beyond the end. */
static struct rendering_at within(struct rendering_at at, const struct rendering_at *end)
{
	if (at.lines > end->lines)
		at.lines = end->lines;
	if (at.shown > end->shown)
		at.shown = end->shown;
	return at;
}

/* The silent lines just before a place are not missed by whoever begins there. */
static void take_in_silent(const struct rendering *rendering, struct rendering_at *at,
			   uint64_t lines)
{
	uint64_t begun = word_get(&rendering->record->begun);

	while (at->lines > lines && at->lines > begun) {
		const struct rendering_mark *mark = mark_of(rendering,
							    (at->lines - 1) / MARK_LINES);

		if (mark->lines / MARK_LINES != (at->lines - 1) / MARK_LINES ||
		    !is_silent(mark, at->lines - 1))
			return;
		at->lines--;
	}
}

struct rendering_at rendering_after(const struct rendering *rendering, uint64_t lines)
{
	struct rendering_at at = oldest(rendering), end = rendering_end(rendering);
	const struct rendering_mark *mark = mark_of(rendering, lines / MARK_LINES);

	if (lines <= at.lines) {
		take_in_silent(rendering, &at, lines);
		return at;
	}
	if (lines >= end.lines)
		return end;
	if (is_good(rendering, mark, lines / MARK_LINES, &at))
		at = (struct rendering_at){mark->offset, mark->lines, mark->shown};
	while (at.lines < lines &&
	       at.offset < end.offset) /* at most MARK_LINES, if marks are good */
		step(rendering, &at, end.offset);
	at.lines = lines; /* also if nothing but silent lines is left */
	return within(at, &end);
}

struct rendering_at rendering_last(const struct rendering *rendering, uint64_t count)
{
	struct rendering_at at = oldest(rendering), end = rendering_end(rendering);
	uint64_t shown = end.shown > count ? end.shown - count : 0;

	if (!count)
		return end;
	if (shown <= at.shown)
		return at;
	/* Back to the last mark that is not behind it. */
	for (uint64_t i = (end.lines - 1) / MARK_LINES; i > at.lines / MARK_LINES; i--) {
		const struct rendering_mark *mark = mark_of(rendering, i);

		if (!is_good(rendering, mark, i, &at))
			break;
		if (mark->shown <= shown) {
			at = (struct rendering_at){mark->offset, mark->lines, mark->shown};
			break;
		}
	}
	while (at.shown < shown && at.offset < end.offset)
		step(rendering, &at, end.offset);
	return within(at, &end);
}

void rendering_wake_others(struct rendering *rendering, int handler)
{
	for (int i = 0; i < rendering->handlers; i++) {
		if (i != handler && atomic_load(&rendering->readers[i].min) != UINT64_MAX)
			waker_wake(rendering->readers[i].waker);
	}
}
