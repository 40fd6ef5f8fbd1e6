/* admission.c - who may come in: the counting semaphore of the house */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "mtchatd/admission.h"
#include "mtchatd/slot.h"

struct address_count {
	struct in6_addr counted; /* first: a bare address can be searched for */
	uint32_t clients;
};

int admission_init(struct admission *admission)
{
	*admission = (struct admission){.lock = PTHREAD_MUTEX_INITIALIZER};
	admission->idle = malloc(SLOTS_MAX * sizeof(*admission->idle)); /* sparse */
	admission->claimed = calloc(SLOTS_MAX / 8 + 1, 1);
	return admission->idle && admission->claimed ? 0 : -ENOMEM;
}

void admission_done(struct admission *admission)
{
	free(admission->idle);
	free(admission->claimed);
	tdestroy(admission->addresses, free);
	*admission = (struct admission){.lock = PTHREAD_MUTEX_INITIALIZER};
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct in6_addr));
}

static struct in6_addr counted(const struct in6_addr *address)
{
	struct in6_addr counted = *address;

	if (admission_counts_net(address))
		memset(&counted.s6_addr[8], 0, 8);
	return counted;
}

/* Its count; a new one of 0 clients if there is none.  NULL: no memory. */
static struct address_count *count_of(struct admission *admission, const struct in6_addr *address)
{
	const struct in6_addr key = counted(address);
	struct address_count **found = tfind(&key, &admission->addresses, compare);
	struct address_count *count;

	if (found)
		return *found;
	count = malloc(sizeof(*count));
	if (!count)
		return NULL;
	*count = (struct address_count){.counted = key};
	if (!tsearch(count, &admission->addresses, compare)) {
		free(count);
		return NULL;
	}
	return count;
}

static int take(struct admission *admission, const struct in6_addr *address, uint32_t max_clients,
		uint32_t max_per_address, uint32_t *ret)
{
	if (admission->taken >= max_clients || (!admission->idles && admission->fresh >= SLOTS_MAX))
		return HOUSE_FULL;
	if (address) {
		struct address_count *count = count_of(admission, address);

		if (!count)
			return -ENOMEM;
		if (max_per_address && count->clients >= max_per_address)
			return ADDRESS_FULL;
		count->clients++;
	}
	admission->taken++;
	*ret = admission->idles ? admission->idle[--admission->idles] : admission->fresh++;
	return ADMITTED;
}

int admission_take(struct admission *admission, const struct in6_addr *address,
		   uint32_t max_clients, uint32_t max_per_address, uint32_t *ret)
{
	int r;

	pthread_mutex_lock(&admission->lock);
	r = take(admission, address, max_clients, max_per_address, ret);
	pthread_mutex_unlock(&admission->lock);
	return r;
}

static void forget(struct admission *admission, const struct in6_addr *address)
{
	const struct in6_addr key = counted(address);
	struct address_count **found = tfind(&key, &admission->addresses, compare);
	struct address_count *count;

	if (!found || --(*found)->clients)
		return;
	count = *found;
	tdelete(count, &admission->addresses, compare);
	free(count);
}

void admission_give(struct admission *admission, const struct in6_addr *address, uint32_t slot)
{
	pthread_mutex_lock(&admission->lock);
	if (address)
		forget(admission, address);
	admission->taken--;
	admission->idle[admission->idles++] = slot;
	pthread_mutex_unlock(&admission->lock);
}

static bool is_claimed(const struct admission *admission, uint32_t slot)
{
	return admission->claimed[slot / 8] & 1U << slot % 8;
}

/* Without the lock, as admission_settle(): there is no other thread yet. */
bool admission_claim(struct admission *admission, const struct in6_addr *address, uint32_t slot)
{
	if (slot >= SLOTS_MAX || is_claimed(admission, slot))
		return false;
	if (address) {
		struct address_count *count = count_of(admission, address);

		if (!count)
			return false;
		count->clients++;
	}
	admission->claimed[slot / 8] |= (uint8_t)(1U << slot % 8);
	admission->taken++;
	if (slot >= admission->fresh)
		admission->fresh = slot + 1;
	return true;
}

int admission_settle(struct admission *admission, uint32_t used)
{
	if (used > SLOTS_MAX || used < admission->fresh)
		return -EINVAL;
	admission->fresh = used;
	for (uint32_t slot = used; slot-- > 0;)
		if (!is_claimed(admission, slot))
			admission->idle[admission->idles++] = slot;
	free(admission->claimed);
	admission->claimed = NULL;
	return 0;
}

uint32_t admission_taken(struct admission *admission)
{
	uint32_t taken;

	pthread_mutex_lock(&admission->lock);
	taken = admission->taken;
	pthread_mutex_unlock(&admission->lock);
	return taken;
}
