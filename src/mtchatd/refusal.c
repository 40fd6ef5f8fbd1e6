/* refusal.c - turns a connection away, with a line that says why */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/deadline.h"
#include "mtchatd/refusal.h"

enum { DRAIN_ROUNDS = 4 }; /* times 16 KiB: then the others have their turn */

struct refusal {
	struct event_source source;
	uint64_t due; /* ms */
};

int refusals_init(struct refusals *refusals, struct event_loop *loop, const struct tune *tune)
{
	*refusals = (struct refusals){
		.loop = loop,
		.list = calloc((size_t)tune->refused_max + 1, sizeof(struct refusal)),
		.size = tune->refused_max,
		.linger_ms = (uint64_t)tune->linger_ms,
	};
	return refusals->list ? 0 : -ENOMEM;
}

static void end(struct refusals *refusals, struct refusal *refusal)
{
	if (refusal->source.fd < 0)
		return;
	event_remove(refusals->loop, &refusal->source);
	close(refusal->source.fd);
	refusal->source.fd = -1;
}

static void end_oldest(struct refusals *refusals)
{
	end(refusals, &refusals->list[refusals->first]);
	refusals->first = (refusals->first + 1) % refusals->size;
	refusals->count--;
}

void refusals_done(struct refusals *refusals)
{
	while (refusals->count)
		end_oldest(refusals);
	free(refusals->list);
	refusals->list = NULL;
}

static void drain(struct event_source *source, uint32_t events)
{
	char rest[16 << 10];

	(void)events;
	for (int i = 0; i < DRAIN_ROUNDS; i++) {
		ssize_t n = recv(source->fd, rest, sizeof(rest), MSG_DONTWAIT);

		if (n > 0)
			continue;
		if (n == 0 || errno != EAGAIN)
			end(source->owner, (struct refusal *)(void *)source);
		return;
	}
}

void refusals_add(struct refusals *refusals, int fd, const char *line, uint64_t now)
{
	struct refusal *refusal;

	send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	if (!refusals->size) {
		close(fd);
		return;
	}
	if (refusals->count == refusals->size)
		end_oldest(refusals);
	refusal = &refusals->list[(refusals->first + refusals->count++) % refusals->size];
	*refusal = (struct refusal){
		.source = {.fd = fd, .handle = drain, .owner = refusals},
		.due = now + refusals->linger_ms,
	};
	if (event_add(refusals->loop, &refusal->source, EPOLLIN) < 0)
		end(refusals, refusal);
}

uint64_t refusals_sweep(struct refusals *refusals, uint64_t now)
{
	while (refusals->count) {
		const struct refusal *oldest = &refusals->list[refusals->first];

		if (oldest->source.fd >= 0 && oldest->due > now)
			return oldest->due;
		end_oldest(refusals);
	}
	return DEADLINE_NEVER;
}
