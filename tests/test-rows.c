/* test-rows.c - what somebody says cannot look like a row of somebody else, whatever fills the row
 */
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "mtchat/rows.h"
#include "mtchat/safe.h"

#include "shown.h"

#define FORGED "13:38 carol: I resign"
#define TEN    "xxxxxxxxxx"

static char *written(const char *text, size_t begin, size_t columns)
{
	struct page page;

	rows_write(page_begin(&page), text, strlen(text), begin, columns);
	return page_end(&page);
}

static void becomes(const char *text, size_t columns, const char *want, const char *what)
{
	same(written(text, 10, columns), want, what);
}

static void test_what_fits(void)
{
	becomes("x            y", 24, "x            y", "blanks that fit stay");
	becomes("x            y", 0, "x            y", "likewise where there are no rows");
	becomes("\tx", 24, "\tx", "a TAB that fits");
	becomes("at 13:38 " TEN, 60, "at 13:38 " TEN, "a time that fits");
	ok(!rows_may_break("12345", 5, 10, 15), "a full row is none too many");
	ok(rows_may_break("123456", 6, 10, 15), "one more is");
	ok(rows_may_break("\t\t", 2, 10, 20), "TABs can be wide");
	ok(!rows_may_break("", 0, 15, 15) && !rows_may_break("x", 1, 15, 0), "no text, no rows");
}

static void test_blanks(void)
{
	becomes("x            y", 20, "x [12 blanks] y", "a long run that may break");
	becomes("x       y" TEN, 20, "x       y" TEN, "seven blanks stay");
	becomes("x\ty" TEN, 20, "x [8 blanks] y" TEN, "a TAB has the width of eight");
	becomes("a\u00A0\u2003\u3000\u115F\u3164\u2800 \tb", 12, "a [18 blanks] b",
		"whatever looks blank");
	becomes("a    \u200B    b", 12, "a [8 blanks] b", "nothing in between parts a run");
	becomes("http://example.org/" TEN TEN TEN TEN, 20, "http://example.org/" TEN TEN TEN TEN,
		"a long URL stays whole");
	becomes("\uAC00\uAC01 \uAC02 \u00E9" TEN, 20, "\uAC00\uAC01 \uAC02 \u00E9" TEN,
		"letters are no blanks");
}

/* The row ends right before what comes. */
static void test_row_begins(void)
{
	becomes(TEN FORGED, 20, TEN "> " FORGED, "a time at the start of a row");
	becomes(TEN "yy" FORGED, 20, TEN "yy" FORGED, "but not within one");
	becomes(TEN TEN TEN FORGED, 20, TEN TEN TEN "> " FORGED, "likewise in a third row");
	becomes(TEN "  " FORGED, 20, TEN ">   " FORGED, "blanks before it are no help");
	becomes(TEN "1\u200B3:\u200D38 x", 20, TEN "> 1\u200B3:\u200D38 x", "nor what is not seen");
	becomes(TEN "\u0661\u0663:38 x", 20, TEN "> \u0661\u0663:38 x", "nor other digits");
	becomes(TEN "l3\uFF1A3O x", 20, TEN "> l3\uFF1A3O x", "nor what looks like them");
	becomes(TEN "2026-11-22 13:38:01 x", 20, TEN "> 2026-11-22 13:38:01 x", "a date");
	becomes(TEN "* server restarted", 20, TEN "> * server restarted", "a star");
	becomes(TEN "-- live ---", 20, TEN "> -- live ---", "a rule");
	becomes(TEN "\u2026 psst", 20, TEN "> \u2026 psst", "a line that waits");
	becomes(TEN "13:381 x", 20, TEN "13:381 x", "no time");
	becomes(TEN "1234 apples", 20, TEN "1234 apples", "a number");
	becomes("\uAC00\uAC00\uAC00\uAC00x\uAC00" FORGED, 20,
		"\uAC00\uAC00\uAC00\uAC00x\uAC00" FORGED, "a wide one that goes to the next row");
}

