/* crowd-figures.c - what a crowd counts: deliveries, their time, and what the server spends */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "crowd.h"
#include "meter.h"

struct figures figures;

static struct times times;

/* What was so when the measurement began, and what it has added when it ends. */
static struct span {
	uint64_t deliveries, bytes, said;
	uint64_t wall, server, load; /* ns */
} span;

void figures_latency(uint64_t ns, uint64_t count)
{
	times_add(&times, ns, count);
}

static uint64_t said(const struct crowd *crowd)
{
	uint64_t lines = 0;

	for (int i = 0; i < crowd->speakers_count; i++)
		lines += crowd->speakers[i].said;
	return lines;
}

static struct span now(const struct crowd *crowd)
{
	return (struct span){
		.deliveries = figures.deliveries,
		.bytes = figures.bytes,
		.said = said(crowd),
		.wall = clock_ns(),
		.server = meter_cpu_ns(crowd->options.pid),
		.load = clock_read_ns(CLOCK_PROCESS_CPUTIME_ID),
	};
}

void figures_begin(const struct crowd *crowd)
{
	memset(&times, 0, sizeof(times));
	span = now(crowd);
}

void figures_end(const struct crowd *crowd)
{
	const struct span end = now(crowd);

	span.deliveries = end.deliveries - span.deliveries;
	span.bytes = end.bytes - span.bytes;
	span.said = end.said - span.said;
	span.wall = end.wall - span.wall;
	span.server = end.server - span.server;
	span.load = end.load - span.load;
}

/* Lines that the clock asked for, and the window did not allow. */
static uint64_t behind(const struct crowd *crowd)
{
	uint64_t lines = 0;

	for (int i = 0; i < crowd->speakers_count; i++) {
		const struct speaker *speaker = &crowd->speakers[i];

		if (crowd->options.rate > 0 && speaker->allowed > speaker->said)
			lines += speaker->allowed - speaker->said;
	}
	return lines;
}

static double per_line(uint64_t bytes, uint64_t lines)
{
	return lines ? (double)bytes / (double)lines : 0;
}

/* Of one rendering, over all rooms. */
static double line_bytes(const struct crowd *crowd, enum kind kind)
{
	uint64_t bytes = 0, lines = 0;

	for (int i = 0; i < crowd->options.rooms; i++) {
		bytes += crowd->rooms[i].copies[kind].head;
		lines += crowd->rooms[i].copies[kind].lines;
	}
	return per_line(bytes, lines);
}

static void print_spent(const struct crowd *crowd, long rss_ready_kb)
{
	const double secs = (double)span.wall / 1e9;

	printf("\"secs\":%.3f,\"lines\":%" PRIu64 ",\"deliveries\":%" PRIu64
	       ",\"deliveries_per_s\":%.0f,",
	       secs, span.said, span.deliveries, (double)span.deliveries / secs);
	printf("\"cpu_s\":%.6f,\"cpu_share\":%.4f,\"ns_per_delivery\":%.2f,\"load_cpu_s\":%.6f,",
	       (double)span.server / 1e9, (double)span.server / (double)span.wall,
	       per_line(span.server, span.deliveries), (double)span.load / 1e9);
	printf("\"bytes\":%" PRIu64 ",\"text_line_bytes\":%.1f,\"json_line_bytes\":%.1f,",
	       span.bytes, line_bytes(crowd, TEXT), line_bytes(crowd, JSON));
	printf("\"lat_p50_us\":%.1f,\"lat_p99_us\":%.1f,\"lat_max_us\":%.1f,", times_us(&times, .5),
	       times_us(&times, .99), (double)times.longest / 1000);
	printf("\"rss_ready_kb\":%ld,\"rss_kb\":%ld,\"behind\":%" PRIu64 ",", rss_ready_kb,
	       meter_kb(crowd->options.pid, "VmRSS:"), behind(crowd));
}

bool figures_print(const struct crowd *crowd, long rss_ready_kb)
{
	uint64_t due = said(crowd) * (uint64_t)crowd->options.receivers;
	uint64_t lost = due > figures.deliveries ? due - figures.deliveries : 0;

	printf("{\"clients\":%d,", crowd->clients_count);
	print_spent(crowd, rss_ready_kb);
	printf("\"lost\":%" PRIu64 ",\"repeated\":%" PRIu64 ",\"damaged\":%" PRIu64
	       ",\"dropped\":%" PRIu64 "}\n",
	       lost, figures.repeated, figures.damaged, figures.dropped);
	return !lost && !figures.repeated && !figures.damaged && !figures.dropped;
}
