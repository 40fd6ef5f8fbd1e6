/* room.c - a room is one log; its clients are cursors into it */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "common/cleanup.h"
#include "mtchatd/gate.h"
#include "mtchatd/room.h"

/* 35 bits by chance: a stale id is refused, not mistaken. */
static int new_epoch(char epoch[EPOCH_SIZE])
{
	static const char digit[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* without i, l, o, u */
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

int room_new(struct room **ret, const struct room_place *place, const char *name,
	     uint64_t ring_size, struct waker *const *wakers, int handlers)
{
	struct room_record *record = place->record;
	CLEANUP(room_freep) struct room *room = NULL;
	int r;

	room = aligned_alloc(_Alignof(struct room), sizeof(*room));
	if (!room)
		return -ENOMEM;
	*room = (struct room){.record = record, .lock = PTHREAD_MUTEX_INITIALIZER};

	record->ring_size = ring_size;
	strncpy(record->name, name, ROOM_NAME_MAX);
	r = new_epoch(record->epoch);
	if (r < 0)
		return r;
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
	uint64_t end = head, end_lines = lines;

	/* Back to the first mark at or after the position, and from there by counting: the
	 * bytes between the two are held, those before the position need not be. */
	for (uint64_t i = (lines + MARK_LINES - 1) / MARK_LINES; i > 0; i--) {
		const struct room_mark *mark = &room->marks[(i - 1) % room->marks_count];

		if (mark->offset < position)
			break;
		end = mark->offset;
		end_lines = mark->lines;
	}
	return end_lines - ring_count_lines(&room->ring, position, end);
}

void room_wake_others(struct room *room, int handler)
{
	for (int i = 0; i < room->handlers; i++) {
		if (i != handler && atomic_load(&room->readers[i].min) != UINT64_MAX)
			waker_wake(room->readers[i].waker);
	}
}
