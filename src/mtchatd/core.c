/* core.c - what the threads of the daemon share, and where it lies in the arena */
#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "mtchatd/core.h"
#include "mtchatd/outbox.h"

static uint64_t pages(uint64_t size)
{
	return (size + ARENA_PAGE - 1) / ARENA_PAGE * ARENA_PAGE;
}

/*
 * The layout: everything has its place for the largest configuration there can be, so that
 * no change of settings needs another.  Sparse: untouched pages cost nothing.
 */
struct layout {
	uint64_t records, rooms, slots, inputs, outboxes, areas, end;
};

static struct layout layout(void)
{
	struct layout at;

	at.records = pages(sizeof(struct arena_header));
	at.rooms = at.records + pages(HANDLERS_MAX * sizeof(struct redo_record));
	at.slots = at.rooms + pages(ROOMS_MAX * sizeof(struct room_record));
	at.inputs = at.slots + pages(SLOTS_MAX * sizeof(struct slot));
	at.outboxes = at.inputs + (uint64_t)SLOTS_MAX * INPUT_SIZE;
	at.areas = at.outboxes + SLOTS_MAX * pages(sizeof(struct outbox));
	at.end = at.areas + ROOMS_MAX * ROOM_AREA;
	return at;
}

static int make_arena(struct core *core, uint64_t ring_size)
{
	const struct layout at = layout();
	struct waker *wakers[HANDLERS_MAX];
	struct room_place lobby;
	int r;

	/* The rooms' areas are mapped by the rooms, twice in a row. */
	r = arena_new(&core->arena, at.end, at.areas, LAYOUT_VERSION);
	if (r < 0)
		return r;
	core->records = (void *)(core->arena.bytes + at.records);
	core->slots = (void *)(core->arena.bytes + at.slots);
	lobby = (struct room_place){
		.arena = &core->arena,
		.record = (void *)(core->arena.bytes + at.rooms),
		.area = at.areas,
	};

	r = pool_init(&core->inputs, &core->arena, at.inputs, INPUT_SIZE, SLOTS_MAX);
	if (r < 0)
		return r;
	r = pool_init(&core->outboxes, &core->arena, at.outboxes, pages(sizeof(struct outbox)),
		      SLOTS_MAX);
	if (r < 0)
		return r;

	for (int i = 0; i < core->handlers; i++)
		wakers[i] = &core->handler[i];
	return room_new(&core->lobby, &lobby, "lobby", ring_size, wakers, core->handlers);
}

static int make_wakers(struct core *core)
{
	int r = waker_init(&core->acceptor);

	for (int i = 0; r >= 0 && i < core->handlers; i++)
		r = waker_init(&core->handler[i]);
	return r;
}

static void core_freep(struct core **core)
{
	core_free(*core);
}

int core_new(struct core **ret, const struct tune *tune, int handlers, uint64_t ring_size)
{
	CLEANUP(core_freep) struct core *core = NULL;
	int r;

	core = aligned_alloc(_Alignof(struct core), sizeof(*core));
	if (!core)
		return -ENOMEM;
	*core = (struct core){.arena.fd = -1, .tune = *tune, .handlers = handlers};
	core->acceptor.fd = -1;
	for (int i = 0; i < handlers; i++)
		core->handler[i].fd = -1;
	core->clients = calloc(SLOTS_MAX, sizeof(*core->clients)); /* sparse */
	if (!core->clients)
		return -ENOMEM;
	r = admission_init(&core->admission);
	if (r < 0)
		return r;
	r = make_wakers(core);
	if (r < 0)
		return r;
	r = make_arena(core, ring_size);
	if (r < 0)
		return r;

	*ret = core;
	core = NULL;
	return 0;
}

void core_free(struct core *core)
{
	if (!core)
		return;
	room_free(core->lobby);
	for (int i = 0; i < core->handlers; i++)
		waker_done(&core->handler[i]);
	waker_done(&core->acceptor);
	pool_done(&core->outboxes);
	pool_done(&core->inputs);
	arena_done(&core->arena);
	admission_done(&core->admission);
	free(core->clients);
	free(core);
}
