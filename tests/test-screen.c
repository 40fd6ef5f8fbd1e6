/* test-screen.c - every kind of event, and what becomes of it, byte for byte */
#include <stdlib.h>
#include <time.h>

#include "harmless.h"
#include "shown.h"

#define ID    "\"id\":\"k3f9.7\",\"t\":\"" SUNDAY "\",\"room\":\"lobby\","
#define MINSU "\uBBFC\uC218"
#define ON    "\033["
#define OFF   "\033[0m"
#define DIM   "\033[2m"
#define CLOCK DIM "10:31" OFF " "

struct row {
	const char *json;
	int flags;
	const char *plain, *coloured;
};

/* The reader is alice. */
static const struct row rows[] = {
	{"{\"ev\":\"say\"," ID "\"from\":\"carol\",\"text\":\"morning!\"}", 0,
	 "10:31 carol: morning!\n", CLOCK ON "35mcarol" OFF ": morning!\n"},
	{"{\"ev\":\"say\"," ID "\"from\":\"" MINSU "\",\"text\":\"\uB124\"}", 0,
	 "10:31 " MINSU ": \uB124\n", CLOCK ON "94m" MINSU OFF ": \uB124\n"},
	{"{\"ev\":\"say\"," ID "\"from\":\"alice\",\"text\":\"on it, alice\"}", SCREEN_OWN,
	 "10:31 alice: on it, alice\n", CLOCK ON "1;94malice" OFF ": on it, alice\n"},
	{"{\"ev\":\"say\"," ID "\"from\":\"ALICE\",\"text\":\"alice\"}", 0, "10:31 ALICE: alice\n",
	 CLOCK ON "1;94mALICE" OFF ": alice\n"},
	{"{\"ev\":\"say\"," ID "\"from\":null,\"text\":\"psst\"}", 0, "10:31 | psst\n",
	 CLOCK "| psst\n"},
	{"{\"ev\":\"say\"," ID "\"from\":null,\"text\":\"alice\"}", SCREEN_OWN, "10:31 | alice\n",
	 CLOCK "| alice\n"},
	{"{\"ev\":\"say\"," ID "\"from\":\"carol\",\"text\":\"Alice, look\"}", 0,
	 "10:31 >> carol: Alice, look\a\n",
	 CLOCK ON "1m>>" OFF " " ON "35mcarol" OFF ": Alice, look\a\n"},
	{"{\"ev\":\"say\"," ID "\"from\":null,\"text\":\"alice?\"}", 0, "10:31 >> | alice?\a\n",
	 CLOCK ON "1m>>" OFF " | alice?\a\n"},
	{"{\"ev\":\"say\"," ID "\"from\":\"carol\",\"text\":\"alice?\"}", SCREEN_OLD,
	 "10:31 >> carol: alice?\n", CLOCK ON "1m>>" OFF " " ON "35mcarol" OFF ": alice?\n"},
	{"{\"ev\":\"say\"," ID "\"from\":\"carol\",\"text\":\"\"}", 0, "10:31 carol: \n",
	 CLOCK ON "35mcarol" OFF ": \n"},
	{"{\"ev\":\"say\"," ID "\"from\":\"carol\"}", 0, "10:31 carol: \n",
	 CLOCK ON "35mcarol" OFF ": \n"},
	{"{\"ev\":\"me\"," ID "\"from\":\"carol\",\"text\":\"waves\"}", 0, "10:31 ** carol waves\n",
	 CLOCK "** " ON "35mcarol" OFF " waves\n"},
	{"{\"ev\":\"me\"," ID "\"from\":\"carol\",\"text\":\"hugs alice.\"}", 0,
	 "10:31 >> ** carol hugs alice.\a\n",
	 CLOCK ON "1m>>" OFF " ** " ON "35mcarol" OFF " hugs alice.\a\n"},
	{"{\"ev\":\"me\"," ID "\"from\":null,\"text\":\"waves\"}", 0, "10:31 ** | waves\n",
	 CLOCK "** | waves\n"},
	{"{\"ev\":\"priv\",\"t\":\"" SUNDAY
	 "\",\"from\":\"carol\",\"to\":\"alice\",\"text\":\"x\"}",
	 0, "10:31 carol -> you: x\a\n", CLOCK ON "35mcarol" OFF " -> you: x\a\n"},
	{"{\"ev\":\"priv\",\"t\":\"" SUNDAY "\",\"from\":\"alice\",\"to\":\"bob\",\"text\":\"x\"}",
	 SCREEN_OWN, "10:31 you -> bob: x\n", CLOCK "you -> " ON "35mbob" OFF ": x\n"},
	{"{\"ev\":\"priv\",\"t\":\"" SUNDAY "\",\"from\":\"alice\",\"to\":\"bob\",\"text\":\"x\"}",
	 0, "10:31 you -> bob: x\n", CLOCK "you -> " ON "35mbob" OFF ": x\n"},
	{"{\"ev\":\"priv\",\"t\":\"" SUNDAY
	 "\",\"from\":\"alice\",\"to\":\"Alice\",\"text\":\"x\"}",
	 0, "10:31 you -> you: x\n", CLOCK "you -> you: x\n"},
	{"{\"ev\":\"priv\",\"t\":\"" SUNDAY "\",\"from\":\"bob\",\"to\":\"carol\",\"text\":\"x\"}",
	 0, "10:31 bob -> carol: x\a\n", CLOCK ON "35mbob" OFF " -> " ON "35mcarol" OFF ": x\a\n"},
	{"{\"ev\":\"join\"," ID "\"name\":\"carol\"}", 0, "10:31 * carol came\n",
	 DIM "10:31 * carol came" OFF "\n"},
	{"{\"ev\":\"leave\"," ID "\"name\":\"carol\",\"reason\":\"quit\"}", 0,
	 "10:31 * carol went\n", DIM "10:31 * carol went" OFF "\n"},
	{"{\"ev\":\"rename\"," ID "\"name\":\"carol\",\"to\":\"carl\"}", 0,
	 "10:31 * carol is carl now\n", DIM "10:31 * carol is carl now" OFF "\n"},
	{"{\"ev\":\"join\"," ID "\"name\":\"alice\"}", 0, "", ""},
	{"{\"ev\":\"join\"," ID "\"name\":\"bob\"}", SCREEN_OWN, "", ""},
	{"{\"ev\":\"leave\"," ID "\"name\":\"alice\"}", 0, "", ""},
	{"{\"ev\":\"rename\"," ID "\"name\":\"alice\",\"to\":\"al\"}", 0,
	 "10:31 * alice is al now\n", DIM "10:31 * alice is al now" OFF "\n"},
	{"{\"ev\":\"rename\"," ID "\"name\":\"al\",\"to\":\"alice\"}", 0,
	 "10:31 * al is alice now\n", DIM "10:31 * al is alice now" OFF "\n"},
	{"{\"ev\":\"join\"," ID "\"name\":null}", 0, "", ""},
	{"{\"ev\":\"notice\",\"code\":\"busy\",\"text\":\"bob has too much to read\"}", 0,
	 "10:31 * bob has too much to read\n", DIM "10:31 * bob has too much to read" OFF "\n"},
	{"{\"ev\":\"notice\",\"code\":\"busy\"}", 0, "10:31 * \n", DIM "10:31 * " OFF "\n"},
	{"{\"ev\":\"who\",\"room\":\"lobby\",\"names\":[\"alice\",\"bob\"],\"unnamed\":3,\"more\":0}",
	 0, "10:31 * in lobby: alice bob and 3 without a name\n",
	 DIM "10:31 * in lobby: alice bob and 3 without a name" OFF "\n"},
	{"{\"ev\":\"who\",\"room\":\"lobby\",\"names\":[\"alice\"],\"unnamed\":0,\"more\":0}", 0,
	 "10:31 * in lobby: alice\n", DIM "10:31 * in lobby: alice" OFF "\n"},
	{"{\"ev\":\"who\",\"room\":\"lobby\",\"names\":[],\"unnamed\":2,\"more\":0}", 0,
	 "10:31 * in lobby: 2 without a name\n", DIM "10:31 * in lobby: 2 without a name" OFF "\n"},
	{"{\"ev\":\"who\",\"room\":\"den\",\"names\":[],\"unnamed\":0,\"more\":0}", 0,
	 "10:31 * in den: nobody\n", DIM "10:31 * in den: nobody" OFF "\n"},
	{"{\"ev\":\"who\",\"room\":\"den\",\"names\":[\"al\",\"bo\"],\"unnamed\":0,\"more\":7}", 0,
	 "10:31 * in den: al bo\n10:31 * and 7 more: /who den bo\n",
	 DIM "10:31 * in den: al bo" OFF "\n" DIM "10:31 * and 7 more: /who den bo" OFF "\n"},
	{"{\"ev\":\"rooms\",\"rooms\":[{\"name\":\"lobby\",\"clients\":4},"
	 "{\"name\":\"kitchen\",\"clients\":1}],\"more\":0}",
	 0, "10:31 * rooms: lobby (4) kitchen (1)\n",
	 DIM "10:31 * rooms: lobby (4) kitchen (1)" OFF "\n"},
	{"{\"ev\":\"rooms\",\"rooms\":[{\"name\":\"lobby\",\"clients\":4}],\"more\":2}", 0,
	 "10:31 * rooms: lobby (4)\n10:31 * and 2 more: /rooms lobby\n",
	 DIM "10:31 * rooms: lobby (4)" OFF "\n" DIM "10:31 * and 2 more: /rooms lobby" OFF "\n"},
	{"{\"ev\":\"rooms\",\"rooms\":[],\"more\":0}", 0, "10:31 * no room\n",
	 DIM "10:31 * no room" OFF "\n"},
	{"{\"ev\":\"skip\",\"from\":\"k.1\",\"to\":\"k.317\",\"lines\":317}", 0,
	 "10:31 * 317 lines were missed\n", DIM "10:31 * 317 lines were missed" OFF "\n"},
	{"{\"ev\":\"skip\",\"from\":\"k.1\",\"to\":\"k.1\",\"lines\":1}", 0,
	 "10:31 * 1 line was missed\n", DIM "10:31 * 1 line was missed" OFF "\n"},
	{"{\"ev\":\"restarted\",\"gap_ms\":41}", 0,
	 "10:31 * server restarted: 41 ms, still connected, 0 lines lost\n",
	 DIM "10:31 * server restarted: 41 ms, still connected, 0 lines lost" OFF "\n"},
	{"{\"ev\":\"restarted\",\"gap_ms\":null}", 0,
	 "10:31 * server restarted: still connected, 0 lines lost\n",
	 DIM "10:31 * server restarted: still connected, 0 lines lost" OFF "\n"},
	{"{\"ev\":\"pong\",\"token\":\"x7\"}", 0, "10:31 * pong x7\n",
	 DIM "10:31 * pong x7" OFF "\n"},
	{"{\"ev\":\"pong\"}", 0, "10:31 * pong\n", DIM "10:31 * pong" OFF "\n"},
	{"{\"ev\":\"bye\",\"reason\":\"stopping\"}", 0,
	 "10:31 * the server says good-bye: stopping\n",
	 DIM "10:31 * the server says good-bye: stopping" OFF "\n"},
	{"{\"ev\":\"bye\"}", 0, "10:31 * the server says good-bye\n",
	 DIM "10:31 * the server says good-bye" OFF "\n"},
	{"{\"ev\":\"bye\",\"reason\":\"quit\"}", SCREEN_OWN, "", ""},
	{"{\"ev\":\"hello\",\"proto\":1,\"room\":\"lobby\",\"head\":\"k3f9.1\"}", 0, "", ""},
	{"{\"ev\":\"replay\",\"last\":50,\"lines\":3}", 0, "", ""},
	{"{\"ev\":\"live\",\"head\":\"k3f9.1\"}", 0, "", ""},
	{"{\"ev\":\"weather\",\"text\":\"rain\"}", 0, "", ""},
};

