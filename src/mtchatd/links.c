/* links.c - finds the links that are really dead */
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/log.h"
#include "mtchatd/departure.h"
#include "mtchatd/links.h"
#include "mtchatd/messages.h"

void links_keep_alive(int fd, const struct tune *tune)
{
	/* A failure is no reason to refuse anybody: who is dead is only found later. */
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &tune->keepalive_idle_s, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &tune->keepalive_step_s, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &tune->keepalive_probes, sizeof(int));
}

enum link { LINK_QUIET, LINK_OWES, LINK_DEAD };

/*
 * Unanswered since: the first look that saw something unanswered, as long as no ACK has come
 * after it.  The kernel's own counters do not tell: it probes a shut window only every two
 * minutes in the end, so "the last ACK is two minutes old" is true of a live one as well.
 */
static enum link look_at(const struct handler *handler, struct client *client)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);
	int unacknowledged = 0; /* bytes; also those that never left this machine */
	uint32_t now = (uint32_t)handler->now;

	if (client->slot->peer.family == AF_UNIX ||
	    getsockopt(client_fd(client), IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
		return LINK_QUIET;
	if (!info.tcpi_retransmits && !info.tcpi_probes) {
		client->silent_since = 0;
		ioctl(client_fd(client), SIOCOUTQ, &unacknowledged);
		return unacknowledged ? LINK_OWES : LINK_QUIET;
	}
	if (!client->silent_since || info.tcpi_last_ack_recv < now - client->silent_since)
		client->silent_since = now ? now : 1;
	return now - client->silent_since >= (uint32_t)handler->core->tune.link_dead_ms ? LINK_DEAD
											: LINK_OWES;
}

static void end_dead(struct handler *handler, struct client *client)
{
	char address[PEER_NAME_MAX];

	log_event(LOG_INFO,
		  (&(struct log_fields){.message_id = MESSAGE_LINK_DEAD,
					.client_id = word_get(&client->slot->id),
					.address = peer_name(&client->slot->peer, address)}),
		  "the link to %s is dead: nothing was acknowledged for %u s", address,
		  ((uint32_t)handler->now - client->silent_since) / 1000);
	departure_end(handler, client, REASON_LINK_DEAD);
}

/* True if any owes us an ACK. */
static bool look_at_all(struct handler *handler, struct members *members)
{
	bool owes = false;
	size_t i = 0;

	while (i < members->count) {
		struct client *client = client_at(members, i);
		enum link link = client->broken ? LINK_QUIET : look_at(handler, client);

		if (link == LINK_DEAD) {
			end_dead(handler, client); /* another one takes its place in the list */
			continue;
		}
		owes |= link == LINK_OWES;
		i++;
	}
	return owes;
}

void links_look(struct handler *handler)
{
	bool owes;

	if (!handler->look_due || handler->now < handler->look_due)
		return;
	owes = look_at_all(handler, &handler->roomless);
	for (size_t i = 0; i < handler->rooms_count; i++) {
		struct rendering *renderings = handler->rooms[i]->renderings;

		for (int kind = 0; kind < RENDERINGS; kind++)
			owes |= look_at_all(handler,
					    &renderings[kind].readers[handler->index].members);
	}
	handler->look_due = 0;
	if (owes)
		links_owe(handler);
}
