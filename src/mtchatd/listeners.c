/* listeners.c - the sockets that clients come in by, as the configuration says */
#include <errno.h>
#include <stdio.h>
#include <string.h>
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
	size_t count;
	size_t may_lack; /* 2: the first two are "all addresses", and one of them will do; else 0 */
};

static void want_all_addresses(struct wanted *wanted, int port)
{
	sock_address_ip(&wanted->address[0], "0.0.0.0", port);
	sock_address_ip(&wanted->address[1], "::", port);
	wanted->may_lack = 2;
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

/* Whether nobody can find it: somebody has removed the file of a Unix socket. */
static bool is_lost(const struct listeners *listeners, const struct listener *listener)
{
	const struct socket_file file = file_of(&listener->address);

	return !listener->passed &&
	       !is_same_file(&file, &listeners->legacy->socket_files[listener - listeners->list]);
}

/* Whether who connects there is let in by it, and is in the future. */
static bool serves(const struct listeners *listeners, const struct listener *listener,
		   const union sock_address *address)
{
	if (!listener->open || listener->retires)
		return false;
	if (listener->passed && sock_address_covers(&listener->address, address))
		return true;
	if (listener->dual && address->any.sa_family == AF_INET &&
	    listener->address.in6.sin6_port == address->in.sin_port)
		return IN6_IS_ADDR_UNSPECIFIED(&listener->address.in6.sin6_addr);
	return sock_address_same(&listener->address, address) && !is_lost(listeners, listener);
}

static bool is_served(const struct listeners *listeners, const union sock_address *address)
{
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		if (serves(listeners, &listeners->list[i], address))
			return true;
	}
	return false;
}

struct listener *listeners_find_free(struct listeners *listeners)
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

		if (!listener->open || listener->address.any.sa_family == AF_UNIX)
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

/* What an administrator may not expect of an address that can be had. */
static void tell_opened(const struct listeners *listeners, int fd,
			const union sock_address *address)
{
	char name[SOCK_NAME_MAX];

	if (address->any.sa_family != AF_UNIX) {
		if (sock_is_early(fd))
			log_event(LOG_WARNING,
				  (&(struct log_fields){.message_id = MESSAGE_ADDRESS_ABSENT}),
				  "this machine does not have the address of %s now; nobody can "
				  "connect there until it does",
				  sock_address_name(address, name));
		return;
	}
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		const struct listener *other = &listeners->list[i];

		/* One that retires was lost over a restart, by the end of the service. */
		if (other->open && !other->retires && sock_address_same(&other->address, address))
			log_event(LOG_WARNING,
				  (&(struct log_fields){.message_id = MESSAGE_SOCKET_REMADE}),
				  "somebody has removed %s; it is made again",
				  sock_address_name(address, name));
	}
}

static int open_one(struct listeners *listeners, const union sock_address *address,
		    struct listener **ret)
{
	struct listener *listener = listeners_find_free(listeners);
	int fd;

	if (!listener)
		return -EBUSY; /* old ones still retire */
	fd = listen_on(listeners, address);
	if (fd < 0)
		return fd;
	tell_opened(listeners, fd, address);
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
		listener->retires = is_lost(listeners, listener);
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

static bool is_lacking(int r)
{
	return r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL;
}

static int give_up(struct listeners *listeners, int r, const union sock_address *address,
		   struct listener *fresh[], int count)
{
	tell(r, address);
	while (count > 0)
		listener_close(listeners, fresh[--count]);
	return r;
}

/* Opens the missing ones into fresh[].  Returns how many, or -errno; none is left open then. */
static int open_missing(struct listeners *listeners, const struct wanted *wanted,
			struct listener *fresh[])
{
	size_t lacking = 0;
	int count = 0, r;

	for (size_t i = 0; i < wanted->count; i++) {
		if (is_served(listeners, &wanted->address[i]))
			continue;
		r = open_one(listeners, &wanted->address[i], &fresh[count]);
		if (r >= 0)
			count++;
		else if (!(i < wanted->may_lack && is_lacking(r)) || ++lacking == wanted->may_lack)
			return give_up(listeners, r, &wanted->address[i], fresh, count);
	}
	return count;
}

/* Whether it serves one of those that are wanted. */
static bool is_wanted(const struct listeners *listeners, const struct listener *listener,
		      const struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		if (serves(listeners, listener, &wanted->address[i]))
			return true;
	}
	return false;
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

		if (listener->open && !listener->passed)
			listener->retires |= !is_wanted(listeners, listener, &wanted);
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
	listener->open = false;
	if (!listener->passed) {
		name_of(listeners, listener, name);
		store_remove(listeners->store, name);
	}
	close(listener->source.fd);
	if (!listener->passed && ours->inode && is_same_file(&file, ours))
		unlink(listener->address.un.sun_path);
}

static bool is_family_there(const struct listeners *listeners, sa_family_t family)
{
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		const struct listener *listener = &listeners->list[i];

		if (listener->open && !listener->retires &&
		    (listener->address.any.sa_family == family ||
		     (listener->dual && family == AF_INET)))
			return true;
	}
	return false;
}

/* Of "all addresses", what there is none of. */
static const char *lack(const struct listeners *listeners, const struct config *config)
{
	if (config->listen[0][0])
		return "";
	if (!is_family_there(listeners, AF_INET6))
		return " (no IPv6 here)";
	return is_family_there(listeners, AF_INET) ? "" : " (no IPv4 here)";
}

const char *listeners_text(const struct listeners *listeners, const struct config *config,
			   char text[LISTENERS_TEXT_MAX])
{
	const size_t most = LISTENERS_TEXT_MAX - sizeof(" and 50 more (no IPv6 here)");
	const struct listener *list[LISTENERS_MAX];
	size_t count = 0, used = 0, told = 0;

	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		if (listeners->list[i].open && !listeners->list[i].retires)
			list[count++] = &listeners->list[i];
	}
	text[0] = '\0';
	for (; told < count; told++) {
		const char *between = told == 0 ? "" : told + 1 == count ? " and " : ", ";
		char name[SOCK_NAME_MAX];

		sock_address_name(&list[told]->address, name);
		if (used + strlen(between) + strlen(name) > most)
			break;
		used += (size_t)sprintf(text + used, "%s%s", between, name);
	}
	if (told < count)
		used += (size_t)sprintf(text + used, " and %zu more", count - told);
	snprintf(text + used, LISTENERS_TEXT_MAX - used, "%s", lack(listeners, config));
	return text;
}