static struct screen as_alice(const struct screen_style *style)
{
	struct screen screen;

	screen_init(&screen, style, 80);
	screen_set_own(&screen, "alice");
	return screen;
}

static void test_rows(void)
{
	struct screen_style plain = {.comings = true, .bell = BELL_MENTION}, coloured = plain;

	coloured.colour = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];
		struct screen screen = as_alice(&plain), colourful = as_alice(&coloured);

		same(shown(&screen, row->json, row->flags), row->plain, row->json);
		same(shown(&colourful, row->json, row->flags), row->coloured, row->json);
		ok(is_harmless(&plain, row->plain) && is_harmless(&coloured, row->coloured),
		   "is harmless");
	}
}

/* With dates, in local time. */
static void test_dates(void)
{
	struct screen_style style = {.dates = true};
	struct screen screen = as_alice(&style);

	same(shown(&screen, "{\"ev\":\"me\"," ID "\"from\":\"bob\",\"text\":\"waves\"}", 0),
	     "2026-11-22 10:31:07+00:00 ** bob waves\n", "date and seconds");
	same(shown(&screen, "{\"ev\":\"say\",\"t\":\"1999-12-31T23:59:59.999Z\",\"text\":\"old\"}",
		   0),
	     "1999-12-31 23:59:59+00:00 | old\n", "no rule between dates that each line has");
	same(shown(&screen, "{\"ev\":\"say\",\"t\":\"9999-12-31T23:59:59.999Z\",\"text\":\"z\"}",
		   0),
	     "9999-12-30 23:59:59+00:00 | z\n", "the last day that there is");
	setenv("TZ", "KST-9", 1);
	tzset();
	same(shown(&screen, "{\"ev\":\"restarted\",\"gap_ms\":41}", 0),
	     "2026-11-22 19:31:07+09:00 * server restarted: 41 ms, still connected, 0 lines lost\n",
	     "the caller's time, in the local zone");
	setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
	tzset();
	same(shown(&screen, "{\"ev\":\"say\",\"t\":\"2026-11-01T05:30:00.000Z\",\"text\":\"x\"}",
		   0),
	     "2026-11-01 01:30:00-04:00 | x\n", "the hour that comes twice, first");
	same(shown(&screen, "{\"ev\":\"say\",\"t\":\"2026-11-01T06:30:00.000Z\",\"text\":\"x\"}",
		   0),
	     "2026-11-01 01:30:00-05:00 | x\n", "... and again");
	setenv("TZ", "UTC0", 1);
	tzset();
}

