/* test-tune.c - --tune NAME=VALUE */
#include <errno.h>
#include <string.h>

#include "mtchatd/tune.h"

#include "tap.h"

static void test_each(void)
{
	struct tune tune = TUNE_DEFAULT;
	static const char *all[] = {
		"split_members=1",    "keepalive_idle_s=2", "keepalive_step_s=3",
		"keepalive_probes=4", "link_look_ms=5",     "link_dead_ms=6",
		"linger_ms=7",        "refused_max=8",      "status_ms=9",
		"stop_ms=10",         "reconcile=0",        "rendering_idle_ms=12",
		"commands_rate=13",   "visit_ms=14",        "proxy_wait_ms=15",
		"proxy_waits_max=16", "announced_ms=17",
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		is(tune_set(&tune, all[i]), 0, "%s", all[i]);
	is(sizeof(all) / sizeof(all[0]), sizeof(tune) / sizeof(int), "no field is left out");
	ok(tune.split_members == 1 && tune.keepalive_idle_s == 2 && tune.keepalive_step_s == 3 &&
		   tune.keepalive_probes == 4 && tune.link_look_ms == 5 && tune.link_dead_ms == 6 &&
		   tune.linger_ms == 7 && tune.refused_max == 8 && tune.status_ms == 9 &&
		   tune.stop_ms == 10 && tune.reconcile == 0 && tune.rendering_idle_ms == 12 &&
		   tune.commands_rate == 13 && tune.visit_ms == 14 && tune.proxy_wait_ms == 15 &&
		   tune.proxy_waits_max == 16 && tune.announced_ms == 17,
	   "each value is in its field");
}

static void test_bad(void)
{
	const struct tune defaults = TUNE_DEFAULT;
	struct tune tune = TUNE_DEFAULT;
	static const char *bad[] = {
		"",
		"=",
		"=1",
		"stop_ms",
		"stop_ms=",
		"stop_ms=x",
		"stop_ms=1x",
		"stop_ms=1 ",
		"stop_ms= 1",
		"stop_ms=-1",
		"stop_ms=+1",
		"stop_ms=0x10",
		"stop_ms=86400001",
		"stop_ms=4294967296",
		"stop_ms=99999999999999999999",
		"stop=1",
		"stop_ms2=1",
		"STOP_MS=1",
		" stop_ms=1",
		"link_look_ms=0",
		"keepalive_probes=0",
		"keepalive_probes=128",
		"keepalive_idle_s=32768",
		"rendering_idle_ms=-1",
		"commands_rate=1000001",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is(tune_set(&tune, bad[i]), -EINVAL, "refused: '%s'", bad[i]);
	ok(memcmp(&tune, &defaults, sizeof(tune)) == 0, "what is refused changes nothing");
}

static void test_bounds(void)
{
	struct tune tune = TUNE_DEFAULT;

	is(tune_set(&tune, "stop_ms=0"), 0, "no wait at all");
	is(tune.stop_ms, 0, "is kept");
	is(tune_set(&tune, "link_dead_ms=86400000"), 0, "a day");
	is(tune.link_dead_ms, 86400000, "is kept");
	is(tune_set(&tune, "commands_rate=0"), 0, "no limit");
	is(tune.commands_rate, 0, "is kept");
	is(tune_set(&tune, "keepalive_probes=127"), 0, "the kernel's limit");
}

int main(void)
{
	test_each();
	test_bad();
	test_bounds();
	return done();
}
