/* core.c - what the threads of the daemon share, and where it lies in the arena */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "common/cleanup.h"
#include "mtchatd/core.h"
#include "mtchatd/crash.h"
#include "mtchatd/outbox.h"

#define CLIENTS_SIZE  (SLOTS_MAX * sizeof(struct client))
#define ACCOUNTS_SIZE (SLOTS_MAX * sizeof(uint64_t))

static uint64_t pages(uint64_t size)
{
	return (size + ARENA_PAGE - 1) / ARENA_PAGE * ARENA_PAGE;
}

/*
 * The layout: everything has its place for the largest configuration there can be, so that
 * no change of settings needs another.  Sparse: untouched pages cost nothing.
 */
struct layout {
	uint64_t legacy, records, rooms, slots, tags, recalls, inputs, outboxes, areas, end;
};

static struct layout layout(void)
{
	struct layout at;

	at.legacy = pages(sizeof(struct arena_header));
	at.records = at.legacy + pages(sizeof(struct legacy));
	at.rooms = at.records + pages(HANDLERS_MAX * sizeof(struct handler_record));
	at.slots = at.rooms + pages(ROOMS_MAX * sizeof(struct room_record));
	at.tags = at.slots + pages(SLOTS_MAX * sizeof(struct slot));
	at.recalls = at.tags + pages(SLOTS_MAX * sizeof(struct tag));
	at.inputs = at.recalls + pages(RECALL_NAMES * sizeof(struct recall_record));
	at.outboxes = at.inputs + (uint64_t)SLOTS_MAX * INPUT_SIZE;
	at.areas = at.outboxes + SLOTS_MAX * pages(sizeof(struct outbox));
	at.end = at.areas + ROOMS_MAX * ROOM_AREA;
	return at;
}

int core_new_arena(struct arena *ret)
{
	const struct layout at = layout();

	/* The rooms' areas are mapped by the rooms, twice in a row. */
	return arena_new(ret, at.end, at.areas, LAYOUT_VERSION);
}

int core_adopt_arena(struct arena *ret, int fd)
{
	const struct layout at = layout();

	return arena_adopt(ret, fd, at.end, at.areas, LAYOUT_VERSION);
}

struct legacy *core_legacy(const struct arena *arena)
{
	return (void *)(arena->bytes + layout().legacy);
}

struct handler_record *core_records(const struct arena *arena)
{
	return (void *)(arena->bytes + layout().records);
}

/* Finishes what handlers were committing when they died. */
static int redo_all(struct core *core, const struct layout *at)
{
	for (int i = 0; i < HANDLERS_MAX; i++) {
		struct redo redo = {&core->records[i].redo, core->arena.bytes, 0};

		if (!redo_is_sound(redo.record, at->rooms, at->areas))
			return -EBADMSG;
		redo_again(&redo);
	}
	crash_point(CRASH_REDONE);
	return 0;
}

static int open_rooms(struct core *core, const struct layout *at, uint64_t ring_size)
{
	core->rooms.arena = &core->arena;
	core->rooms.records = (void *)(core->arena.bytes + at->rooms);
	core->rooms.top = &core->legacy->rooms;
	core->rooms.areas = at->areas;
	core->rooms.wakers = core->wakers;
	core->rooms.handlers = core->handlers;
	return rooms_init(&core->rooms, ring_size);
}

/* Whoever finds one that is all zeros has made the arena. */
static int make_secret(struct legacy *legacy)
{
	uint64_t secret[KEY_SECRET_WORDS];

	if (legacy->secret[0])
		return 0;
	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return -EIO;
	secret[0] |= 1;
	/* The first word last: a secret that is half stored is made anew. */
	for (int i = KEY_SECRET_WORDS - 1; i >= 0; i--) {
		legacy->secret[i] = secret[i];
		atomic_signal_fence(memory_order_seq_cst);
	}
	return 0;
}

static int open_arena(struct core *core, uint64_t ring_size)
{
	const struct layout at = layout();
	int r;

	core->legacy = core_legacy(&core->arena);
	core->records = core_records(&core->arena);
	core->slots = (void *)(core->arena.bytes + at.slots);
	core->tags = (void *)(core->arena.bytes + at.tags);
	r = pool_init(&core->inputs, &core->arena, at.inputs, INPUT_SIZE, SLOTS_MAX);
	if (r < 0)
		return r;
	r = pool_init(&core->outboxes, &core->arena, at.outboxes, pages(sizeof(struct outbox)),
		      SLOTS_MAX);
	if (r < 0)
		return r;
	r = redo_all(core, &at);
	if (r < 0)
		return r;
	r = make_secret(core->legacy);
	if (r < 0)
		return r;
	r = recalls_init(&core->recalls, (void *)(core->arena.bytes + at.recalls),
			 core->legacy->secret);
	if (r < 0)
		return r;
	return open_rooms(core, &at, ring_size);
}

/* Zeros, from a page's begin; a page costs nothing until it is written to.  NULL: no memory. */
static void *map_sparse(size_t size)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return map == MAP_FAILED ? NULL : map;
}

static void unmap(void *map, size_t size)
{
	if (map)
		munmap(map, size);
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

int core_new(struct core **ret, struct arena *arena, const struct tune *tune, int handlers,
	     uint64_t ring_size)
{
	CLEANUP(core_freep) struct core *core = NULL;
	int r;

	core = aligned_alloc(_Alignof(struct core), sizeof(*core));
	if (!core) {
		arena_done(arena);
		return -ENOMEM;
	}
	*core = (struct core){.mail = PTHREAD_MUTEX_INITIALIZER,
			      .arena = *arena,
			      .tune = *tune,
			      .handlers = handlers,
			      .starting = handlers};
	*arena = (struct arena){.fd = -1};
	core->acceptor.fd = -1;
	for (int i = 0; i < handlers; i++) {
		core->handler[i].fd = -1;
		core->wakers[i] = &core->handler[i];
	}
	core->clients = map_sparse(CLIENTS_SIZE);
	core->accounts = map_sparse(ACCOUNTS_SIZE);
	if (!core->clients || !core->accounts)
		return -ENOMEM;
	r = admission_init(&core->admission);
	if (r < 0)
		return r;
	r = names_init(&core->names);
	if (r < 0)
		return r;
	r = make_wakers(core);
	if (r < 0)
		return r;
	r = open_arena(core, ring_size);
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
	rooms_done(&core->rooms);
	recalls_done(&core->recalls);
	for (int i = 0; i < core->handlers; i++)
		waker_done(&core->handler[i]);
	waker_done(&core->acceptor);
	pool_done(&core->outboxes);
	pool_done(&core->inputs);
	arena_done(&core->arena);
	admission_done(&core->admission);
	names_done(&core->names);
	unmap(core->accounts, ACCOUNTS_SIZE);
	unmap(core->clients, CLIENTS_SIZE);
	free(core);
}
