/* proxies.c - connections of proxies, until they have told for whom they are */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/deadline.h"
#include "common/log.h"
#include "mtchatd/acceptor.h"
#include "mtchatd/crash.h"
#include "mtchatd/messages.h"
#include "mtchatd/proxy.h"

struct proxied {
	struct event_source source; /* fd -1: nobody */
	struct peer peer;           /* the proxy */
	uint64_t due;               /* ms */
};

static const char refusal[] = "* no PROXY header came, and from here one has to come first\n";

int proxies_init(struct proxies *proxies, struct acceptor *acceptor)
{
	const struct tune *tune = &acceptor->core->tune;

	*proxies = (struct proxies){
		.acceptor = acceptor,
		.loop = &acceptor->loop,
		.list = calloc((size_t)tune->proxy_waits_max, sizeof(struct proxied)),
		.size = tune->proxy_waits_max,
		.wait_ms = (uint64_t)tune->proxy_wait_ms,
		.due = DEADLINE_NEVER,
	};
	if (!proxies->list)
		return -ENOMEM;
	for (int i = 0; i < proxies->size; i++)
		proxies->list[i].source.fd = -1;
	proxies_set(proxies, &acceptor->config);
	return 0;
}

/* Not here any more; its descriptor is the caller's. */
static int take_out(struct proxies *proxies, struct proxied *proxied)
{
	int fd = proxied->source.fd;

	event_remove(proxies->loop, &proxied->source);
	proxied->source.fd = -1;
	proxies->count--;
	return fd;
}

void proxies_done(struct proxies *proxies, struct parking *parking)
{
	for (int i = 0; i < proxies->size && proxies->list; i++) {
		int fd = proxies->list[i].source.fd;

		if (fd < 0)
			continue;
		if (parking)
			(void)parking_park_stray(parking, fd); /* else a crash would be no better */
		close(take_out(proxies, &proxies->list[i]));
	}
	free(proxies->list);
	proxies->list = NULL;
}

void proxies_set(struct proxies *proxies, const struct config *config)
{
	size_t count = 0;

	while (count < CONFIG_PROXY_MAX && config->proxy[count][0] &&
	       network_parse(config->proxy[count], &proxies->networks[count]))
		count++;
	proxies->networks_count = count;
}

bool proxies_have(const struct proxies *proxies, const struct peer *peer)
{
	for (size_t i = 0; i < proxies->networks_count; i++) {
		if (peer->family != AF_UNIX && network_has(&proxies->networks[i], &peer->address))
			return true;
	}
	return false;
}

static void tell(const struct peer *peer, int level, const char *why)
{
	char address[PEER_NAME_MAX];

	log_event(level,
		  (&(struct log_fields){.message_id = MESSAGE_PROXY_REFUSED,
					.address = peer_name(peer, address)}),
		  "refused a connection of the proxy %s: %s", address, why);
}

/* It is told why, if it can be. */
static void end(struct proxies *proxies, struct proxied *proxied, const char *why)
{
	const struct peer peer = proxied->peer;
	int fd = take_out(proxies, proxied);

	tell(&peer, LOG_WARNING, why);
	refusals_add(&proxies->acceptor->refusals, fd, refusal, clock_ms());
}

/* As a balancer does that only looks whether somebody listens: no reason for a warning. */
static void end_silent(struct proxies *proxies, struct proxied *proxied)
{
	const struct peer peer = proxied->peer;

	close(take_out(proxies, proxied));
	tell(&peer, LOG_DEBUG, "it ended without a byte");
}

/* Looks at what has come, and leaves it there. */
static void look(struct proxies *proxies, struct proxied *proxied, uint32_t events)
{
	char bytes[PROXY_HEADER_MAX];
	struct peer peer = proxied->peer;
	ssize_t n = recv(proxied->source.fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
	int size;

	if (n < 0 && (errno == EAGAIN || errno == EINTR) && !(events & (EPOLLERR | EPOLLHUP)))
		return;
	if (n <= 0) {
		end_silent(proxies, proxied);
		return;
	}
	size = proxy_read(&peer, bytes, (size_t)n);
	if (size > 0)
		acceptor_admit_proxied(proxies->acceptor, take_out(proxies, proxied), &peer);
	else if (size < 0)
		end(proxies, proxied, "what came first is no PROXY header");
	else if (events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP))
		end(proxies, proxied, "it ended in the midst of the PROXY header");
}

static void handle(struct event_source *source, uint32_t events)
{
	look(source->owner, (struct proxied *)(void *)source, events);
}

static struct proxied *find_free(struct proxies *proxies)
{
	struct proxied *oldest = &proxies->list[0];

	for (int i = 0; i < proxies->size; i++) {
		if (proxies->list[i].source.fd < 0)
			return &proxies->list[i];
		if (proxies->list[i].due < oldest->due)
			oldest = &proxies->list[i];
	}
	end(proxies, oldest, "too many wait, and it has waited longest for the PROXY header");
	return oldest;
}

void proxies_add(struct proxies *proxies, int fd, const struct peer *peer, uint64_t now)
{
	struct proxied *proxied = find_free(proxies);

	*proxied = (struct proxied){
		.source = {.fd = fd, .handle = handle, .owner = proxies},
		.peer = *peer,
		.due = now + proxies->wait_ms,
	};
	proxies->count++;
	crash_point(CRASH_PROXY_WAITS);
	proxies->due = deadline_earlier(proxies->due, proxied->due);
	look(proxies, proxied, 0); /* as a rule it is there */
	if (proxied->source.fd != fd)
		return;
	/* Told once for what comes: it is left there, and would be told for ever. */
	if (event_add(proxies->loop, &proxied->source, EPOLLIN | EPOLLRDHUP | EPOLLET) < 0)
		end(proxies, proxied, "no watch left in the kernel");
}

uint64_t proxies_sweep(struct proxies *proxies, uint64_t now)
{
	uint64_t due = DEADLINE_NEVER;

	if (now < proxies->due)
		return proxies->due;
	for (int i = 0; i < proxies->size && proxies->count; i++) {
		struct proxied *proxied = &proxies->list[i];

		if (proxied->source.fd >= 0 && proxied->due <= now)
			end(proxies, proxied, "no PROXY header came in time");
		else if (proxied->source.fd >= 0)
			due = deadline_earlier(due, proxied->due);
	}
	proxies->due = due;
	return due;
}
