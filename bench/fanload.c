/* fanload.c - a load for servers that pass on lines, which checks every line that comes back */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "fanload.h"
#include "words.h"

enum {
	COMING_LEAST = 16, /* at a time, of those who stay while others come and go */
	UNUSUAL_S = 180,   /* longer than the work, and still here: the alarm ends us */
};

static const double come_s = 90; /* all clients must have come */

static const char usage[] =
	"usage: fanload --port PORT --pid PID [OPTION...]\n"
	"\n"
	"Has lines of 64 bytes passed on by the server that listens at 127.0.0.1:PORT and is the\n"
	"process PID, looks at every line that comes back, and prints one JSON object.\n"
	"\n"
	"  --proto line|irc|nats|redis|mqtt\n"
	"  --work WORK      fanout: as much as the windows allow; latency: by the clock;\n"
	"                   stuck: fanout while one client never reads; idle: clients come, and are\n"
	"                   silent; churn: they come, say a line, and go; echo: each has its own back\n"
	"  --receivers R    who hears a line; of idle and echo: connections (100)\n"
	"  --senders S      who says lines (4)\n"
	"  --window W       lines of one sender that not all have heard yet, at most (64)\n"
	"  --rate L         latency: lines a second (50)\n"
	"  --lines N        to be measured, at most (10000)\n"
	"  --warm N         before that (1000), for a fifth of the time at most\n"
	"  --secs S         at most; of latency, stuck and churn: it takes so long (20)\n"
	"  --coming N       clients that come at a time (64); churn: that are there at a time\n"
	"  --stall-ms MS    without a line: the rest is lost (3000)\n"
	"  --help\n";

static const char *const protocols[] = {"line", "irc", "nats", "redis", "mqtt", NULL};
static const char *const works[] = {"fanout", "latency", "stuck", "idle", "churn", "echo", NULL};

static void read_options(struct options *options, int argc, char **argv)
{
	const struct word table[] = {
		{"proto", .choice = &options->protocol, .choices = protocols},
		{"work", .choice = &options->work, .choices = works},
		{"port", .whole = &options->port, .least = 1, .most = 65535},
		{"pid", .whole = &options->pid, .least = 1, .most = 1 << 30},
		{"receivers", .whole = &options->receivers, .least = 1, .most = 100000},
		{"senders", .whole = &options->senders, .least = 1, .most = SENDERS_MOST - 1},
		{"window", .whole = &options->window, .least = 1, .most = 65536},
		{"rate", .real = &options->rate, .least = 0.1, .most = 1e6},
		{"lines", .whole = &options->lines, .least = 1, .most = 1 << 30},
		{"warm", .whole = &options->warm, .least = 0, .most = 1 << 30},
		{"secs", .real = &options->secs, .least = 0.1, .most = 3600},
		{"coming", .whole = &options->coming, .least = 1, .most = SENDERS_MOST - 1},
		{"stall-ms", .whole = &options->stall_ms, .least = 1, .most = 60000},
		{.name = NULL},
	};

	words_read(table, usage, argc, argv);
	if (!options->port || !options->pid)
		give_up("--port and --pid are needed; --help tells more");
}

/* The others need everybody there. */
static void come(struct load *load)
{
	const int coming = load->options.coming;

	if (load->options.work == CHURN && coming < COMING_LEAST)
		load->options.coming = COMING_LEAST;
	come_all(load, come_s);
	load->options.coming = coming;
	if (load->probed)
		come_probe(load);
}

int main(int argc, char **argv)
{
	static struct load load = {.options = {.receivers = 100,
					       .senders = 4,
					       .window = 64,
					       .rate = 50,
					       .lines = 10000,
					       .warm = 1000,
					       .secs = 20,
					       .coming = 64,
					       .stall_ms = 3000}};
	void (*const work_of[])(struct load *) = {
		[FANOUT] = work_closed, [LATENCY] = work_clock, [STUCK] = work_stuck,
		[IDLE] = work_idle,     [CHURN] = work_churn,   [ECHO] = work_closed,
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	read_options(&load.options, argc, argv);
	alarm((unsigned)load.options.secs + UNUSUAL_S);
	load.wrap = protocol_wrap((enum protocol)load.options.protocol,
				  (enum work)load.options.work);
	come_prepare(&load);
	if (load.options.work != IDLE)
		come(&load);
	report_begin(&load);
	work_of[load.options.work](&load);
	report_end();
	return EXIT_SUCCESS;
}