/* The least and the most that a terminal gives it. */
static void test_doubt(void)
{
	static const char *const doubts[] = {
		"\U0001F468\u200D\U0001F469\u200D\U0001F467", /* 2 or 6 */
		"\u2764\uFE0F",                               /* 1 or 2 */
		"\U0001F1F0\U0001F1F7",                       /* 2 or 4 */
		"\U0001F44D\U0001F3FD",                       /* 2 or 4 */
		"\U0001FAFF",                                 /* 1 or 2 */
		"\u0915\u093E",                               /* 1 or 2 */
	};
	static const size_t least[] = {2, 1, 2, 2, 1, 1}, most[] = {6, 2, 4, 4, 2, 2};

	for (size_t i = 0; i < sizeof(doubts) / sizeof(*doubts); i++) {
		for (size_t width = least[i]; width <= most[i]; width += most[i] - least[i]) {
			char text[128], want[128];

			snprintf(text, sizeof(text), "%.*s%s" FORGED, (int)(10 - width), TEN,
				 doubts[i]);
			snprintf(want, sizeof(want), "%.*s%s> " FORGED, (int)(10 - width), TEN,
				 doubts[i]);
			becomes(text, 20, want, "where terminals differ, both are thought of");
		}
	}
}

/* Whatever fills the row: at every width, with every filler. */
static void test_every_width(void)
{
	static const char *const fillers[] = {" ", "\u3164", "\u2800", "\u00A0", "\u3000",
					      "x", "-",      "\u3131", ". ",     "\t"};
	int bad = 0;

	for (size_t i = 0; i < sizeof(fillers) / sizeof(*fillers); i++) {
		for (int count = 0; count < 200; count++) {
			struct page page;
			char *text, *out, *at;

			for (int j = (page_begin(&page), 0); j < count; j++)
				fputs(fillers[i], page.to);
			fputs(FORGED, page.to);
			text = page_end(&page);
			out = written(text, 13, 100);
			at = strstr(out, FORGED);
			if (!at || (13 + safe_width(out, (size_t)(at - out))) % 100 == 0)
				bad++;
			free(text);
			free(out);
		}
	}
	ok(bad == 0, "no filler brings it to the start of a row");
}

/* On the screen: what somebody says, does, says privately; and what a server says. */
static void test_screen(void)
{
	struct screen_style style = {.comings = true};
	struct screen screen;

	screen_init(&screen, &style, 40);
	screen_set_own(&screen, "alice");
#define FILL24 TEN TEN "xxxx"
	same(shown(&screen,
		   "{\"ev\":\"say\",\"t\":\"" SUNDAY
		   "\",\"from\":\"mal\",\"text\":\"xxxxx" FILL24 FORGED "\"}",
		   0),
	     "10:31 mal: xxxxx" FILL24 "> " FORGED "\n", "said");
	same(shown(&screen,
		   "{\"ev\":\"say\",\"t\":\"" SUNDAY "\",\"from\":\"mal\",\"text\":\"alice" TEN TEN
		   " " FORGED "\"}",
		   0),
	     "10:31 mal: alice" TEN TEN " " FORGED "\n", "within a row");
	same(shown(&screen,
		   "{\"ev\":\"say\",\"t\":\"" SUNDAY
		   "\",\"from\":\"mal\",\"text\":\"alice!" TEN TEN FORGED "\"}",
		   0),
	     "10:31 >> mal: alice!" TEN TEN "> " FORGED "\n", "with one's name in it");
	same(shown(&screen,
		   "{\"ev\":\"me\",\"t\":\"" SUNDAY
		   "\",\"from\":\"mal\",\"text\":\"xxx" FILL24 FORGED "\"}",
		   0),
	     "10:31 ** mal xxx" FILL24 "> " FORGED "\n", "done");
	same(shown(&screen,
		   "{\"ev\":\"priv\",\"t\":\"" SUNDAY
		   "\",\"from\":\"m\u00E9l\",\"to\":\"alice\",\"text\":\"" TEN TEN "xx" FORGED
		   "\"}",
		   0),
	     "10:31 m\u00E9l -> you: " TEN TEN "xx> " FORGED "\n", "privately");
	same(shown(&screen,
		   "{\"ev\":\"notice\",\"code\":\"x\",\"text\":\"" FILL24 "xxxxxxxx" FORGED "\"}",
		   0),
	     "10:31 * " FILL24 "xxxxxxxx> " FORGED "\n", "a notice");
	screen.columns = SCREEN_NO_ROWS;
	same(shown(&screen,
		   "{\"ev\":\"say\",\"t\":\"" SUNDAY
		   "\",\"from\":\"mal\",\"text\":\"xxxxx" FILL24 FORGED "\"}",
		   0),
	     "10:31 mal: xxxxx" FILL24 FORGED "\n", "a log has no rows");
}

int main(void)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	test_what_fits();
	test_blanks();
	test_row_begins();
	test_doubt();
	test_every_width();
	test_screen();
	return done();
}
