/* fanload-report.c - what was done and what it cost, as one JSON object */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "common/clock.h"
#include "fanload.h"

static bool first = true;

static void name_it(const char *name)
{
	printf("%s\"%s\":", first ? "{" : ",", name);
	first = false;
}

void report_whole(const char *name, int64_t value)
{
	name_it(name);
	printf("%" PRId64, value);
}

void report_real(const char *name, double value)
{
	name_it(name);
	printf("%.6g", value);
}

void report_word(const char *name, const char *value)
{
	name_it(name);
	printf("\"%s\"", value);
}

struct spent report_spent(const struct load *load)
{
	return (struct spent){
		.wall = clock_ns(),
		.server = meter_cpu_ns(load->options.pid),
		.load = clock_read_ns(CLOCK_PROCESS_CPUTIME_ID),
	};
}

bool report_server_gone(const struct load *load)
{
	return kill(load->options.pid, 0) < 0 && errno == ESRCH;
}

void report_begin(const struct load *load)
{
	report_whole("receivers", load->options.receivers);
	report_whole("senders", load->options.senders);
	report_whole("window", load->options.window);
}

void report_end(void)
{
	puts("}");
}

static void report_times(const char *what, const struct times *times)
{
	static const struct {
		const char *name;
		double share;
	} table[] = {{"p50", .5}, {"p99", .99}, {"p999", .999}};
	char name[32];

	if (!times_count(times))
		return;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		snprintf(name, sizeof(name), "%s_%s_us", what, table[i].name);
		report_real(name, times_us(times, table[i].share));
	}
	snprintf(name, sizeof(name), "%s_max_us", what);
	report_real(name, (double)times->longest / 1000);
}

void report_span(const struct load *load, struct spent from, struct spent to, uint64_t deliveries)
{
	const double wall = (double)(to.wall - from.wall) / 1e9;
	const double cpu = (double)(to.server - from.server) / 1e9;

	report_real("wall_s", wall);
	report_whole("deliveries", (int64_t)deliveries);
	report_real("deliveries_per_s", wall > 0 ? (double)deliveries / wall : 0);
	report_real("cpu_s", cpu);
	report_real("cpu_s_per_million", deliveries ? cpu * 1e6 / (double)deliveries : 0);
	report_real("load_cpu_s", (double)(to.load - from.load) / 1e9);
	report_whole("rss_peak_kb", meter_kb(load->options.pid, "VmHWM:"));
	report_whole("server_alive", !report_server_gone(load));
	report_times("lat", &load->latency);
	report_times("done", &load->fan_out);
}

/* Said, and never heard by those who are still there. */
static uint64_t missing(const struct load *load)
{
	uint64_t lines = 0;

	for (int i = 0; i < load->clients_count; i++) {
		const struct client *client = &load->clients[i];

		if (!client->next || client->stuck || client->state != THERE ||
		    load->options.work == ECHO)
			continue;
		for (int k = 0; k < load->senders_count; k++) {
			if (load->options.protocol != IRC || client->sender != &load->senders[k])
				lines += load->senders[k].said - client->next[k];
		}
	}
	return lines;
}

void report_faults(const struct load *load, bool stalled)
{
	report_whole("lines_sent", (int64_t)load->said);
	report_whole("lines_completed", (int64_t)load->completed);
	report_whole("lost", (int64_t)(load->lost + missing(load)));
	report_whole("dup_or_reordered", (int64_t)load->repeated);
	report_whole("corrupt", (int64_t)load->damaged);
	report_whole("receivers_dropped", (int64_t)load->dropped);
	report_whole("written_off", (int64_t)load->written_off);
	report_whole("stalled", stalled);
	report_real("longest_silence_ms", (double)load->longest_silence / 1e6);
}
