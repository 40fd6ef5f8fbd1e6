/*
 * admission.h - who may come in: the counting semaphore of the house
 *
 * A place is a slot.  There are max_clients of them, and at most max_per_address for one
 * address; whoever is one too many is told so, not kept waiting.  The acceptor takes places,
 * handlers give them back.  One mutex; an address costs a
 * walk down a balanced tree, so strangers cannot choose addresses that make it slow.
 *
 * IPv6 is counted by its first 64 bits: whoever has one address of these has them all.
 */
#pragma once

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum admission_answer { ADMITTED, HOUSE_FULL, ADDRESS_FULL };

struct admission {
	pthread_mutex_t lock;
	uint32_t *idle;   /* lock; a stack of slots given back: the last one is taken first */
	uint32_t idles;   /* lock */
	uint32_t fresh;   /* lock; the first slot that was never taken */
	uint32_t taken;   /* lock */
	uint8_t *claimed; /* a bit for each place; until admission_settle() only */
	void *addresses;  /* lock; tsearch(3) tree: how many clients each address has */
};

/* Does the address stand for all that begin as it does?  (Not one of IPv4, ::ffff:a.b.c.d.) */
static inline bool admission_counts_net(const struct in6_addr *address)
{
	return !IN6_IS_ADDR_V4MAPPED(address);
}

/* What a client is told that it has too much from: "address" or "/64 network". */
static inline const char *admission_whose(const struct in6_addr *address)
{
	return admission_counts_net(address) ? "/64 network" : "address";
}

/* 0, or -ENOMEM. */
int admission_init(struct admission *admission);
void admission_done(struct admission *admission);

/*
 * Takes a place.  address: NULL for a local client, which no limit for addresses concerns.
 * max_per_address: 0 for no limit.  ADMITTED: *ret is the slot's number.  -ENOMEM.
 */
int admission_take(struct admission *admission, const struct in6_addr *address,
		   uint32_t max_clients, uint32_t max_per_address, uint32_t *ret);

/* Gives a place back, with the address it was taken with. */
void admission_give(struct admission *admission, const struct in6_addr *address, uint32_t slot);

/*
 * After a crash, before the first admission_take(): the place is taken already, whatever the
 * limits say now.  False: there is no such place, or it is claimed twice, or no memory is left.
 */
bool admission_claim(struct admission *admission, const struct in6_addr *address, uint32_t slot);

/*
 * All are claimed: of the first `used` places, the others are idle, the lowest is taken first;
 * those behind are fresh.  0; -EINVAL: there are not so many, or one behind is claimed.
 */
int admission_settle(struct admission *admission, uint32_t used);

/* How many places are taken. */
uint32_t admission_taken(struct admission *admission);