static void test_comings(void)
{
	struct screen_style style = {.comings = false};
	struct screen screen = as_alice(&style);

	same(shown(&screen, "{\"ev\":\"join\"," ID "\"name\":\"bob\"}", 0), "", "join");
	same(shown(&screen, "{\"ev\":\"leave\"," ID "\"name\":\"bob\"}", 0), "", "leave");
	same(shown(&screen, "{\"ev\":\"rename\"," ID "\"name\":\"bob\",\"to\":\"b\"}", 0), "",
	     "rename");
	same(shown(&screen, "{\"ev\":\"rename\"," ID "\"name\":\"alice\",\"to\":\"b\"}", 0),
	     "10:31 * alice is b now\n", "one's own new name is shown all the same");
}

/* -- the bell -- */

static void rings(enum bell bell, const char *json, int flags, bool want, const char *what)
{
	struct screen_style style = {.comings = true, .bell = bell};
	struct screen screen = as_alice(&style);
	char *text = shown(&screen, json, flags);

	ok((strchr(text, '\a') != NULL) == want, "bell %d: %s", bell, what);
	free(text);
}

static void test_bells(void)
{
	static const char any[] = "{\"ev\":\"say\",\"from\":\"bob\",\"text\":\"hi\"}",
			  called[] = "{\"ev\":\"say\",\"from\":\"bob\",\"text\":\"hi alice\"}",
			  letter[] = "{\"ev\":\"priv\",\"from\":\"bob\",\"to\":\"alice\"}",
			  ours[] = "{\"ev\":\"say\",\"from\":\"alice\",\"text\":\"hi alice\"}",
			  join[] = "{\"ev\":\"join\",\"name\":\"bob\"}";

	for (enum bell bell = BELL_OFF; bell <= BELL_ALL; bell++) {
		rings(bell, any, 0, bell == BELL_ALL, "somebody's line");
		rings(bell, called, 0, bell != BELL_OFF, "a mention");
		rings(bell, letter, 0, bell != BELL_OFF, "a private line");
		rings(bell, any, SCREEN_OLD, false, "history");
		rings(bell, called, SCREEN_OLD, false, "a mention in history");
		rings(bell, letter, SCREEN_OLD, false, "an old private line");
		rings(bell, ours, 0, false, "one's own name's line");
		rings(bell, any, SCREEN_OWN, false, "one's own line");
		rings(bell, join, 0, false, "somebody comes");
	}
}

