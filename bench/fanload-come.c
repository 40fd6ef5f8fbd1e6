/* fanload-come.c - who is there: how many clients and senders a work takes, and how they come */
#include <sys/epoll.h>

#include "common/clock.h"
#include "fanload.h"

enum {
	RING_LEAST = 64,       /* lines of a sender that are kept */
	RING_BY_CLOCK = 65536, /* when no window holds a sender back */
};

static const double probe_s = 20, again_s = 0.3, settle_s = 0.2;

static uint32_t ring_size(const struct options *options)
{
	uint32_t size = options->work == LATENCY ? RING_BY_CLOCK : RING_LEAST;

	while (size < (uint32_t)options->window * 2)
		size *= 2;
	return size;
}

static void prepare_senders(struct load *load, int count)
{
	const uint32_t size = ring_size(&load->options);

	load->mask = size - 1;
	load->senders_count = count;
	load->senders = allocate((uint64_t)count, sizeof(*load->senders));
	load->queue = allocate((uint64_t)count * 2, sizeof(struct sender *));
	for (int i = 0; i < count; i++)
		load->senders[i].lines = allocate(size, sizeof(struct line));
}

/* The first `hearers` of them are told what is said. */
static void prepare_clients(struct load *load, int count, int hearers, bool subscribe)
{
	const uint64_t senders = (uint64_t)load->senders_count;
	uint32_t *next = senders ? allocate((uint64_t)hearers * senders, sizeof(*next)) : NULL;

	load->clients_count = count;
	load->clients = allocate((uint64_t)count, sizeof(*load->clients));
	for (int i = 0; i < count; i++) {
		struct client *client = &load->clients[i];

		client->fd = -1;
		client->number = i;
		client->subscribes = i < hearers && subscribe;
		if (next && i < hearers)
			client->next = next + (uint64_t)i * senders;
	}
}

/* Each sender is the client of that number, or one behind that. */
static void attach(struct load *load, int offset)
{
	for (int i = 0; i < load->senders_count; i++) {
		struct client *client = &load->clients[i + offset];

		client->sender = &load->senders[i];
		load->senders[i].client = client;
	}
}

/* Makes the last one stuck that does nothing but hear. */
static void stick(struct load *load, int hearers)
{
	struct client *client = &load->clients[hearers - 1];

	if (client->sender)
		give_up("all of the --receivers are senders: nobody is left to be stuck");
	client->stuck = true;
}

/* Where who says something hears it too, it is one of the receivers; on IRC but for its own. */
static void prepare_fan_out(struct load *load)
{
	const struct options *options = &load->options;
	const bool joint = options->protocol == LINE || options->protocol == IRC;
	const int hearers = options->receivers + (options->protocol == IRC);

	if (joint && options->senders > hearers)
		give_up("--senders are some of the --receivers");
	prepare_senders(load, options->senders);
	prepare_clients(load, joint ? hearers : hearers + options->senders, hearers, true);
	attach(load, joint ? 0 : hearers);
	load->probed = allocate((uint64_t)load->clients_count * (uint64_t)options->senders, 1);
	if (options->work == STUCK)
		stick(load, hearers);
}

void come_prepare(struct load *load)
{
	const struct options *options = &load->options;

	switch ((enum work)options->work) {
	case ECHO:
		if (options->receivers >= SENDERS_MOST)
			give_up("--receivers of an echo are fewer than %d", SENDERS_MOST);
		prepare_senders(load, options->receivers);
		prepare_clients(load, options->receivers, options->receivers, false);
		attach(load, 0);
		break;
	case IDLE: /* on IRC they do not even join */
		prepare_senders(load, 0);
		prepare_clients(load, options->receivers, options->receivers,
				options->protocol != IRC);
		break;
	case CHURN: /* who says something comes later */
		prepare_senders(load, options->coming);
		prepare_clients(load, options->receivers, options->receivers, true);
		break;
	default:
		prepare_fan_out(load);
	}
	raise_limit((long)load->clients_count + options->coming);
	load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (load->epoll_fd < 0)
		give_up("epoll_create1: %m");
}

double come_all(struct load *load, double limit_s)
{
	const uint64_t begin = clock_ns(), end = begin + (uint64_t)(limit_s * 1e9);
	int opened = 0;

	while (load->there < load->clients_count) {
		while (opened < load->clients_count &&
		       opened - load->there - (int)load->dropped < load->options.coming)
			link_open(load, &load->clients[opened++]);
		link_turn(load, 0.1);
		if (load->dropped)
			give_up("%llu clients were refused or hung up on, %d are there",
				(unsigned long long)load->dropped, load->there);
		if (clock_ns() > end)
			give_up("only %d of %d clients are there after %g s", load->there,
				load->clients_count, limit_s);
		if (report_server_gone(load))
			give_up("the server ended when %d clients were there", load->there);
	}
	return (double)(clock_ns() - begin) / 1e9;
}

static void say_probes(struct load *load)
{
	char text[MESSAGE_SIZE];

	for (int i = 0; i < load->senders_count; i++) {
		struct client *client = load->senders[i].client;

		if (!client || client->out_end)
			continue;
		line_compose(text, PROBE, (uint32_t)i, 0);
		say_text(load, client, text);
		link_flush(load, client);
	}
}

static long probes_wanted(const struct load *load)
{
	long wanted = 0;

	for (int i = 0; i < load->clients_count; i++) {
		const struct client *client = &load->clients[i];

		if (client->next && !client->stuck)
			wanted += load->senders_count -
				  (load->options.protocol == IRC && client->sender);
	}
	return wanted;
}

void come_probe(struct load *load)
{
	const long wanted = probes_wanted(load);
	const uint64_t end = clock_ns() + (uint64_t)(probe_s * 1e9);
	uint64_t until;

	while (load->probes < wanted) {
		say_probes(load);
		until = clock_ns() + (uint64_t)(again_s * 1e9);
		while (load->probes < wanted && clock_ns() < until)
			link_turn(load, 0.05);
		if (clock_ns() > end)
			give_up("not every receiver hears every sender: %ld of %ld do",
				load->probes, wanted);
	}
	until = clock_ns() + (uint64_t)(settle_s * 1e9); /* probes that were said twice */
	while (clock_ns() < until)
		link_turn(load, 0.05);
	load->damaged = load->repeated = 0;
}
