/* names.c - who has which name: chains of entries in a table that doubles */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "mtchatd/names.h"
#include "mtchatd/siphash.h"

enum { BUCKETS_MIN = 64 };

struct names_entry {
	struct names_entry *next;
	uint64_t hash; /* so that growing does not hash again, and most others differ here */
	uint32_t slot;
	uint32_t size;
	char folded[];
};

int names_init(struct names *names)
{
	ssize_t n;

	*names = (struct names){.lock = PTHREAD_MUTEX_INITIALIZER};
	n = getrandom(names->key, sizeof(names->key), 0);
	if (n != sizeof(names->key)) /* never for so few bytes, but for a filter of system calls */
		return n < 0 ? -errno : -EIO;
	names->buckets = calloc(BUCKETS_MIN, sizeof(struct names_entry *));
	if (!names->buckets)
		return -ENOMEM;
	names->size = BUCKETS_MIN;
	return 0;
}

void names_done(struct names *names)
{
	for (uint32_t i = 0; i < names->size; i++) {
		struct names_entry *entry = names->buckets[i];

		while (entry) {
			struct names_entry *next = entry->next;

			free(entry);
			entry = next;
		}
	}
	free(names->buckets);
	names->buckets = NULL;
	names->size = names->count = 0;
}

void names_lock(struct names *names)
{
	pthread_mutex_lock(&names->lock);
}

void names_unlock(struct names *names)
{
	pthread_mutex_unlock(&names->lock);
}

static uint64_t hash_of(const struct names *names, const struct name *name)
{
	return siphash(names->key, name->folded, name->folded_size);
}

/* What points at the entry of this name, or, if there is none, at the end of its chain. */
static struct names_entry **link_to(const struct names *names, const struct name *name,
				    uint64_t hash)
{
	struct names_entry **link = &names->buckets[hash & (names->size - 1)];

	for (; *link; link = &(*link)->next) {
		const struct names_entry *entry = *link;

		if (entry->hash == hash && entry->size == name->folded_size &&
		    memcmp(entry->folded, name->folded, entry->size) == 0)
			break;
	}
	return link;
}

bool names_find(const struct names *names, const struct name *name, uint32_t *ret_slot)
{
	const struct names_entry *entry = *link_to(names, name, hash_of(names, name));

	if (!entry)
		return false;
	*ret_slot = entry->slot;
	return true;
}

/* If there is no memory for it, chains are longer, and the next name tries again. */
static void grow(struct names *names)
{
	uint32_t size = names->size * 2;
	struct names_entry **buckets = calloc(size, sizeof(struct names_entry *));

	if (!buckets)
		return;
	for (uint32_t i = 0; i < names->size; i++) {
		struct names_entry *entry = names->buckets[i];

		while (entry) {
			struct names_entry **first = &buckets[entry->hash & (size - 1)];
			struct names_entry *next = entry->next;

			entry->next = *first;
			*first = entry;
			entry = next;
		}
	}
	free(names->buckets);
	names->buckets = buckets;
	names->size = size;
}

static struct names_entry *new_entry(const struct name *name, uint64_t hash, uint32_t slot)
{
	struct names_entry *entry = malloc(sizeof(*entry) + name->folded_size);

	if (!entry)
		return NULL;
	*entry = (struct names_entry){.hash = hash,
				      .slot = slot,
				      .size = (uint32_t)name->folded_size};
	memcpy(entry->folded, name->folded, name->folded_size);
	return entry;
}

int names_add(struct names *names, const struct name *name, uint32_t slot)
{
	uint64_t hash = hash_of(names, name);
	struct names_entry **link = link_to(names, name, hash);

	if (*link)
		return (*link)->slot == slot ? 0 : -EEXIST;
	*link = new_entry(name, hash, slot);
	if (!*link)
		return -ENOMEM;
	if (++names->count > names->size)
		grow(names);
	return 0;
}

void names_hand_over(struct names *names, const struct name *name, uint32_t slot)
{
	struct names_entry *entry = *link_to(names, name, hash_of(names, name));

	if (entry)
		entry->slot = slot;
}

void names_remove(struct names *names, const struct name *name)
{
	struct names_entry **link = link_to(names, name, hash_of(names, name));
	struct names_entry *entry = *link;

	if (!entry)
		return;
	*link = entry->next;
	free(entry);
	names->count--;
}

void names_each(const struct names *names,
		void (*visit)(void *context, uint32_t slot, const char *folded, size_t size),
		void *context)
{
	for (uint32_t i = 0; i < names->size; i++) {
		for (const struct names_entry *entry = names->buckets[i]; entry;
		     entry = entry->next)
			visit(context, entry->slot, entry->folded, entry->size);
	}
}
