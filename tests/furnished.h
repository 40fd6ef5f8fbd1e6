/*
 * furnished.h - an arena full of furniture (furniture.h), and the connections that go with it
 *
 * The arena is made once, and copied; connections are made anew each time, in a real bag, since
 * what the kernel has counted of them cannot be turned back.
 */
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "mtchatd/bag.h"

#include "connected.h"
#include "furniture.h"
#include "parked.h"

/* Those that no slot knows follow after the slots' own. */
enum {
	GUEST_NEW = GUEST_SLOTS, /* parked for a slot that does not know it yet */
	GUEST_STRAY,             /* TCP; the keeper parked it */
	GUESTS,
};

enum { FURNISHED_PAGES_MAX = 1024 };

struct furnished {
	struct core *model; /* keeps the arena mapped; nothing of it is run */
	struct {
		off_t offset;
		char bytes[ARENA_PAGE];
	} pages[FURNISHED_PAGES_MAX]; /* of the model, as it was made */
	size_t page_count;
	off_t size;

	/* Of this time. */
	struct connected guests[GUESTS];
	uint64_t cookies[GUESTS];
	struct bag bag;
};

/* Copies the pages that are there. */
static inline void copy_pages(struct furnished *furnished, int fd)
{
	off_t at = 0, end = 0;

	while ((at = lseek(fd, end, SEEK_DATA)) >= 0) {
		end = lseek(fd, at, SEEK_HOLE);
		for (; at < end; at += ARENA_PAGE) {
			require(furnished->page_count < FURNISHED_PAGES_MAX);
			furnished->pages[furnished->page_count].offset = at;
			require(pread(fd, furnished->pages[furnished->page_count].bytes, ARENA_PAGE,
				      at) == ARENA_PAGE);
			furnished->page_count++;
		}
	}
}

/* ring_size: as furnish(). */
static inline void furnished_make(struct furnished *furnished, uint64_t ring_size)
{
	const struct tune tune = TUNE_DEFAULT;
	struct arena arena;
	struct stat st;

	require(core_new_arena(&arena) == 0);
	require(core_new(&furnished->model, &arena, &tune, 1, ring_size) == 0);
	furnish(furnished->model, ring_size);
	require(fstat(furnished->model->arena.fd, &st) == 0);
	furnished->size = st.st_size;
	copy_pages(furnished, furnished->model->arena.fd);
}

/* What it said before the process died: all was received. */
static inline void hear(const struct connected *c)
{
	char heard[sizeof(speech) - 1];

	require(send(c->peer, speech, sizeof(heard), MSG_NOSIGNAL) == (ssize_t)sizeof(heard));
	require(recv(c->us, heard, sizeof(heard), MSG_WAITALL) == (ssize_t)sizeof(heard));
}

static inline void give(const struct connected *c, const char *bytes, size_t size)
{
	require(send(c->us, bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
}

static inline void act(const struct furnished *furnished, unsigned guest, struct connected *c)
{
	const struct core *model = furnished->model;
	const struct slot *slot = &model->slots[guest < GUEST_SLOTS ? guest : 0];

	if (guest < GUEST_SLOTS)
		hear(c);
	switch (guest) {
	case GUEST_ANSWERS:
		give(c, core_outbox(model, guest + 1)->bytes + OUTBOX_BEGIN,
		     BASE_TAKEN + UNCOUNTED);
		break;
	case GUEST_READS:
	case GUEST_PROGRAM:
		give(c, ring_at(&core_log(model, slot_log(slot))->ring, word_get(&slot->cursor)),
		     UNCOUNTED);
		break;
	case GUEST_RESET:
		shutdown(c->peer, SHUT_WR);
		await_state(c->us, 8);
		reset_peer(c);
		await_state(c->us, 7);
		break;
	case GUEST_DRAINS:
		shutdown(c->us, SHUT_WR);
		break;
	default:
		break;
	}
}

static inline void park_guest(struct furnished *furnished, unsigned guest)
{
	struct connected *c = &furnished->guests[guest];
	struct parked who = parked_as(c->us, guest == GUEST_STRAY ? PARKED_NOWHERE : guest);

	furnished->cookies[guest] = who.cookie;
	require(bag_park(&furnished->bag, &who, c->us) == 0);
	if (guest < GUEST_SLOTS)
		furnished->model->slots[guest].cookie = who.cookie;
}

static inline void furnished_begin(struct furnished *furnished)
{
	int fd = furnished->model->arena.fd;

	require(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, furnished->size) == 0);
	for (size_t i = 0; i < furnished->page_count; i++)
		require(pwrite(fd, furnished->pages[i].bytes, ARENA_PAGE,
			       furnished->pages[i].offset) == ARENA_PAGE);
	require(bag_new(&furnished->bag) == 0);
	for (unsigned guest = 0; guest < GUESTS; guest++) {
		struct connected *c = &furnished->guests[guest];
		bool tcp = guest <= GUEST_RESET || guest == GUEST_STRAY;

		*c = connect_pair(tcp ? AF_INET : AF_UNIX);
		setsockopt(c->us, SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int));
		act(furnished, guest, c);
		park_guest(furnished, guest);
	}
}

/* With a reset: else each would be remembered for a minute. */
static inline void furnished_end(struct furnished *furnished)
{
	bag_done(&furnished->bag);
	for (unsigned guest = 0; guest < GUESTS; guest++) {
		struct connected *c = &furnished->guests[guest];

		if (c->peer >= 0)
			reset_peer(c);
		disconnect_pair(c);
	}
}