static void test_bell_pause(void)
{
	static const char json[] = "{\"ev\":\"say\",\"from\":\"bob\",\"text\":\"alice\"}";
	struct screen_style style = {.bell = BELL_MENTION};
	struct screen screen = as_alice(&style);

	same(shown(&screen, json, 0), "10:31 >> bob: alice\a\n", "a first mention rings");
	same(shown(&screen, json, 0), "10:31 >> bob: alice\n", "another one at once does not");
	screen.rung_ms = NOW_MS - SCREEN_BELL_MS + 1;
	same(shown(&screen, json, 0), "10:31 >> bob: alice\n", "nor a moment later");
	screen.rung_ms = NOW_MS - SCREEN_BELL_MS;
	same(shown(&screen, json, 0), "10:31 >> bob: alice\a\n", "later it does");
	screen.rung_ms = NOW_MS + HOUR_MS;
	same(shown(&screen, json, 0), "10:31 >> bob: alice\a\n", "a clock set back is no matter");
}

static void test_calls(void)
{
	static const char json[] =
		"{\"ev\":\"say\",\"from\":\"b;b\",\"text\":\"4;alice\\t\\u0007\\u001b\"}";
	struct screen_style style = {.bell = BELL_MENTION, .notify = NOTIFY_OSC9};
	struct screen screen = as_alice(&style);

	same(shown(&screen, json, 0),
	     "10:31 >> b;b: 4;alice\t\uFFFD\uFFFD"
	     "\033]9;mtchat: b,b: 4,alice \uFFFD\uFFFD\a\n",
	     "OSC 9");
	style.notify = NOTIFY_OSC777;
	screen = as_alice(&style);
	same(shown(&screen, json, 0),
	     "10:31 >> b;b: 4;alice\t\uFFFD\uFFFD"
	     "\033]777;notify;mtchat;b,b: 4,alice \uFFFD\uFFFD\a\n",
	     "OSC 777");
	screen = as_alice(&style);
	same(shown(&screen, "{\"ev\":\"say\",\"from\":null,\"text\":\"alice\"}", 0),
	     "10:31 >> | alice\033]777;notify;mtchat;alice\a\n", "OSC 777, nobody named");
	style.within = WITHIN_TMUX;
	screen = as_alice(&style);
	same(shown(&screen, "{\"ev\":\"say\",\"from\":null,\"text\":\"alice\"}", 0),
	     "10:31 >> | alice\033Ptmux;\033\033]777;notify;mtchat;alice\a\033\\\a\n",
	     "inside of tmux");
	style.within = WITHIN_SCREEN;
	style.notify = NOTIFY_OSC9;
	screen = as_alice(&style);
	same(shown(&screen, "{\"ev\":\"say\",\"from\":null,\"text\":\"alice\"}", 0),
	     "10:31 >> | alice\033P\033]9;mtchat: alice\a\033\\\a\n", "inside of screen");
}

int main(void)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	test_rows();
	test_dates();
	test_comings();
	test_bells();
	test_bell_pause();
	test_calls();
	return done();
}
