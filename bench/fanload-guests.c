/* fanload-guests.c - one who is stuck, many who are silent, and some who come and go */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "fanload.h"

static const double look_s = 0.05, late_s = 3, idle_s = 1;

static long open_descriptors(int pid)
{
	char path[32];
	long count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	folder = opendir(path);
	if (!folder)
		give_up("%s: %m", path);
	while (readdir(folder)) /* NOLINT(concurrency-mt-unsafe): one thread */
		count++;
	closedir(folder);
	return count;
}

/* What is looked at while one is stuck. */
struct watch {
	long rss_before, rss_most, descriptors;
	uint64_t begin, dropped_at; /* 0: it is still connected */
};

static void look(const struct load *load, struct watch *watch)
{
	long rss = meter_kb(load->options.pid, "VmRSS:");

	if (rss > watch->rss_most)
		watch->rss_most = rss;
	if (!watch->dropped_at && open_descriptors(load->options.pid) < watch->descriptors)
		watch->dropped_at = clock_ns();
}

/* What the stuck client was left with, once it reads: bytes; and how its connection is. */
static uint64_t read_late(const struct client *client, const char **ret)
{
	static char buffer[65536];
	const uint64_t end = clock_ns() + (uint64_t)(late_s * 1e9);
	uint64_t got = 0;

	*ret = "alive";
	while (clock_ns() < end) {
		ssize_t n = recv(client->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

		if (n > 0) {
			got += (uint64_t)n;
		} else if (n == 0 || errno != EAGAIN) {
			*ret = n == 0 ? "eof" : "reset";
			break;
		} else {
			usleep(2000);
		}
	}
	return got;
}

/* The same as without a stuck one, for `secs`. */
static bool talk(struct load *load, struct watch *watch)
{
	const uint64_t end = watch->begin + (uint64_t)(load->options.secs * 1e9);
	uint64_t next = 0;

	load->progress_at = watch->begin;
	load->sending = true;
	for (int i = 0; i < load->senders_count; i++)
		say_later(load, &load->senders[i]);
	while (load->sending || load->completed < load->said) {
		uint64_t now;

		say_queued(load);
		link_turn(load, look_s);
		now = clock_ns();
		if (now >= next) {
			look(load, watch);
			next = now + (uint64_t)(look_s * 1e9);
		}
		load->sending = now <= end;
		if (work_is_stalled(load, now))
			return true;
	}
	return false;
}

void work_stuck(struct load *load)
{
	const struct spent from = report_spent(load);
	struct watch watch = {.begin = from.wall};
	const struct client *client = load->clients;
	const char *how;
	struct spent to;
	bool stalled;

	while (!client->stuck)
		client++;
	watch.rss_before = watch.rss_most = meter_kb(load->options.pid, "VmRSS:");
	watch.descriptors = open_descriptors(load->options.pid);
	stalled = talk(load, &watch);
	to = report_spent(load);
	look(load, &watch);
	if (stalled && to.wall - load->progress_at > load->longest_silence)
		load->longest_silence = to.wall - load->progress_at;
	report_span(load, from, to, load->deliveries);
	report_faults(load, stalled);
	report_whole("rss_before_kb", watch.rss_before);
	report_whole("rss_max_kb", watch.rss_most);
	report_real("stuck_dropped_after_s",
		    watch.dropped_at ? (double)(watch.dropped_at - watch.begin) / 1e9 : -1);
	report_whole("stuck_late_bytes", (int64_t)read_late(client, &how));
	report_word("stuck_end", how);
}

static void stay(struct load *load, double secs)
{
	const uint64_t end = clock_ns() + (uint64_t)(secs * 1e9);

	while (clock_ns() < end)
		link_turn(load, 0.1);
}

void work_idle(struct load *load)
{
	const long rss_before = meter_kb(load->options.pid, "VmRSS:");
	const struct spent before = report_spent(load);
	const double took = come_all(load, load->options.secs);
	struct spent come, idle;
	long rss;

	stay(load, idle_s);
	come = report_spent(load);
	rss = meter_kb(load->options.pid, "VmRSS:");
	stay(load, idle_s);
	idle = report_spent(load);
	report_real("connect_s", took);
	report_whole("connections", load->there);
	report_real("connects_per_s", load->there / took);
	report_real("cpu_us_per_connect",
		    (double)(come.server - before.server) / 1e3 / load->there);
	report_real("rss_bytes_per_conn", (double)(rss - rss_before) * 1024 / load->there);
	report_real("idle_cpu_ms_per_s",
		    (double)(idle.server - come.server) * 1e3 / (double)(idle.wall - come.wall));
	report_whole("dropped", (int64_t)load->dropped);
	report_whole("server_alive", !report_server_gone(load));
}

/* One client after the other, each of which comes, says a line that all hear, and goes. */
struct lane {
	struct client client;
	uint32_t said; /* by those before */
};

struct churn {
	struct lane *lanes;
	int next_number;
	long cycles, failed;
	bool open; /* new ones come */
};

static void come_anew(struct load *load, struct churn *churn, struct lane *lane,
		      struct sender *sender)
{
	lane->client = (struct client){
		.number = churn->next_number++,
		.sender = sender,
		.out = lane->client.out,
		.rest = lane->client.rest,
	};
	lane->said = sender->said;
	link_open(load, &lane->client);
}

/* Returns whether somebody is there. */
static bool turn_lane(struct load *load, struct churn *churn, int number, uint64_t now)
{
	struct lane *lane = &churn->lanes[number];
	struct sender *sender = &load->senders[number];
	struct client *client = &lane->client;

	if (client->state == GONE) {
		churn->failed++;
		load->dropped--;
		client->state = AWAY;
		churn->open = churn->open && !report_server_gone(load);
	}
	if (client->state == THERE && sender->said == lane->said) {
		sender->client = client;
		say_lines(load, sender, 1, now);
	} else if (client->state == THERE && sender->done == sender->said) {
		close(client->fd);
		sender->client = NULL;
		client->state = AWAY;
		churn->cycles++;
		load->progress_at = now;
	}
	if (client->state == AWAY && churn->open)
		come_anew(load, churn, lane, sender);
	return client->state != AWAY;
}

void work_churn(struct load *load)
{
	const struct spent from = report_spent(load);
	const uint64_t end = from.wall + (uint64_t)(load->options.secs * 1e9);
	struct churn churn = {.next_number = load->clients_count, .open = true};
	bool busy = true, stalled = false;
	struct spent to;

	churn.lanes = allocate((uint64_t)load->senders_count, sizeof(*churn.lanes));
	load->progress_at = from.wall;
	while (busy && !stalled) {
		uint64_t now = clock_ns();

		busy = false;
		churn.open = churn.open && now <= end && churn.cycles < load->options.lines;
		for (int i = 0; i < load->senders_count; i++)
			busy |= turn_lane(load, &churn, i, now);
		say_by_clock(load);
		if (busy)
			link_turn(load, 0.01);
		stalled = work_is_stalled(load, clock_ns());
	}
	to = report_spent(load);
	report_span(load, from, to, load->deliveries);
	report_whole("cycles", churn.cycles);
	report_real("cycles_per_s", (double)churn.cycles * 1e9 / (double)(to.wall - from.wall));
	report_real("cpu_us_per_cycle",
		    churn.cycles ? (double)(to.server - from.server) / 1e3 / (double)churn.cycles
				 : 0);
	report_whole("failed_cycles", churn.failed);
	report_faults(load, stalled);
}
