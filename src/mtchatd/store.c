/* store.c - descriptors that the service manager keeps for the next process */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/deadline.h"
#include "mtchatd/store.h"

/* How many descriptors the manager keeps for us; 0: there is no store. */
static size_t store_size(void)
{
	const char *text = getenv("FDSTORE"); /* NOLINT(concurrency-mt-unsafe): no setenv */
	char *end;
	long size;

	if (!text || text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	size = strtol(text, &end, 10);
	return errno == 0 && *end == '\0' && size <= INT_MAX ? (size_t)size : 0;
}

/* Makes the list of what was handed to us; the names are the list's then, or freed. */
static int list_inherited(struct store *store, char **names, size_t count)
{
	struct stored *entries = calloc(count, sizeof(*entries));

	for (size_t i = 0; i < count; i++)
		if (entries)
			entries[i] = (struct stored){.name = names[i],
						     .fd = SD_LISTEN_FDS_START + (int)i};
		else
			free(names[i]);
	free(names);
	if (!entries)
		return -ENOMEM;
	store->entries = entries;
	store->count = count;
	store->inherited = store->there;
	return 0;
}

int store_open(struct store *ret, struct notify *notify)
{
	char **names = NULL;
	int count;

	*ret = (struct store){.notify = notify, .most = store_size()};
	ret->there = notify->fd >= 0 && ret->most > 0;
	count = sd_listen_fds_with_names(1, &names);
	return count > 0 ? list_inherited(ret, names, (size_t)count) : count;
}

void store_done(struct store *store)
{
	for (size_t i = 0; i < store->count; i++) {
		closep(&store->entries[i].fd);
		free(store->entries[i].name);
	}
	free(store->entries);
	*store = (struct store){0};
}

static struct stored *find(const struct store *store, const char *name)
{
	for (size_t i = 0; i < store->count; i++)
		if (strcmp(store->entries[i].name, name) == 0)
			return &store->entries[i];
	return NULL;
}

/* Whether one of that name is to stay in the manager's store. */
static bool is_kept(const struct store *store, const char *name)
{
	for (size_t i = 0; i < store->count; i++)
		if (store->entries[i].kept && strcmp(store->entries[i].name, name) == 0)
			return true;
	return false;
}

/* Takes one off the list; the others stay in their order. */
static void drop(struct store *store, size_t i)
{
	struct stored *entry = &store->entries[i];

	closep(&entry->fd);
	free(entry->name);
	memmove(entry, entry + 1, (--store->count - i) * sizeof(*entry));
}

static void disown(struct stored *entry)
{
	closep(&entry->fd);
	entry->fd = -1;
	entry->kept = false;
}

static int send_remove(const struct store *store, const char *name)
{
	if (!store->there)
		return 0;
	return notify_send(store->notify, "FDSTOREREMOVE=1\nFDNAME=%s\n", name);
}

bool store_has(const struct store *store, const char *name)
{
	if (!store->there)
		return false;
	for (size_t i = 0; i < store->count; i++) {
		if (store->entries[i].fd >= 0 && strcmp(store->entries[i].name, name) == 0)
			return true;
	}
	return false;
}

int store_claim(struct store *store, const char *name)
{
	struct stored *entry = store->there ? find(store, name) : NULL;

	if (!entry || entry->fd < 0)
		return -1;
	entry->kept = true;
	return take_fd(&entry->fd);
}

int store_claim_at(struct store *store, size_t i)
{
	store->entries[i].kept = true;
	return take_fd(&store->entries[i].fd);
}

/* Marked first: what the manager has no room to hear of now is told later. */
int store_remove(struct store *store, const char *name)
{
	int r;

	if (!store->there || !find(store, name))
		return 0;
	for (size_t i = 0; i < store->count; i++)
		if (strcmp(store->entries[i].name, name) == 0)
			disown(&store->entries[i]);
	r = send_remove(store, name);
	if (r < 0)
		return r;
	for (size_t i = store->count; i-- > 0;)
		if (strcmp(store->entries[i].name, name) == 0)
			drop(store, i);
	return 0;
}

/* All that is not claimed is closed first, whether the manager has room for our messages or not. */
int store_forget_rest(struct store *store)
{
	int forgotten = 0;
	size_t i = 0;

	for (size_t k = 0; k < store->count; k++)
		if (!store->entries[k].kept)
			disown(&store->entries[k]);
	while (i < store->count) {
		struct stored *entry = &store->entries[i];
		int r;

		if (entry->kept || is_kept(store, entry->name)) {
			entry->kept = true;
			i++;
			continue;
		}
		r = send_remove(store, entry->name);
		if (r < 0)
			return r;
		drop(store, i);
		forgotten++;
	}
	return forgotten;
}

/* Whether one of that name is kept, or may be claimed yet. */
static bool is_taken(const struct store *store, const char *name)
{
	const struct stored *entry = find(store, name);

	return entry && (entry->fd >= 0 || is_kept(store, name));
}

/* One that the manager takes (it would make another into "stored"), and a short one. */
static bool is_name(const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < size; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == ':')
			return false;
	return size > 0 && size < STORE_NAME_MAX;
}

int store_put(struct store *store, const char *name, int fd)
{
	struct stored *entries;
	char *copy;
	int r;

	if (!store->there)
		return 0;
	if (!is_name(name))
		return -EINVAL;
	if (is_taken(store, name))
		return -EEXIST;
	r = store_remove(store, name); /* what could not be sent when it was removed */
	if (r < 0)
		return r;
	if (store->count >= store->most)
		return -ENOSPC;
	/* Memory first: what was sent must be on the list. */
	entries = reallocarray(store->entries, store->count + 1, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	store->entries = entries;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	/* FDPOLL=0: a listener, or a socket in a bag, is not dropped because its other end is. */
	r = notify_send_fd(store->notify, fd, "FDSTORE=1\nFDNAME=%s\nFDPOLL=0\n", name);
	if (r < 0) {
		free(copy);
		return r;
	}
	entries[store->count++] = (struct stored){.name = copy, .fd = -1, .kept = true};
	return 0;
}

/* events 0: waits for POLLHUP alone. */
static int wait_for(int fd, short events, uint64_t deadline)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};
	int n;

	do
		n = poll(&poll_fd, 1, deadline_timeout(deadline));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n > 0 ? 0 : -ETIMEDOUT;
}

int store_put_waiting(struct store *store, const char *name, int fd, int ms)
{
	uint64_t deadline = clock_ms() + (uint64_t)ms;
	int r;

	while ((r = store_put(store, name, fd)) == -EAGAIN) {
		r = wait_for(store->notify->fd, POLLOUT, deadline);
		if (r < 0)
			return r;
	}
	return r;
}

/* The manager closes the pipe's end when its turn comes: it reads its messages in their order. */
int store_barrier(struct store *store, int ms)
{
	uint64_t deadline = clock_ms() + (uint64_t)ms;
	int ends[2], r;

	if (!store->there)
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	AUTO_CLOSE int read_end = ends[0];
	AUTO_CLOSE int write_end = ends[1];

	while ((r = notify_send_fd(store->notify, write_end, "BARRIER=1")) == -EAGAIN) {
		r = wait_for(store->notify->fd, POLLOUT, deadline);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	closep(&write_end);
	write_end = -1;
	return wait_for(read_end, 0, deadline);
}
