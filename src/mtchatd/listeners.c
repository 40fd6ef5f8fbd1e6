/* listeners.c - the sockets that clients come in by, as the configuration says */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "mtchatd/crash.h"
#include "mtchatd/listeners.h"
#include "mtchatd/messages.h"

enum { KEEP_PATIENCE_MS = 1000 }; /* for the manager, which hangs if it is not at once */

/* What the configuration asks for. */
struct wanted {
	union sock_address address[CONFIG_LISTEN_MAX + 1];
	bool may_lack[CONFIG_LISTEN_MAX + 1]; /* "all addresses": a kernel without IPv6 is fine */
	size_t count;
};

static void want_all_addresses(struct wanted *wanted, int port)
{
	sock_address_ip(&wanted->address[0], "0.0.0.0", port);
	sock_address_ip(&wanted->address[1], "::", port);
	wanted->may_lack[1] = true;
	wanted->count = 2;
}

static struct wanted wanted_by(const struct config *config)
{
	struct wanted wanted = {0};

	if (!config->listen[0][0])
		want_all_addresses(&wanted, config->port);
	for (size_t i = 0; i < CONFIG_LISTEN_MAX && config->listen[i][0]; i++)
		sock_address_ip(&wanted.address[wanted.count++], config->listen[i], config->port);
	if (config->socket[0])
		sock_address_unix(&wanted.address[wanted.count++], config->socket);
	return wanted;
}

static struct listener *find(struct listeners *listeners, const union sock_address *address)
{
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		struct listener *listener = &listeners->list[i];

		if (listener->open && !listener->retires &&
		    sock_address_same(&listener->address, address))
			return listener;
	}
	return NULL;
}

static struct listener *find_free(struct listeners *listeners)
{
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		if (!listeners->list[i].open)
			return &listeners->list[i];
	}
	return NULL;
}

/* Those that serve already may share their ports with new ones, or not any more. */
static int share_ports(const struct listeners *listeners, bool share)
{
	int count = 0;

	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		const struct listener *listener = &listeners->list[i];

		if (!listener->source.added || listener->address.any.sa_family == AF_UNIX)
			continue;
		sock_share_port(listener->source.fd, share);
		count++;
	}
	return count;
}

/*
 * "All addresses" and one of them overlap, and both are open for a moment when a reload goes
 * from one to the other.  Only then: somebody else's port is not for sharing.
 */
static int listen_on(const struct listeners *listeners, const union sock_address *address)
{
	int fd = sock_listen(address);

	if (fd == -EADDRINUSE && share_ports(listeners, true) > 0) {
		fd = sock_listen_beside(address);
		share_ports(listeners, false);
	}
	return fd;
}

static void name_of(const struct listeners *listeners, const struct listener *listener,
		    char name[STORE_NAME_MAX])
{
	snprintf(name, STORE_NAME_MAX, "l%d", (int)(listener - listeners->list));
}

/* What the file of a Unix socket is, so that it is known again. */
static struct socket_file file_of(const union sock_address *address)
{
	struct stat st;

	if (address->any.sa_family != AF_UNIX || stat(address->un.sun_path, &st) < 0)
		return (struct socket_file){0};
	return (struct socket_file){.device = st.st_dev, .inode = st.st_ino};
}

static bool is_same_file(const struct socket_file *a, const struct socket_file *b)
{
	return a->device == b->device && a->inode == b->inode;
}

/* Without it the listener serves as well, but connections wait in vain while we restart. */
static void keep(struct listeners *listeners, const struct listener *listener)
{
	char name[STORE_NAME_MAX];
	int r;

	name_of(listeners, listener, name);
	crash_point(CRASH_LISTENER_OPEN);
	r = store_put_waiting(listeners->store, name, listener->source.fd, KEEP_PATIENCE_MS);
	if (r < 0)
		log_event_errno(r, (&(struct log_fields){.message_id = MESSAGE_NOT_KEPT}),
				"cannot keep a listener: a restart would close it");
}

static int open_one(struct listeners *listeners, const union sock_address *address,
		    struct listener **ret)
{
	struct listener *listener = find_free(listeners);
	int fd;

	if (!listener)
		return -EBUSY; /* old ones still retire */
	fd = listen_on(listeners, address);
	if (fd < 0)
		return fd;
	*listener = (struct listener){.source.fd = fd, .address = *address, .open = true};
	listeners->legacy->socket_files[listener - listeners->list] = file_of(address);
	keep(listeners, listener);
	*ret = listener;
	return 0;
}

/* Is it a socket that listens?  Then *ret is where. */
static bool listens(int fd, union sock_address *ret)
{
	int yes = 0;
	socklen_t size = sizeof(yes);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &size) < 0 || !yes)
		return false;
	*ret = (union sock_address){0};
	size = sizeof(*ret);
	return getsockname(fd, &ret->any, &size) == 0;
}

int listeners_inherit(struct listeners *listeners, struct store *store, struct legacy *legacy)
{
	int count = 0;

	listeners->store = store;
	listeners->legacy = legacy;
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		struct listener *listener = &listeners->list[i];
		char name[STORE_NAME_MAX];
		struct socket_file file;
		int fd;

		name_of(listeners, listener, name);
		fd = store_claim(store, name);
		if (fd < 0)
			continue;
		*listener = (struct listener){.source.fd = fd, .open = true};
		if (!listens(fd, &listener->address)) {
			listener_close(listeners, listener);
			continue;
		}
		file = file_of(&listener->address);
		listener->retires = !is_same_file(&file, &legacy->socket_files[i]);
		count++;
	}
	return count;
}

static void tell(int r, const union sock_address *address)
{
	char name[SOCK_NAME_MAX];

	log_event_errno(r, (&(struct log_fields){.message_id = MESSAGE_CANNOT_LISTEN}),
			"cannot listen on %s", sock_address_name(address, name));
}

/* Opens the missing ones into fresh[].  Returns how many, or -errno; none is left open then. */
static int open_missing(struct listeners *listeners, const struct wanted *wanted,
			struct listener *fresh[])
{
	int count = 0, r;

	for (size_t i = 0; i < wanted->count; i++) {
		if (find(listeners, &wanted->address[i]))
			continue;
		r = open_one(listeners, &wanted->address[i], &fresh[count]);
		if (r >= 0) {
			count++;
		} else if (!(wanted->may_lack[i] && (r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL))) {
			tell(r, &wanted->address[i]);
			while (count > 0)
				listener_close(listeners, fresh[--count]);
			return r;
		}
	}
	return count;
}

int listeners_open(struct listeners *listeners, const struct config *config)
{
	const struct wanted wanted = wanted_by(config);
	struct listener *fresh[CONFIG_LISTEN_MAX + 1];
	int r = open_missing(listeners, &wanted, fresh);
	if (r < 0)
		return r;
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		struct listener *listener = &listeners->list[i];
		bool asked_for = false;

		for (size_t k = 0; k < wanted.count; k++)
			asked_for |= sock_address_same(&listener->address, &wanted.address[k]);
		listener->retires |= listener->open && !asked_for;
	}
	return 0;
}

void listener_close(struct listeners *listeners, struct listener *listener)
{
	const struct socket_file file = file_of(&listener->address);
	const struct socket_file *ours =
		&listeners->legacy->socket_files[listener - listeners->list];
	char name[STORE_NAME_MAX];

	if (!listener->open)
		return;
	name_of(listeners, listener, name);
	store_remove(listeners->store, name);
	close(listener->source.fd);
	if (ours->inode && is_same_file(&file, ours))
		unlink(listener->address.un.sun_path);
	listener->open = false;
}
