/* room.c - a room is one log; its clients are cursors into it */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "common/cleanup.h"
#include "mtchatd/gate.h"
#include "mtchatd/room.h"

/* Far beyond all that is ever said: sums of positions do not overflow. */
static const uint64_t head_end = UINT64_C(1) << 62;

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

static int map_marks(struct room *room, struct arena *arena, uint64_t offset)
{
	void *marks;

	room->marks_count = room->ring.size / MARK_LINES + 1;
	marks = mmap(NULL, room->marks_count * sizeof(struct room_mark), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_NORESERVE, arena->fd, (off_t)offset);
	if (marks == MAP_FAILED)
		return -errno;
	room->marks = marks;
	return 0;
}

static int new_readers(struct room *room, struct waker *const *wakers, int handlers)
{
	room->readers = aligned_alloc(_Alignof(struct readers),
				      (size_t)handlers * sizeof(*room->readers));
	if (!room->readers)
		return -ENOMEM;
	room->handlers = handlers;
	for (int i = 0; i < handlers; i++) {
		room->readers[i] = (struct readers){.waker = wakers[i]};
		atomic_init(&room->readers[i].min, UINT64_MAX);
	}
	return 0;
}

static void room_freep(struct room **room)
{
	room_free(*room);
}

/* Opens what is there, a new one or one that was found. */
static int open_room(struct room **ret, const struct room_place *place, uint64_t ring_size,
		     struct waker *const *wakers, int handlers)
{
	CLEANUP(room_freep) struct room *room = NULL;
	int r;

	room = aligned_alloc(_Alignof(struct room), sizeof(*room));
	if (!room)
		return -ENOMEM;
	*room = (struct room){.record = place->record, .lock = PTHREAD_MUTEX_INITIALIZER};

	r = ring_map(&room->ring, place->arena->fd, place->area, ring_size);
	if (r < 0)
		return r;
	r = map_marks(room, place->arena, place->area + ROOM_RING_MAX);
	if (r < 0)
		return r;
	r = new_readers(room, wakers, handlers);
	if (r < 0)
		return r;

	*ret = room;
	room = NULL;
	return 0;
}

int room_new(struct room **ret, const struct room_place *place, const char *name,
	     uint64_t ring_size, struct waker *const *wakers, int handlers)
{
	struct room_record *record = place->record;
	int r;

	word_set(&record->head, 0);
	word_set(&record->lines, 0);
	strncpy(record->name, name, ROOM_NAME_MAX);
	r = new_epoch(record->epoch);
	if (r < 0)
		return r;
	r = open_room(ret, place, ring_size, wakers, handlers);
	if (r < 0)
		return r;
	atomic_signal_fence(memory_order_seq_cst);
	record->ring_size = ring_size; /* last: it says that there is a room */
	return 0;
}

static bool is_sound(const struct room_record *record)
{
	uint64_t size = record->ring_size, head = word_get(&record->head);

	return size >= ARENA_PAGE && size <= ROOM_RING_MAX && (size & (size - 1)) == 0 &&
	       head < head_end && word_get(&record->lines) <= head &&
	       record->epoch[EPOCH_SIZE - 1] == '\0' &&
	       strspn(record->epoch, digit) == EPOCH_SIZE - 1 && record->name[0] != '\0' &&
	       memchr(record->name, '\0', sizeof(record->name));
}

int room_adopt(struct room **ret, const struct room_place *place, struct waker *const *wakers,
	       int handlers)
{
	if (!is_sound(place->record))
		return -EBADMSG;
	return open_room(ret, place, place->record->ring_size, wakers, handlers);
}

void room_free(struct room *room)
{
	if (!room)
		return;
	for (int i = 0; i < room->handlers; i++) {
		members_done(&room->readers[i].members);
		waitlist_done(&room->readers[i].waiting);
	}
	free(room->readers);
	if (room->marks)
		munmap(room->marks, room->marks_count * sizeof(struct room_mark));
	ring_unmap(&room->ring);
	free(room);
}

struct room_draft room_begin(struct room *room, uint64_t time)
{
	pthread_mutex_lock(&room->lock);
	return (struct room_draft){
		.room = room,
		.head = word_get(&room->record->head),
		.lines = word_get(&room->record->lines),
		.time = time,
	};
}

int room_say(struct room_draft *draft, const char *text, size_t size)
{
	struct room *room = draft->room;
	char *to = ring_at(&room->ring, draft->head);

	if (draft->head + size + 1 > room->limit) {
		gate_renew_limit(room);
		if (draft->head + size + 1 > room->limit)
			return -ENOSPC;
	}
	memcpy(to, text, size);
	to[size] = '\n';
	if (draft->lines % MARK_LINES == 0)
		/* A mark that is overwritten is older than anything in the ring. */
		room->marks[draft->lines / MARK_LINES % room->marks_count] = (struct room_mark){
			.lines = draft->lines,
			.offset = draft->head,
			.time = draft->time,
		};
	draft->head += size + 1;
	draft->lines++;
	return 0;
}

void room_put(struct room_draft *draft, struct redo *redo)
{
	redo_put(redo, &draft->room->record->lines, draft->lines);
	redo_put(redo, &draft->room->record->head, draft->head);
}

void room_end(struct room_draft *draft)
{
	pthread_mutex_unlock(&draft->room->lock);
}

uint64_t room_lines_before(struct room *room, uint64_t position)
{
	uint64_t head = word_get(&room->record->head), lines = word_get(&room->record->lines);
	uint64_t end = head, end_lines = lines, held;

	/*
	 * Back to the first mark at or after the position, and from there by counting: the
	 * bytes between the two are held, those before the position need not be.  A mark that
	 * cannot be one ends the way back, too: more is counted then.  So no damaged mark leads
	 * us out of the ring, or on for ever.
	 */
	for (uint64_t i = (lines + MARK_LINES - 1) / MARK_LINES; i > 0; i--) {
		const struct room_mark *mark = &room->marks[(i - 1) % room->marks_count];

		if (mark->offset < position || mark->offset >= end ||
		    mark->lines != (i - 1) * MARK_LINES)
			break;
		end = mark->offset;
		end_lines = mark->lines;
	}
	held = ring_count_lines(&room->ring, position, end);
	return end_lines > held ? end_lines - held : 0; /* the count may be damaged, too */
}

uint64_t room_replay_from(struct room *room, uint64_t *lines)
{
	uint64_t head = word_get(&room->record->head), half = room->ring.size / 2;
	uint64_t oldest = head > half ? ring_next_line(&room->ring, head - half, head) : 0;
	uint64_t before = oldest ? room_lines_before(room, oldest) : 0, at = oldest, number;
	const struct room_mark *mark;

	if (*lines <= before) {
		*lines = before;
		return oldest;
	}
	if (*lines >= word_get(&room->record->lines)) {
		*lines = word_get(&room->record->lines);
		return head;
	}
	mark = &room->marks[*lines / MARK_LINES % room->marks_count];
	number = before;
	if (mark->lines == *lines / MARK_LINES * MARK_LINES && mark->offset > oldest &&
	    mark->offset <= head) {
		at = mark->offset;
		number = mark->lines;
	}
	while (number < *lines && at < head) { /* at most MARK_LINES */
		at = ring_next_line(&room->ring, at + 1, head);
		number++;
	}
	return at;
}

void room_wake_others(struct room *room, int handler)
{
	for (int i = 0; i < room->handlers; i++) {
		if (i != handler && atomic_load(&room->readers[i].min) != UINT64_MAX)
			waker_wake(room->readers[i].waker);
	}
}
