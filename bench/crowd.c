/* crowd.c - many clients in many rooms of an mtchatd, what they hear, and what it spends on them */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/clock.h"
#include "crowd.h"
#include "meter.h"
#include "words.h"

enum {
	COMING =
		64, /* clients that come at a time: more would need more of the server's outboxes */
	COME_S = 60,    /* all of them must have come */
	SILENCE_S = 10, /* nothing is heard for so long: what is due is lost */
	UNUSUAL_S = 30, /* and still here: the alarm ends us */
};

/* Of those who speak by the clock. */
struct pace {
	uint64_t begin, lines;
};

static const uint64_t second = 1000000000;

static const char usage[] =
	"usage: crowd --port PORT --pid PID [OPTION...]\n"
	"\n"
	"Fills rooms of the mtchatd that listens at 127.0.0.1:PORT and is the process PID, talks there\n"
	"in lines of 64 bytes, looks at every line that every client hears, and prints one JSON object.\n"
	"Status 1 if a line was lost, repeated or damaged, or if a client was hung up on.\n"
	"\n"
	"  --rooms K         rooms, called room-000 and so on (1)\n"
	"  --receivers R     clients in each room (100)\n"
	"  --senders S       so many of them speak (4)\n"
	"  --events N        so many of them read JSON Lines, the others text (0)\n"
	"  --named           all have names\n"
	"  --window W        lines of one speaker that not all have heard yet, at most (64)\n"
	"  --rate L          instead: lines a second in each room, by the clock\n"
	"  --secs S          of the measurement (3)\n"
	"  --warm S          before it (0.5)\n"
	"  --help\n";

static void read_options(struct options *options, int argc, char **argv)
{
	const struct word table[] = {
		{"port", .whole = &options->port, .least = 1, .most = 65535},
		{"pid", .whole = &options->pid, .least = 1, .most = 1 << 30},
		{"rooms", .whole = &options->rooms, .least = 1, .most = ROOMS_MOST},
		{"receivers", .whole = &options->receivers, .least = 1, .most = 100000},
		{"senders", .whole = &options->senders, .least = 1, .most = ROOMS_MOST},
		{"events", .whole = &options->events, .least = 0, .most = 100000},
		{"window", .whole = &options->window, .least = 1, .most = 65536},
		{"rate", .real = &options->rate, .least = 0.1, .most = 1e6},
		{"secs", .real = &options->secs, .least = 0.1, .most = 3600},
		{"warm", .real = &options->warm, .least = 0, .most = 3600},
		{"named", .flag = &options->named},
		{.name = NULL},
	};

	words_read(table, usage, argc, argv);
	if (!options->port || !options->pid)
		give_up("--port and --pid are needed; --help tells more");
	if (options->senders > options->receivers || options->events > options->receivers)
		give_up("--senders and --events are some of the --receivers");
}

static void init_speaker(const struct crowd *crowd, struct speaker *speaker, struct client *client)
{
	const struct options *options = &crowd->options;

	speaker->client = client;
	speaker->window = options->rate > 0 ? OPEN_WINDOW : (uint64_t)options->window;
	speaker->allowed = options->rate > 0 ? 0 : UINT64_MAX;
	speaker->sent_at = allocate(speaker->window, sizeof(*speaker->sent_at));
	speaker->out = allocate(speaker->window, LINE_SIZE);
	client->speaker = speaker;
}

static void init_room(struct crowd *crowd, int number)
{
	const struct options *options = &crowd->options;
	struct room *room = &crowd->rooms[number];

	room->number = number;
	room->speakers = crowd->speakers + (size_t)number * (size_t)options->senders;
	room->clients = crowd->clients + (size_t)number * (size_t)options->receivers;
	for (int i = 0; i < options->receivers; i++) {
		struct client *client = &room->clients[i];

		client->room = room;
		client->fd = -1;
		client->kind = i < options->receivers - options->events ? TEXT : JSON;
		if (options->named)
			snprintf(client->name, sizeof(client->name), "c%03x-%05x", (unsigned)number,
				 (unsigned)i);
		if (i < options->senders)
			init_speaker(crowd, &room->speakers[i], client);
	}
	room_init(room, options, room->speakers->window);
}

