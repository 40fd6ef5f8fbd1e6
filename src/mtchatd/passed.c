/* passed.c - sockets that a .socket unit of the service manager passes to each process */
#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "mtchatd/messages.h"
#include "mtchatd/passed.h"

/* What an older process left in the store is no socket unit's: the arena, listeners ("l0"), bags
 * ("b0.in", "b0.out"). */
static bool is_ours(const char *name)
{
	size_t digits = *name ? strspn(name + 1, "0123456789") : 0;
	const char *rest = name + 1 + digits;

	if (!digits)
		return strcmp(name, "arena") == 0;
	if (name[0] == 'b')
		return strcmp(rest, ".in") == 0 || strcmp(rest, ".out") == 0;
	return name[0] == 'l' && !*rest;
}

static void tell_useless(int r, const char *name)
{
	log_write(LOG_WARNING, r == -EPROTOTYPE ? 0 : r,
		  &(struct log_fields){.message_id = MESSAGE_SOCKET_USELESS}, __FILE__, __LINE__,
		  __func__, "the service manager passed \"%s\", %s: it is closed", name,
		  r == -EPROTOTYPE ? "which is no listening TCP or Unix stream socket"
				   : "which cannot be used");
}

static int take(struct listeners *listeners, struct store *store, size_t i)
{
	struct listener *listener = listeners_find_free(listeners);
	union sock_address address;
	bool dual;
	int r;

	if (!listener || listeners->passed == LISTENERS_PASSED_MAX)
		return -ENOBUFS;
	r = sock_adopt(store->entries[i].fd, &address, &dual);
	if (r < 0)
		return r;
	*listener = (struct listener){
		.source.fd = store_claim_at(store, i),
		.address = address,
		.open = true,
		.passed = true,
		.dual = dual && IN6_IS_ADDR_UNSPECIFIED(&address.in6.sin6_addr),
	};
	listeners->passed++;
	return 0;
}

/* What is of no use stays in the list: store_forget_rest() closes it. */
void passed_take(struct listeners *listeners, struct store *store)
{
	for (size_t i = 0; i < store->count; i++) {
		const struct stored *entry = &store->entries[i];
		int r;

		if (entry->fd < 0 || is_ours(entry->name))
			continue;
		r = take(listeners, store, i);
		if (r < 0)
			tell_useless(r, entry->name);
	}
}
