/* fanload-works.c - fan-out and echo as the windows allow, and latency by the clock */
#include <string.h>

#include "common/clock.h"
#include "fanload.h"

enum { LOOK_TURNS = 1024 }; /* between two looks whether the server is there */

static const double warm_share = 0.2; /* of the time, at most */
static const double turn_s = 0.05;

bool work_is_stalled(const struct load *load, uint64_t now)
{
	return now > load->progress_at + (uint64_t)load->options.stall_ms * 1000000;
}

static bool is_under_way(const struct load *load)
{
	return load->completed < load->said;
}

static bool is_all_said(const struct load *load)
{
	return !load->sending ||
	       (int64_t)load->said >= (int64_t)load->options.lines + load->options.warm;
}

static void begin_to_say(struct load *load)
{
	load->progress_at = clock_ns();
	load->sending = true;
	for (int i = 0; i < load->senders_count; i++)
		say_later(load, &load->senders[i]);
}

/* The measurement begins after so many lines, or so much time. */
static bool is_warm(const struct load *load, uint64_t begin, uint64_t now)
{
	return load->completed >= (uint64_t)load->options.warm ||
	       now > begin + (uint64_t)(load->options.secs * warm_share * 1e9);
}

static void forget(struct load *load)
{
	load->longest_silence = 0;
	memset(&load->latency, 0, sizeof(load->latency));
	memset(&load->fan_out, 0, sizeof(load->fan_out));
}

void work_closed(struct load *load)
{
	const uint64_t begin = clock_ns(), end = begin + (uint64_t)(load->options.secs * 1e9);
	struct spent from = report_spent(load), to;
	uint64_t before = 0;
	bool warm = load->options.warm == 0, stalled = false;

	begin_to_say(load);
	for (unsigned turn = 1; !stalled && (is_under_way(load) || !is_all_said(load)); turn++) {
		uint64_t now;

		say_queued(load);
		link_turn(load, turn_s);
		now = clock_ns();
		if (!warm && is_warm(load, begin, now)) {
			warm = true;
			from = report_spent(load);
			before = load->deliveries;
			forget(load);
		}
		load->sending = now <= end;
		stalled = work_is_stalled(load, now) ||
			  (turn % LOOK_TURNS == 0 && report_server_gone(load));
	}
	to = report_spent(load);
	if (stalled && load->progress_at > from.wall)
		to.wall = load->progress_at;
	report_span(load, from, to, load->deliveries - before);
	report_faults(load, stalled);
}

/* One line, if its sender can say it; false: it cannot. */
static bool say_due(struct load *load, long number, uint64_t now)
{
	struct sender *sender = &load->senders[number % load->senders_count];

	if (!sender->client || sender->client->out_end || sender->said - sender->done >= load->mask)
		return false;
	say_lines(load, sender, 1, now);
	return true;
}

void work_clock(struct load *load)
{
	const long all = (long)(load->options.secs * load->options.rate);
	const uint64_t step = (uint64_t)(1e9 / load->options.rate);
	const struct spent from = report_spent(load);
	uint64_t due = from.wall, latest = 0;
	long number = 0, skipped = 0;
	bool stalled = false;

	load->progress_at = from.wall;
	while (!stalled && (number < all || is_under_way(load))) {
		uint64_t now = clock_ns();

		if (number < all && now >= due) {
			latest = now - due > latest ? now - due : latest;
			skipped += !say_due(load, number++, now);
			due += step;
			continue;
		}
		say_by_clock(load);
		link_turn(load, number < all ? (double)(due - now) / 1e9 : turn_s);
		stalled = work_is_stalled(load, now);
	}
	report_span(load, from, report_spent(load), load->deliveries);
	report_real("latest_send_us", (double)latest / 1e3);
	report_whole("skipped", skipped);
	report_faults(load, stalled);
}