static void init(struct crowd *crowd)
{
	const struct options *options = &crowd->options;

	crowd->clients_count = options->rooms * options->receivers;
	crowd->speakers_count = options->rooms * options->senders;
	raise_limit((long)options->rooms * options->receivers);
	crowd->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (crowd->epoll_fd < 0)
		give_up("epoll_create1: %m");
	crowd->rooms = allocate((uint64_t)options->rooms, sizeof(*crowd->rooms));
	crowd->clients = allocate((uint64_t)crowd->clients_count, sizeof(*crowd->clients));
	crowd->speakers = allocate((uint64_t)crowd->speakers_count, sizeof(*crowd->speakers));
	for (int i = 0; i < options->rooms; i++)
		init_room(crowd, i);
}

static void wait_for(struct crowd *crowd, const int *count, int wanted)
{
	const uint64_t end = clock_ns() + COME_S * second;

	while (*count < wanted) {
		if (clock_ns() > end)
			give_up("only %d of %d clients are there after %d s", *count, wanted,
				COME_S);
		link_turn(crowd, end);
	}
}

/* Room by room: each is made while all that were before are full, so handlers get like shares. */
static void come(struct crowd *crowd)
{
	for (int i = 0; i < crowd->clients_count; i++) {
		link_open(crowd, &crowd->clients[i]);
		if ((i + 1) % COMING == 0 || (i + 1) % crowd->options.receivers == 0)
			wait_for(crowd, &crowd->arrived, i + 1);
	}
	for (int i = 0; i < crowd->clients_count; i++) {
		link_ask(&crowd->clients[i]);
		if ((i + 1) % COMING == 0 || i + 1 == crowd->clients_count)
			wait_for(crowd, &crowd->ready, i + 1);
	}
}

static bool is_under_way(const struct crowd *crowd)
{
	for (int i = 0; i < crowd->speakers_count; i++) {
		if (crowd->speakers[i].done < crowd->speakers[i].said)
			return true;
	}
	return false;
}

/* Nothing more will come: then there is no use in waiting. */
static bool is_broken(const struct crowd *crowd)
{
	return figures.dropped ||
	       (clock_ns() - crowd->last_heard > SILENCE_S * second && is_under_way(crowd));
}

/*
 * By the clock: the rooms take turns, and in each its speakers.  Returns when the next line is due.
 */
static uint64_t allow(struct crowd *crowd, struct pace *pace)
{
	const struct options *options = &crowd->options;
	const double step = 1e9 / (options->rate * options->rooms);

	for (;; pace->lines++) {
		uint64_t due = pace->begin + (uint64_t)(step * (double)pace->lines);
		uint64_t round = pace->lines / (uint64_t)options->rooms;
		uint64_t room = pace->lines % (uint64_t)options->rooms;

		if (clock_ns() < due)
			return due;
		crowd->speakers[room * (uint64_t)options->senders +
				round % (uint64_t)options->senders]
			.allowed++;
	}
}

static void talk(struct crowd *crowd, struct pace *pace, double secs)
{
	const uint64_t end = clock_ns() + (uint64_t)(secs * 1e9);

	while (clock_ns() < end && !is_broken(crowd)) {
		uint64_t until = end;

		if (crowd->options.rate > 0) {
			uint64_t due = allow(crowd, pace);

			until = due < end ? due : end;
		}
		for (int i = 0; i < crowd->speakers_count; i++)
			link_say(crowd, &crowd->speakers[i]);
		link_turn(crowd, until);
	}
}

/* Everybody is to hear what was said. */
static void hear_out(struct crowd *crowd)
{
	while (is_under_way(crowd) && !is_broken(crowd))
		link_turn(crowd, clock_ns() + second);
}

int main(int argc, char **argv)
{
	static struct crowd crowd = {.options = {.rooms = 1,
						 .receivers = 100,
						 .senders = 4,
						 .window = 64,
						 .secs = 3,
						 .warm = 0.5}};
	struct pace pace = {0};
	long rss_ready_kb;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	read_options(&crowd.options, argc, argv);
	alarm((unsigned)(2 * COME_S + crowd.options.warm + crowd.options.secs + UNUSUAL_S));
	init(&crowd);
	come(&crowd);
	rss_ready_kb = meter_kb(crowd.options.pid, "VmRSS:");
	pace.begin = clock_ns();
	talk(&crowd, &pace, crowd.options.warm);
	figures_begin(&crowd);
	talk(&crowd, &pace, crowd.options.secs);
	figures_end(&crowd);
	hear_out(&crowd);
	return figures_print(&crowd, rss_ready_kb) ? EXIT_SUCCESS : EXIT_FAILURE;
}
