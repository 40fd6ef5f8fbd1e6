/* room.c - a room is one log; its clients are cursors into it */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/cleanup.h"
#include "mtchatd/crash.h"
#include "mtchatd/gate.h"
#include "mtchatd/room.h"

static const char digit[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* without i, l, o, u */

/* 35 bits by chance: a stale id is refused, not mistaken. */
static int new_epoch(char epoch[EPOCH_SIZE])
{
	unsigned char random[EPOCH_SIZE - 1];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	for (size_t i = 0; i < sizeof(random); i++)
		epoch[i] = digit[random[i] % 32];
	epoch[sizeof(random)] = '\0';
	return 0;
}

static void room_freep(struct room **room)
{
	room_free(*room);
}

static struct rendering_place place_of(const struct room_place *place, int kind)
{
	return (struct rendering_place){
		.arena = place->arena,
		.record = &place->record->renderings[kind],
		.lines = &place->record->lines,
		.area = place->area + (uint64_t)kind * RENDERING_AREA,
	};
}

/* Opens what is there, a new one or one that was found. */
static int open_room(struct room **ret, const struct room_place *place, uint64_t ring_size)
{
	CLEANUP(room_freep) struct room *room = NULL;

	room = aligned_alloc(_Alignof(struct room), sizeof(*room));
	if (!room)
		return -ENOMEM;
	*room = (struct room){.record = place->record,
			      .number = place->number,
			      .handlers = place->handlers,
			      .lock = PTHREAD_MUTEX_INITIALIZER};
	room->presences = calloc((size_t)place->handlers, sizeof(*room->presences));
	if (!room->presences)
		return -ENOMEM;
	for (int kind = 0; kind < RENDERINGS; kind++) {
		struct rendering *rendering = &room->renderings[kind];
		const struct rendering_place its_place = place_of(place, kind);
		int r;

		rendering->room = room;
		rendering->kind = kind;
		r = rendering_init(rendering, &its_place, ring_size, place->wakers,
				   place->handlers);
		if (r < 0)
			return r;
	}
	*ret = room;
	room = NULL;
	return 0;
}

int room_new(struct room **ret, const struct room_place *place, const char *name,
	     uint64_t ring_size)
{
	struct room_record *record = place->record;
	int r;

	*record = (struct room_record){.used = ring_size, .maker = place->maker};
	strncpy(record->name, name, NAME_MAX_BYTES);
	r = new_epoch(record->epoch);
	if (r < 0)
		return r;
	r = open_room(ret, place, ring_size);
	if (r < 0)
		return r;
	crash_point(CRASH_ROOM_MADE);
	atomic_signal_fence(memory_order_seq_cst);
	record->ring_size = ring_size; /* last: it says that there is a room */
	return 0;
}

static bool is_sound(const struct room_record *record)
{
	for (int kind = 0; kind < RENDERINGS; kind++) {
		if (!rendering_is_sound(&record->renderings[kind], record->ring_size,
					word_get(&record->lines)))
			return false;
	}
	return record->epoch[EPOCH_SIZE - 1] == '\0' &&
	       strspn(record->epoch, digit) == EPOCH_SIZE - 1 &&
	       memchr(record->name, '\0', sizeof(record->name));
}

/* One that was to rest when the process before us died may have its memory still. */
static void forget_resting(const struct room_place *place)
{
	for (int kind = 0; kind < RENDERINGS; kind++) {
		const struct rendering_place its_place = place_of(place, kind);

		if (!word_get(&its_place.record->filled))
			rendering_forget(&its_place, place->record->ring_size);
	}
}

int room_adopt(struct room **ret, const struct room_place *place)
{
	if (!is_sound(place->record))
		return -EBADMSG;
	forget_resting(place);
	return open_room(ret, place, place->record->ring_size);
}

void room_free(struct room *room)
{
	if (!room)
		return;
	for (int kind = 0; kind < RENDERINGS; kind++)
		rendering_done(&room->renderings[kind]);
	free(room->presences);
	free(room);
}

/* First it is no room any more: nobody looks into memory that is half given back. */
void room_forget(const struct room_place *place)
{
	struct room_record *record = place->record;
	uint64_t size = record->used;

	record->ring_size = 0;
	crash_point(CRASH_ROOM_GONE);
	atomic_signal_fence(memory_order_seq_cst);
	if (size < ARENA_PAGE || size > RING_SIZE_MAX || size & (size - 1))
		size = RING_SIZE_MAX; /* a damaged arena */
	for (int kind = 0; kind < RENDERINGS; kind++) {
		const struct rendering_place its_place = place_of(place, kind);

		rendering_forget(&its_place, size);
	}
	atomic_signal_fence(memory_order_seq_cst);
	record->used = 0;
}

struct room_draft room_begin(struct room *room, uint64_t time, struct render_time *clock)
{
	struct room_draft draft = {.room = room, .clock = clock};

	pthread_mutex_lock(&room->lock);
	/* Not earlier by what the handlers' clocks differ; but a clock that was set back is
	 * followed. */
	if (room->time - time >= ROOM_TIME_SLACK_US) /* or room->time is before `time`: wrapped */
		room->time = time;
	draft.time = room->time;
	draft.lines = room_lines(room);
	for (int kind = 0; kind < RENDERINGS; kind++) {
		draft.head[kind] = word_get(&room->renderings[kind].record->head);
		draft.shown[kind] = word_get(&room->renderings[kind].record->shown);
	}
	return draft;
}

static inline bool shows(enum rendering_kind kind, const struct said *said)
{
	return kind == RENDERING_JSON || said->kind == SAID_LINE || said->kind == SAID_ACT;
}

/* No less than it will be once it is rendered. */
static inline size_t most(enum rendering_kind kind, const struct said *said)
{
	if (kind == RENDERING_JSON)
		return TEXT_GROWTH * said->size + RENDER_OVERHEAD;
	return said->size + (said->from ? strlen(said->from) + sizeof("** [] ") : sizeof("~"));
}

/* Is there space for it, or is nothing of it to be put in? */
static inline bool fits(const struct room_draft *draft, struct rendering *rendering,
			enum rendering_kind kind, const struct said *said)
{
	uint64_t end = draft->head[kind] + most(kind, said);

	if (end <= rendering->limit || !rendering_is_filled(rendering) || !shows(kind, said))
		return true;
	gate_renew_limit(rendering);
	return end <= rendering->limit;
}

static size_t say_json(struct room_draft *draft, char *to, const struct said *said)
{
	const struct room_record *record = draft->room->record;
	const struct stamp stamp = {
		.room = record->name,
		.epoch = record->epoch,
		.number = draft->lines + 1,
		.time = draft->clock->text,
	};

	if (render_is_model(&draft->model, said))
		return render_json_like(to, said, stamp.number, &draft->model);
	render_time(draft->clock, draft->time);
	return render_json_model(to, said, &stamp, &draft->model);
}

/* Into one rendering, if it is filled. */
static inline void add(struct room_draft *draft, struct rendering *rendering,
		       enum rendering_kind kind, const struct said *said)
{
	uint64_t head = draft->head[kind];
	char *to = ring_at(&rendering->ring, head);
	size_t size;

	if (!rendering_is_filled(rendering))
		return;
	size = kind == RENDERING_TEXT ? render_text(to, said) : say_json(draft, to, said);
	rendering_note(rendering, draft->lines, head, draft->shown[kind], size);
	draft->head[kind] = head + size;
	draft->shown[kind] += size != 0;
}

int room_say(struct room_draft *draft, const struct said *said)
{
	struct rendering *text = &draft->room->renderings[RENDERING_TEXT];
	struct rendering *json = &draft->room->renderings[RENDERING_JSON];

	if (!fits(draft, text, RENDERING_TEXT, said)) {
		draft->full = text;
		return -ENOSPC;
	}
	if (!fits(draft, json, RENDERING_JSON, said)) {
		draft->full = json;
		return -ENOSPC;
	}
	add(draft, text, RENDERING_TEXT, said);
	add(draft, json, RENDERING_JSON, said);
	draft->lines++;
	return 0;
}

void room_put(const struct room_draft *draft, struct redo *redo)
{
	for (int kind = 0; kind < RENDERINGS; kind++) {
		struct rendering_record *record = draft->room->renderings[kind].record;

		if (draft->shown[kind] == word_get(&record->shown))
			continue;
		redo_put(redo, &record->shown, draft->shown[kind]);
		redo_put(redo, &record->head, draft->head[kind]);
	}
	redo_put(redo, &draft->room->record->lines, draft->lines);
}

void room_end(const struct room_draft *draft)
{
	pthread_mutex_unlock(&draft->room->lock);
}

void room_wake_others(struct room *room, int handler)
{
	for (int kind = 0; kind < RENDERINGS; kind++)
		rendering_wake_others(&room->renderings[kind], handler);
}
