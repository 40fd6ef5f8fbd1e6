/*
 * core.h - what the threads of the daemon share
 *
 * Made before the first of them starts and freed after the last has ended; what changes in
 * between has its own lock or is one atomic word.
 */
#pragma once

#include "mtchatd/admission.h"
#include "mtchatd/arena.h"
#include "mtchatd/client.h"
#include "mtchatd/legacy.h"
#include "mtchatd/limits.h"
#include "mtchatd/names.h"
#include "mtchatd/pool.h"
#include "mtchatd/recall.h"
#include "mtchatd/redo.h"
#include "mtchatd/rooms.h"
#include "mtchatd/slot.h"
#include "mtchatd/tag.h"
#include "mtchatd/tune.h"
#include "mtchatd/waker.h"

enum {
	HANDLERS_MAX = 256,
	LAYOUT_VERSION = 7,
	COMMANDS_BURST = 200, /* of one client, before it is read more slowly */
	/* A line that is not whole, and room to receive behind it wherever it lies. */
	INPUT_SIZE = 192 << 10,
};

_Static_assert(HANDLERS_MAX <= UINT16_MAX, "a client names its handler in 16 bits");

#define GAP_UNKNOWN UINT64_MAX

/* What the arena holds of a handler. */
struct handler_record {
	struct redo_record redo;
	struct hand hand;
};

struct core {
	struct arena arena;
	struct legacy *legacy;          /* in the arena */
	struct handler_record *records; /* HANDLERS_MAX of them, in the arena */
	struct slot *slots;             /* SLOTS_MAX of them, in the arena */
	struct tag *tags;               /* one for each slot, in the arena */
	struct client *clients;         /* one for each slot: what need not last; cache lines */
	uint64_t *accounts;             /* one for each client, who alone has it: naming.h */
	struct pool inputs;
	struct pool outboxes;

	/* Over what is added to and returned of any outbox; the count of what was sent is its
	 * client's handler's alone.  Inside a room's lock, outside the names'. */
	pthread_mutex_t mail;
	struct names names;
	struct recalls recalls; /* the names' lock */
	struct rooms rooms;

	struct limits limits;
	struct tune tune;
	struct admission admission;
	struct waker acceptor;
	atomic_bool acceptor_waits; /* for a descriptor: wake it when a client has gone */

	struct waker handler[HANDLERS_MAX];
	struct waker *wakers[HANDLERS_MAX]; /* the same */
	struct handler *crew[HANDLERS_MAX]; /* stored before they start */
	int handlers;
	atomic_int starting; /* threads that have not served yet (breaker.h) */

	uint64_t gap_ms;      /* the start: how long nobody was there, or GAP_UNKNOWN */
	atomic_bool stopping; /* for good: all clients leave */
	atomic_bool resting;  /* for the next process: handlers end between two calls */
};

/* An empty arena that is laid out for a core.  0, or -errno. */
int core_new_arena(struct arena *ret);

/* One that another process has filled: as arena_adopt(). */
int core_adopt_arena(struct arena *ret, int fd);

/* Where they lie. */
struct legacy *core_legacy(const struct arena *arena);
struct handler_record *core_records(const struct arena *arena);

/*
 * Takes over the arena, also if it fails.  In one that another process has filled, commits that
 * were cut short are finished, and its rooms go on.  ring_size: of a new lobby, in bytes.
 * Logs nothing.  0; -EBADMSG: what was found cannot be; or another -errno.
 */
int core_new(struct core **ret, struct arena *arena, const struct tune *tune, int handlers,
	     uint64_t ring_size);
void core_free(struct core *core);

static inline struct room *core_room(const struct core *core, uint32_t number)
{
	return core->rooms.list[number];
}

/* A log of a room that has a user. */
static inline struct rendering *core_log(const struct core *core, uint32_t log)
{
	return &core_room(core, log_room(log))->renderings[log_kind(log)];
}

/* The slot's own number. */
static inline uint32_t core_number(const struct core *core, const struct slot *slot)
{
	return (uint32_t)(slot - core->slots);
}

static inline struct outbox *core_outbox(const struct core *core, uint64_t number)
{
	return (struct outbox *)(void *)pool_at(&core->outboxes, (uint32_t)number);
}
