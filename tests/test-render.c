/* test-render.c - what looks like a notice or like somebody's line; both renderings, and times */
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "mtchatd/render.h"

#include "json-check.h"
#include "tap.h"

#define R    "\xEF\xBF\xBD"
#define TIME "2026-11-21T10:31:07.412Z"
#define HEAD "\"id\":\"k3f9abc.7\",\"t\":\"" TIME "\",\"room\":\"lobby\","

static const struct stamp stamp = {"lobby", "k3f9abc", 7, TIME};

/* Copies that end where the text ends let ASan see who reads on. */
static char *copy_of(const char *text, size_t size)
{
	char *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, text, size);
	return copy;
}

static bool is_notice(const char *text)
{
	char *copy = copy_of(text, strlen(text));
	bool is = render_is_notice(copy, strlen(text));

	free(copy);
	return is;
}

static size_t claim(const char *text)
{
	char *copy = copy_of(text, strlen(text));
	size_t size = render_claim(copy, strlen(text));

	free(copy);
	return size;
}

static void test_notices(void)
{
	ok(is_notice("* x") && is_notice("* ") && is_notice("** x") && is_notice("** "),
	   "one or two asterisks and a space");
	ok(!is_notice("*") && !is_notice("**") && !is_notice("") && !is_notice("*x") &&
		   !is_notice("**x") && !is_notice("*** x") && !is_notice(" * x") &&
		   !is_notice("x* "),
	   "anything else is none");
}

