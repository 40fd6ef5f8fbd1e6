/* admit.c - the acceptor lets clients in, or turns them away with a word */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "mtchatd/acceptor.h"
#include "mtchatd/crash.h"
#include "mtchatd/messages.h"
#include "mtchatd/move.h"
#include "mtchatd/tally.h"

enum {
	ACCEPTS_A_TURN = 256, /* slower than they come, the backlog overflows: costs a second */
	RETRY_MS = 1000,      /* when no descriptor was left */
};

static struct peer identify(int fd, const union sock_address *address)
{
	struct peer peer = {.family = (uint8_t)address->any.sa_family};
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	switch (peer.family) {
	case AF_INET:
		peer.address.s6_addr[10] = peer.address.s6_addr[11] = 0xff;
		memcpy(&peer.address.s6_addr[12], &address->in.sin_addr, 4);
		peer.port = address->in.sin_port;
		break;
	case AF_INET6:
		peer.address = address->in6.sin6_addr;
		peer.port = address->in6.sin6_port;
		if (IN6_IS_ADDR_V4MAPPED(&peer.address)) /* of a passed one for both families */
			peer.family = AF_INET;
		break;
	default:
		peer.family = AF_UNIX;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0)
			peer.address.s6_addr32[0] = credentials.uid;
	}
	return peer;
}

static void refuse(struct acceptor *acceptor, int fd, const struct peer *peer,
		   enum admission_answer why)
{
	const struct config *config = &acceptor->config;
	const char *whose = admission_whose(&peer->address);
	char address[PEER_NAME_MAX], line[160];

	peer_name(peer, address);
	if (why == HOUSE_FULL) {
		snprintf(line, sizeof(line), "* server full (%d of %d), try again later\n",
			 (int)admission_taken(&acceptor->core->admission), config->max_clients);
		log_event(LOG_INFO,
			  (&(struct log_fields){.message_id = MESSAGE_REFUSED_FULL,
						.address = address}),
			  "refused %s: all %d places are taken", address, config->max_clients);
	} else {
		snprintf(line, sizeof(line),
			 "* too many connections from your %s (%d of %d), try again later\n", whose,
			 config->max_per_address, config->max_per_address);
		log_event(LOG_INFO,
			  (&(struct log_fields){.message_id = MESSAGE_REFUSED_ADDRESS,
						.address = address}),
			  "refused %s: its %s has %d connections already", address, whose,
			  config->max_per_address);
	}
	refusals_add(&acceptor->refusals, fd, line, clock_ms());
}

/* Who comes in, and what its socket has given and taken before (nothing, as a rule). */
struct arrival {
	int fd;
	struct peer peer;
	uint64_t cookie;
	struct tally tally;
	enum client_arrival how;
	bool proxied; /* a PROXY header is there, and not received yet */
};

/*
 * The words of a slot that was in use before are stored one by one: a handler may still look
 * at the id of who had it (handler_waited).
 */
static void fill(struct slot *slot, const struct arrival *arrival, bool echo)
{
	uint64_t consumed = arrival->tally.consumed;

	slot->use = SLOT_COMING;
	crash_point(CRASH_COMING);
	word_set(&slot->cursor, 0);
	word_set(&slot->base, arrival->tally.accepted - (echo ? consumed : 0));
	word_set(&slot->parked, 0);
	word_set(&slot->ties, slot_ties(log_number(LOBBY, RENDERING_TEXT), 0));
	word_set(&slot->received, consumed);
	word_set(&slot->parsed, consumed);
	word_set(&slot->input_base, consumed);
	word_set(&slot->discarded, 0);
	word_set(&slot->said_until, 0);
	slot->cookie = arrival->cookie;
	slot->since = clock_boot_us();
	slot->peer = arrival->peer;
	slot->fd = arrival->fd;
	slot->input = 0;
	slot->source = echo ? SOURCE_ECHO : SOURCE_RING;
	if (echo)
		slot->traits = TRAIT_ECHO | TRAIT_UNTOLD;
	else /* what follows on more is no first line */
		slot->traits = TRAIT_UNTOLD | (consumed ? 0 : TRAIT_UNHEARD);
	if (arrival->proxied)
		slot_give_trait(slot, TRAIT_PROXIED);
}

/* The id is used up before it is seen. */
static uint64_t next_id(struct legacy *legacy)
{
	uint64_t id = word_get(&legacy->last_id) + 1;

	word_set(&legacy->last_id, id);
	return id;
}

static void let_in(struct acceptor *acceptor, const struct arrival *arrival, uint32_t number)
{
	struct core *core = acceptor->core;
	struct slot *slot = &core->slots[number];
	struct client *client = &core->clients[number];
	bool echo = acceptor->config.mode == MODE_ECHO;
	uint64_t id = next_id(core->legacy);

	if (number >= word_get(&core->legacy->slots))
		word_set(&core->legacy->slots, number + 1);
	parking_park(&acceptor->parking, number, arrival->cookie, arrival->fd);
	crash_point(CRASH_PARKED);
	fill(slot, arrival, echo);
	word_set(&slot->id, id);
	client_begin(client, slot, echo ? NULL : core_log(core, slot_log(slot)), arrival->how);
	if (client->rendering)
		atomic_fetch_add(&rooms_use(&core->rooms, LOBBY)->clients, 1);
	crash_point(CRASH_GIVEN);
	handler_give(move_home(core, client->rendering ? client->rendering->room : NULL), client);
}

