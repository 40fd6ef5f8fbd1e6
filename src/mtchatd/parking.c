/* parking.c - the bags, and which client is parked in which */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "common/log.h"
#include "mtchatd/crash.h"
#include "mtchatd/messages.h"
#include "mtchatd/parking.h"

enum { STORE_PATIENCE_MS = 5000 }; /* for the manager to take one descriptor, at a start */

static void name_ends(char in[STORE_NAME_MAX], char out[STORE_NAME_MAX], uint32_t number)
{
	snprintf(in, STORE_NAME_MAX, "b%u.in", number);
	snprintf(out, STORE_NAME_MAX, "b%u.out", number);
}

static int make_bag(struct parking *parking, uint32_t number)
{
	struct bag *bag = &parking->bags[number];
	char in[STORE_NAME_MAX], out[STORE_NAME_MAX];
	int r;

	name_ends(in, out, number);
	r = bag_new(bag);
	if (r < 0)
		return r;
	crash_point(CRASH_BAG_MADE);
	r = store_put_waiting(parking->store, in, bag->in, STORE_PATIENCE_MS);
	if (r >= 0)
		r = store_put_waiting(parking->store, out, bag->out, STORE_PATIENCE_MS);
	if (r < 0) {
		store_remove(parking->store, in);
		bag_done(bag);
	}
	return r;
}

/* From the store, if both of its ends are there. */
static bool claim_bag(struct parking *parking, uint32_t number)
{
	struct bag bag = {.in = -1, .out = -1};
	char in[STORE_NAME_MAX], out[STORE_NAME_MAX];

	name_ends(in, out, number);
	bag.in = store_claim(parking->store, in);
	bag.out = store_claim(parking->store, out);
	if (bag.in >= 0 && bag.out >= 0) {
		parking->bags[number] = bag;
		return true;
	}
	bag_done(&bag);
	store_remove(parking->store, in);
	store_remove(parking->store, out);
	return false;
}

static int tell(int r)
{
	return log_event_errno(r, (&(struct log_fields){.message_id = MESSAGE_NOT_KEPT}),
			       "cannot keep connections: a crash would end some");
}

int parking_reserve(struct parking *parking, uint32_t clients)
{
	uint32_t count = (clients + BAG_SLOTS - 1) / BAG_SLOTS;

	if (!parking->store->there)
		return 0;
	while (parking->count < count) {
		int r = make_bag(parking, parking->count);

		if (r < 0)
			return tell(r);
		parking->count++;
	}
	return 0;
}

int parking_open(struct parking *parking, struct core *core, struct store *store)
{
	uint32_t count = 0;

	*parking = (struct parking){.core = core, .store = store};
	if (!store->there)
		return 0;
	/* Also those behind a gap: the arena that knew how many there are may be lost. */
	for (uint32_t i = 0; store_has_any(store) && i < BAGS_MAX; i++) {
		if (!claim_bag(parking, i))
			parking->bags[i] = (struct bag){.in = -1, .out = -1};
		else
			count = i + 1;
	}
	for (uint32_t i = 0; i < count; i++) {
		int r = parking->bags[i].in < 0 ? make_bag(parking, i) : 0;

		if (r < 0)
			return tell(r);
		parking->count = i + 1;
	}
	return 0;
}

void parking_done(struct parking *parking)
{
	for (uint32_t i = 0; i < parking->count; i++)
		bag_done(&parking->bags[i]);
	parking->count = 0;
}

/* Is it parked for a client that is still here? */
static bool is_here(void *context, const struct parked *who)
{
	const struct core *core = context;
	const struct slot *slot;

	if (who->slot >= SLOTS_MAX)
		return false;
	slot = &core->slots[who->slot];
	return slot->use != SLOT_FREE && slot->cookie == who->cookie;
}

void parking_tidy(struct parking *parking)
{
	for (uint32_t i = 0; i < parking->count; i++)
		bag_compact(&parking->bags[i], is_here, parking->core);
}

void parking_park(struct parking *parking, uint32_t slot, uint64_t cookie, int fd)
{
	const struct parked who = {.cookie = cookie, .slot = slot};
	struct bag *bag = &parking->bags[slot / BAG_SLOTS];
	int r;

	if (!parking->store->there)
		return;
	r = parking_reserve(parking, slot + 1);
	if (r >= 0 && bag->messages >= BAG_MESSAGES_MAX)
		r = bag_compact(bag, is_here, parking->core);
	if (r >= 0)
		r = bag_park(bag, &who, fd);
	if (r < 0 && !parking->failed)
		tell(r);
	parking->failed = r < 0;
}

int parking_park_stray(struct parking *parking, int fd)
{
	struct parked who = {.slot = PARKED_NOWHERE};
	socklen_t size = sizeof(who.cookie);
	int r = -EAGAIN;

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &who.cookie, &size) < 0)
		return -errno;
	for (uint32_t i = 0; i < parking->count && r < 0; i++)
		r = bag_park(&parking->bags[i], &who, fd);
	return r;
}