static void test_claims(void)
{
	static const struct {
		const char *text;
		size_t size;
	} samples[] = {
		{"[a] x", 1},        {"[a] ", 1},
		{"[alice] hi", 5},   {"[alice -> you] x", 5},
		{"[alice -> ", 5},   {"[you -> bob] x", 3},
		{"[a b] x", 3},      {"[a]b] x", 3},
		{"[a] b] x", 1},     {"[] x", 0},
		{"[ -> x", 0},       {"[", 0},
		{"[]", 0},           {"", 0},
		{"alice] x", 0},     {" [alice] x", 0},
		{"[alice]", 0},      {"[alice]x", 0},
		{"[alice", 0},       {"[alice ->", 0},
		{"[alice ->] x", 8}, {"[alice-> x", 0},
		{"[]] x", 1},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		is((long long)claim(samples[i].text), (long long)samples[i].size, "'%s'",
		   samples[i].text);
}

/* A name of any length, and both ends of it. */
static void test_lengths(void)
{
	static const char *const ends[] = {"] x", " -> you] x"};
	char text[400];
	int faults = 0;

	for (size_t size = 1; size < 300; size++) {
		for (int end = 0; end < 2; end++) {
			text[0] = '[';
			memset(text + 1, 'x', size);
			strcpy(text + 1 + size, ends[end]);
			faults += claim(text) != (size <= NAME_READ_MAX ? size : 0);
		}
	}
	is(faults, 0, "1 to 256 bytes are read as a name");
	memset(text + 1, 'x', 390);
	text[391] = '\0';
	is((long long)claim(text), 0, "without an end it is none");
}

enum form { TEXT, JSON, LETTER_TEXT, LETTER_JSON };

/* Renders from and to arrays of just the sizes that render.h tells. */
static size_t render(char **ret, enum form form, const struct said *said, const struct stamp *as)
{
	AUTO_FREE char *text = copy_of(said->text ? said->text : "", said->size);
	AUTO_FREE char *nonce = copy_of(said->nonce ? said->nonce : "", said->nonce_size);
	struct said copy = *said;
	char *to = malloc(TEXT_GROWTH * said->size + RENDER_OVERHEAD);

	if (!to)
		abort();
	copy.text = text;
	copy.nonce = nonce;
	*ret = to;
	switch (form) {
	case TEXT:
		return render_text(to, &copy);
	case JSON:
		return render_json(to, &copy, as);
	case LETTER_TEXT:
		return render_letter_text(to, copy.from, "you", text, copy.size);
	default:
		return render_letter_json(to, &copy, "bob", as->time);
	}
}

static void expect(enum form form, const struct said *said, const char *want, const char *name)
{
	AUTO_FREE char *got = NULL;
	size_t size = render(&got, form, said, &stamp), want_size = strlen(want);
	bool same = size == want_size && memcmp(got, want, size) == 0;

	ok(same, "%s", name);
	if (!same)
		printf("# got %.*s# wanted %s", (int)size, got, want);
	if (form == JSON || form == LETTER_JSON)
		ok(json_is_valid(got, size), "and that is JSON");
}

/* Compound literals: a macro that is nothing but braces is laid out in as many ways as there are
 * versions of clang-format. */
#define SAYS(name, lit, at)                                                                        \
	((struct said){SAID_LINE, name, lit, sizeof(lit) - 1, at, NULL, 0, false})
#define DOES(name, lit)                                                                            \
	((struct said){SAID_ACT, name, lit, sizeof(lit) - 1, UNMARKED, NULL, 0, false})

/* What is said, and both renderings of it. */
static const struct {
	const char *name;
	struct said said;
	const char *text, *json; /* without its beginning, which is the same for all */
} lines[] = {
	{"nobody's line", SAYS(NULL, "hi", UNMARKED), "hi\n", "\"from\":null,\"text\":\"hi\"}\n"},
	{"an empty line", SAYS(NULL, "", UNMARKED), "\n", "\"from\":null,\"text\":\"\"}\n"},
	{"somebody's line", SAYS("carol", "morning!", UNMARKED), "[carol] morning!\n",
	 "\"from\":\"carol\",\"text\":\"morning!\"}\n"},
	{"somebody's empty line", SAYS("carol", "", UNMARKED), "[carol] \n",
	 "\"from\":\"carol\",\"text\":\"\"}\n"},
	{"a name that is not ASCII", SAYS("\xED\x95\x9C", "a", UNMARKED), "[\xED\x95\x9C] a\n",
	 "\"from\":\"\xED\x95\x9C\",\"text\":\"a\"}\n"},
	{"a forged notice", SAYS(NULL, "* stop now", 0), "~* stop now\n",
	 "\"from\":null,\"text\":\"~* stop now\"}\n"},
	{"a forged act", SAYS(NULL, "** ", 0), "~** \n", "\"from\":null,\"text\":\"~** \"}\n"},
	{"a forged line", SAYS(NULL, "[server] hi", 1), "[~server] hi\n",
	 "\"from\":null,\"text\":\"[~server] hi\"}\n"},
	{"marked at its end", SAYS(NULL, "ab", 2), "ab~\n", "\"from\":null,\"text\":\"ab~\"}\n"},
	{"nothing, marked", SAYS(NULL, "", 0), "~\n", "\"from\":null,\"text\":\"~\"}\n"},
	{"marked behind its end: not marked", SAYS(NULL, "ab", 3), "ab\n",
	 "\"from\":null,\"text\":\"ab\"}\n"},
	{"telnet does not swallow the mark",
	 SAYS(NULL,
	      "\xFF\xFB"
	      "a",
	      2),
	 "\xFF\xFB~a\n", "\"from\":null,\"text\":\"" R R "~a\"}\n"},
	{"quotes", SAYS("carol", "say \"hi\" to C:\\x\t!", UNMARKED),
	 "[carol] say \"hi\" to C:\\x\t!\n",
	 "\"from\":\"carol\",\"text\":\"say \\\"hi\\\" to C:\\\\x\\t!\"}\n"},
	{"raw: EUC-KR goes out as it is in text", SAYS(NULL, "\xB0\xA1 \"z", UNMARKED),
	 "\xB0\xA1 \"z\n", "\"from\":null,\"text\":\"" R R " \\\"z\"}\n"},
	{"raw: controls, NUL, telnet, bidi",
	 SAYS(NULL, "a\x1B\0\xFF\xF1\xE2\x80\xAE\x7F", UNMARKED), NULL,
	 "\"from\":null,\"text\":\"a" R R R "\"}\n"},
	{"raw: DEL and C1 among other bytes",
	 SAYS(NULL,
	      "1234567\x7F"
	      "abcdefgh\xC2\x85"
	      "123456\"8\x7F",
	      UNMARKED),
	 NULL, "\"from\":null,\"text\":\"1234567" R "abcdefgh" R "123456\\\"8" R "\"}\n"},
	{"an act", DOES("carol", "waves"), "** carol waves\n",
	 "\"from\":\"carol\",\"text\":\"waves\"}\n"},
	{"an act is never marked",
	 {SAID_ACT, "carol", "* x", 3, 0, NULL, 0, false},
	 "** carol * x\n",
	 "\"from\":\"carol\",\"text\":\"* x\"}\n"},
	{"vouched",
	 {SAID_LINE, "carol", "hi", 2, UNMARKED, NULL, 0, true},
	 "[carol] hi\n",
	 "\"from\":\"carol\",\"text\":\"hi\",\"auth\":\"uid\"}\n"},
	{"a nonce",
	 {SAID_ACT, "carol", "hi", 2, UNMARKED, "a_-9", 4, false},
	 "** carol hi\n",
	 "\"from\":\"carol\",\"text\":\"hi\",\"n\":\"a_-9\"}\n"},
	{"a nonce of somebody vouched for",
	 {SAID_LINE, "carol", "hi", 2, UNMARKED, "a", 1, true},
	 "[carol] hi\n",
	 "\"from\":\"carol\",\"text\":\"hi\",\"auth\":\"uid\",\"n\":\"a\"}\n"},
	{"comes",
	 {SAID_JOIN, "alice", NULL, 0, UNMARKED, NULL, 0, false},
	 "",
	 "\"name\":\"alice\"}\n"},
	{"comes, vouched",
	 {SAID_JOIN, "alice", NULL, 0, UNMARKED, NULL, 0, true},
	 "",
	 "\"name\":\"alice\",\"auth\":\"uid\"}\n"},
	{"goes",
	 {SAID_LEAVE, "alice", "quit", 4, UNMARKED, NULL, 0, true},
	 "",
	 "\"name\":\"alice\",\"reason\":\"quit\"}\n"},
	{"goes for a reason of any bytes",
	 {SAID_LEAVE, "alice", "a\"\xFF", 3, 0, NULL, 0, false},
	 "",
	 "\"name\":\"alice\",\"reason\":\"a\\\"" R "\"}\n"},
	{"is called otherwise",
	 {SAID_RENAME, "alice", "alicia", 6, UNMARKED, NULL, 0, false},
	 "",
	 "\"name\":\"alice\",\"to\":\"alicia\"}\n"},
	{"is called otherwise, vouched",
	 {SAID_RENAME, "alice", "Alice", 5, 0, NULL, 0, true},
	 "",
	 "\"name\":\"alice\",\"to\":\"Alice\",\"auth\":\"uid\"}\n"},
};

static void test_lines(void)
{
	static const char *const events[] = {"say", "me", "join", "leave", "rename"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char want[400];

		snprintf(want, sizeof(want), "{\"ev\":\"%s\"," HEAD "%s",
			 events[lines[i].said.kind], lines[i].json);
		expect(JSON, &lines[i].said, want, lines[i].name);
		if (lines[i].text)
			expect(TEXT, &lines[i].said, lines[i].text, "in text");
	}
}

/* What happens to names is put together by one function; nobody else sets what it leaves out. */
static void test_said_of_name(void)
{
	struct said said = said_of_name(SAID_RENAME, "alice", "alicia", true);

	expect(JSON, &said,
	       "{\"ev\":\"rename\"," HEAD
	       "\"name\":\"alice\",\"to\":\"alicia\",\"auth\":\"uid\"}\n",
	       "a name that changes, vouched for");
	said = said_of_name(SAID_ACT, "alice", "* waves", false);
	expect(TEXT, &said, "** alice * waves\n", "what its holder does");
	ok(said.mark == UNMARKED && !said.nonce_size && !said.vouched,
	   "without a mark, a nonce or a voucher");
}

static void test_letters(void)
{
	struct said said = SAYS("alice", "a \"b\" \xB0", UNMARKED);

	expect(LETTER_TEXT, &said, "[alice -> you] a \"b\" \xB0\n", "a letter");
	expect(LETTER_JSON, &said,
	       "{\"ev\":\"priv\",\"t\":\"" TIME "\",\"from\":\"alice\",\"to\":\"bob\","
	       "\"text\":\"a \\\"b\\\" " R "\"}\n",
	       "a letter in JSON");
	said = (struct said){SAID_LINE, "alice", "* x", 3, 0, "k1", 2, true};
	expect(LETTER_JSON, &said,
	       "{\"ev\":\"priv\",\"t\":\"" TIME "\",\"from\":\"alice\",\"to\":\"bob\","
	       "\"text\":\"* x\",\"auth\":\"uid\",\"n\":\"k1\"}\n",
	       "vouched, with a nonce, and never marked");
}

/* All that stands around a text at its longest, and texts that grow most. */
static void test_bound(void)
{
	static char name[NAME_MAX_BYTES + 1], nonce[NONCE_MAX], text[300];
	const struct stamp longest = {name, "k3f9abc", UINT64_MAX, TIME};
	size_t around = 0;

	memset(name, 'n', NAME_MAX_BYTES);
	memset(nonce, 'k', NONCE_MAX);
	for (int byte = 1; byte < 256; byte++) {
		struct said said = {SAID_LINE, name,  text,      sizeof(text),
				    150,       nonce, NONCE_MAX, true};

		memset(text, byte, sizeof(text));
		for (enum form form = TEXT; form <= LETTER_JSON; form++) {
			AUTO_FREE char *line = NULL;
			size_t size = render(&line, form, &said, &longest);

			if (size < sizeof(text) || line[size - 1] != '\n')
				ok(false, "byte %d, form %d: no line", byte, (int)form);
			if (form != TEXT && form != LETTER_TEXT && !json_is_valid(line, size))
				ok(false, "byte %d, form %d: no JSON", byte, (int)form);
			if (size > TEXT_GROWTH * sizeof(text) + around)
				around = size - TEXT_GROWTH * sizeof(text);
		}
	}
	printf("# %zu of %d bytes around a text at most\n", around, RENDER_OVERHEAD);
	ok(around > 0 && around <= RENDER_OVERHEAD, "what stands around a text has room");
}

/* No epoch is so long; if one were, nothing would be said rather than half a line. */
static void test_too_much_around(void)
{
	static char epoch[RENDER_OVERHEAD];
	const struct stamp wrong = {"lobby", epoch, 1, TIME};
	AUTO_FREE char *line = NULL;

	memset(epoch, 'e', sizeof(epoch) - 1);
	is((long long)render(&line, JSON, &lines[0].said, &wrong), 0,
	   "what does not fit is no line");
}

static bool is_time(struct render_time *time, uint64_t us)
{
	time_t second = (time_t)(us / 1000000);
	char want[RENDER_TIME_SIZE + 8];
	struct tm tm;
	size_t size;

	gmtime_r(&second, &tm);
	size = strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(want + size, sizeof(want) - size, ".%03uZ", (unsigned int)(us / 1000 % 1000));
	render_time(time, us);
	return strcmp(time->text, want) == 0;
}

static void test_times(void)
{
	struct render_time time = {0};
	const uint64_t day = UINT64_C(86400) * 1000000, last = UINT64_C(253402300799999999);
	int faults = 0;

	ok(is_time(&time, 0) && strcmp(time.text, "1970-01-01T00:00:00.000Z") == 0, "the first");
	ok(is_time(&time, 999) && is_time(&time, 1000) && is_time(&time, 999999),
	   "milliseconds, in the first second, too");
	ok(is_time(&time, UINT64_C(1795257067412345)) && strcmp(time.text, TIME) == 0, TIME);
	ok(is_time(&time, UINT64_C(1795257067007000)) && is_time(&time, UINT64_C(1795257066999000)),
	   "backwards, too");
	for (uint64_t at = 0; at < 150 * 366 * day; at += day / 2 - 1000)
		faults += !is_time(&time, at) || !is_time(&time, at / day * day + day - 1);
	is(faults, 0, "every day for 150 years: as gmtime_r() has it");
	ok(is_time(&time, last) && strcmp(time.text, "9999-12-31T23:59:59.999Z") == 0, "the last");
	render_time(&time, UINT64_MAX);
	ok(strcmp(time.text, "9999-12-31T23:59:59.999Z") == 0, "and no later one is told");
}

int main(void)
{
	test_notices();
	test_claims();
	test_lengths();
	test_lines();
	test_said_of_name();
	test_letters();
	test_bound();
	test_too_much_around();
	test_times();
	return done();
}