static struct arrival arrival_of(int fd, const union sock_address *address)
{
	struct arrival arrival = {.fd = fd, .peer = identify(fd, address)};
	socklen_t size = sizeof(arrival.cookie);

	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &arrival.cookie, &size);
	return arrival;
}

/* If there is a place. */
static void admit(struct acceptor *acceptor, const struct arrival *arrival)
{
	const struct config *config = &acceptor->config;
	uint32_t number;
	int answer;

	answer = admission_take(&acceptor->core->admission, peer_counted(&arrival->peer),
				(uint32_t)config->max_clients, (uint32_t)config->max_per_address,
				&number);
	if (answer == ADMITTED)
		let_in(acceptor, arrival, number);
	else if (answer < 0)
		close(arrival->fd);
	else
		refuse(acceptor, arrival->fd, &arrival->peer, answer);
}

static void admit_one(struct acceptor *acceptor, int fd, const union sock_address *address)
{
	const struct arrival arrival = arrival_of(fd, address);

	acceptor_note_fd(acceptor, (uint32_t)fd);
	crash_point(CRASH_ACCEPTED);
	if (arrival.peer.family == AF_UNIX) /* TCP has it from its listener */
		tally_begin(fd, AF_UNIX);
	if (proxies_have(&acceptor->proxies, &arrival.peer))
		proxies_add(&acceptor->proxies, fd, &arrival.peer, clock_ms());
	else
		admit(acceptor, &arrival);
}

static void wake_handlers(struct acceptor *acceptor)
{
	for (int i = 0; i < acceptor->core->handlers; i++)
		handler_wake(acceptor->handlers[i]);
}

void acceptor_admit_proxied(struct acceptor *acceptor, int fd, const struct peer *peer)
{
	struct arrival arrival = {.fd = fd, .peer = *peer, .proxied = true};
	socklen_t size = sizeof(arrival.cookie);

	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &arrival.cookie, &size);
	crash_point(CRASH_PROXY_TOLD);
	admit(acceptor, &arrival);
	wake_handlers(acceptor);
}

void acceptor_adopt(struct acceptor *acceptor, int fd, bool lost)
{
	union sock_address address = {0};
	socklen_t size = sizeof(address);
	struct arrival arrival;
	uint32_t number;

	if (getpeername(fd, &address.any, &size) < 0) { /* it has gone meanwhile */
		close(fd);
		return;
	}
	arrival = arrival_of(fd, &address);
	arrival.how = lost ? ARRIVES_LOST : ARRIVES_NEW;
	if (tally_take(&arrival.tally, fd, arrival.peer.family, 0) < 0) {
		arrival.tally = (struct tally){0};
		tally_begin(fd, arrival.peer.family);
	}
	if (!arrival.tally.consumed && proxies_have(&acceptor->proxies, &arrival.peer)) {
		acceptor_note_fd(acceptor, (uint32_t)fd);
		proxies_add(&acceptor->proxies, fd, &arrival.peer, clock_ms());
		return;
	}
	/* It was let in before: no limit concerns it. */
	if (admission_take(&acceptor->core->admission, peer_counted(&arrival.peer), SLOTS_MAX, 0,
			   &number) == ADMITTED)
		let_in(acceptor, &arrival, number);
	else
		close(fd);
}

void acceptor_note_fd(struct acceptor *acceptor, uint32_t fd)
{
	struct legacy *legacy = acceptor->core->legacy;

	if (fd >= word_get(&legacy->fds))
		word_set(&legacy->fds, fd + 1);
}

/* No descriptor is left: the listeners rest until a client goes, or for a second. */
static void rest(struct acceptor *acceptor, int r)
{
	const struct log_fields fields = {.message_id = MESSAGE_DESCRIPTORS_OUT};

	if (!acceptor->starves)
		log_write(LOG_WARNING, r, &fields, __FILE__, __LINE__, __func__,
			  "cannot accept, connections wait");
	acceptor->retry_due = clock_ms() + RETRY_MS;
	acceptor->starves = true;
	acceptor->trouble = "out of descriptors, connections wait";
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		struct listener *listener = &acceptor->listeners.list[i];

		if (listener->source.added)
			event_change(&acceptor->loop, &listener->source, 0);
	}
	atomic_store(&acceptor->core->acceptor_waits, true);
}

static bool out_of_resources(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

void acceptor_admit(struct acceptor *acceptor, struct listener *listener)
{
	int error = 0;

	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		union sock_address address = {0};
		socklen_t size = sizeof(address);
		int fd = accept4(listener->source.fd, &address.any, &size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			admit_one(acceptor, fd, &address);
			continue;
		}
		error = errno;
		if (error == EAGAIN || out_of_resources(error))
			break;
		/* Anything else is the end of one connection that nobody has seen yet. */
	}
	wake_handlers(acceptor); /* once a batch, not once a client */
	if (out_of_resources(error))
		rest(acceptor, -error);
	if (error == EAGAIN && listener->retires) {
		event_remove(&acceptor->loop, &listener->source);
		listener_close(&acceptor->listeners, listener);
	}
}
