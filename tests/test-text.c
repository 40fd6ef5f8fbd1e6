/* test-text.c - what passes, what becomes U+FFFD, what is dropped: for every byte and character */
#include <unistd.h>

#include "common/text.h"

#include "plain-text.h"
#include "tap.h"

#define R          "\xEF\xBF\xBD"
#define BYTES(lit) lit, sizeof(lit) - 1

enum { TEXT_MAX = 4096, ENDLESS = 4 << 20, PATIENCE_S = 120 };

/* Each text ends where its array ends, so that ASan sees a byte read or written beyond. */
static char input[TEXT_MAX], output[TEXT_GROWTH * TEXT_MAX], wanted[TEXT_GROWTH * TEXT_MAX];

static char *at_end(const void *text, size_t size)
{
	return memcpy(input + sizeof(input) - size, text, size);
}

/* Whether text becomes want, and want itself passes. */
static bool becomes(const void *text, size_t size, const void *want, size_t want_size)
{
	char *to = output + sizeof(output) - TEXT_GROWTH * size;
	bool same = text_clean(to, at_end(text, size), size) == want_size &&
		    memcmp(to, want, want_size) == 0;

	return same && text_clean_prefix(to, want_size) == want_size;
}

static size_t text_passing(const void *text, size_t size)
{
	return text_clean_prefix(at_end(text, size), size);
}

/* Whether text becomes what the plainest means make of it, and passes as far. */
static bool agrees(const void *text, size_t size)
{
	size_t want_size = plain_clean(wanted, at_end(text, size), size);

	return becomes(text, size, wanted, want_size) &&
	       text_passing(text, size) == plain_clean_prefix(input + sizeof(input) - size, size);
}

static const struct {
	const char *name, *text;
	size_t size;
	const char *want;
	size_t want_size;
} samples[] = {
	{"nothing", BYTES(""), BYTES("")},
	{"ASCII", BYTES("Good morning, all of you!"), BYTES("Good morning, all of you!")},
	{"two, three and four bytes",
	 BYTES("gr\xC3\xBC\xC3\x9F \xED\x95\x9C\xEA\xB8\x80 \xF0\x9F\x98\x80"),
	 BYTES("gr\xC3\xBC\xC3\x9F \xED\x95\x9C\xEA\xB8\x80 \xF0\x9F\x98\x80")},
	{"TAB passes", BYTES("a\tb\t"), BYTES("a\tb\t")},
	{"U+FFFD itself passes", BYTES("a" R "b"), BYTES("a" R "b")},
	{"CR, ESC, DEL", BYTES("a\rb\x1B[2Jc\x7F"), BYTES("a" R "b" R "[2Jc" R)},
	{"NUL is dropped", BYTES("a\0b\0\0"), BYTES("ab")},
	{"a C1 control is one", BYTES("a\xC2\x85z"), BYTES("a" R "z")},
	{"a bidi override is one", BYTES("a\xE2\x80\xAEz"), BYTES("a" R "z")},
	{"each byte of EUC-KR is one", BYTES("\xB0\xA1 z"), BYTES(R R " z")},
	{"an overlong slash is two", BYTES("\xC0\xAF"), BYTES(R R)},
	{"a surrogate is three", BYTES("\xED\xA0\x80"), BYTES(R R R)},
	{"beyond U+10FFFF is four", BYTES("\xF4\x90\x80\x80"), BYTES(R R R R)},
	{"cut off after 1 of 2", BYTES("a\xC3"), BYTES("a" R)},
	{"cut off after 1 of 3", BYTES("a\xED"), BYTES("a" R)},
	{"cut off after 2 of 3", BYTES("a\xED\x95"), BYTES("a" R R)},
	{"cut off after 3 of 4", BYTES("a\xF0\x9F\x98"), BYTES("a" R R R)},
	{"cut off by a letter", BYTES("\xF0\x9F\x98z\xED\x95z"), BYTES(R R R "z" R R "z")},
	{"cut off by a NUL, which joins nothing", BYTES("\xC3\0\xBC"), BYTES(R R)},

	{"telnet: SE alone is none", BYTES("a\xFF\xF0z"), BYTES("a" R R "z")},
	{"telnet: NOP", BYTES("a\xFF\xF1z"), BYTES("az")},
	{"telnet: interrupt and mark", BYTES("\xFF\xF4\xFF\xF2z"), BYTES("z")},
	{"telnet: go ahead", BYTES("a\xFF\xF9"), BYTES("a")},
	{"telnet: WILL takes a byte", BYTES("a\xFF\xFB\x01z"), BYTES("az")},
	{"telnet: WONT, DO, DONT", BYTES("\xFF\xFC\x01\xFF\xFD\xFF\xFF\xFE\0z"), BYTES("z")},
	{"telnet: a subnegotiation", BYTES("a\xFF\xFA\x18\0xterm\xFF\xF0z"), BYTES("az")},
	{"telnet: an empty subnegotiation", BYTES("\xFF\xFA\xFF\xF0z"), BYTES("z")},
	{"telnet: one subnegotiation after the other",
	 BYTES("\xFF\xFA\x18\xFF\xF0 \xFF\xFA\x1F\xFF\xF0z"), BYTES(" z")},
	{"telnet: FF FF inside is data", BYTES("\xFF\xFA\xFF\xFF\xF0\xFF\xF0z"), BYTES("z")},
	{"telnet: FF FF outside is two invalid bytes", BYTES("\xFF\xFFz"), BYTES(R R "z")},
	{"telnet: FF before a command", BYTES("\xFF\xFF\xF1z"), BYTES(R "z")},
	{"telnet: FF before a letter", BYTES("\xFFz"), BYTES(R "z")},
	{"telnet: it parts what it stands in", BYTES("\xC3\xFF\xF1\xBC"), BYTES(R R)},
	{"telnet: FF cut off", BYTES("a\xFF"), BYTES("a" R)},
	{"telnet: WILL cut off", BYTES("a\xFF\xFB"), BYTES("a" R R)},
	{"telnet: a subnegotiation cut off", BYTES("\xFF\xFA\x18x"), BYTES(R R R "x")},
	{"telnet: cut off before its last byte", BYTES("\xFF\xFAx\xFF"), BYTES(R R "x" R)},
	{"telnet: NOP in one that is cut off", BYTES("\xFF\xFAx\xFF\xF1y"), BYTES(R R "xy")},
};

static void test_samples(void)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		ok(becomes(samples[i].text, samples[i].size, samples[i].want, samples[i].want_size),
		   "%s", samples[i].name);
		ok(agrees(samples[i].text, samples[i].size), "%s: by the plainest means too",
		   samples[i].name);
	}
}

static void test_every_telnet_command(void)
{
	size_t dropped = 0, faults = 0;

	for (unsigned code = 0; code < 256; code++) {
		const char text[] = {'a', '\xFF', (char)code, 'b', 'z'};
		bool alone = code >= 241 && code <= 249, option = code >= 251 && code <= 254;

		faults += !agrees(text, sizeof(text));
		dropped += becomes(text, sizeof(text), "abz", 3);
		faults += alone != becomes(text, sizeof(text), "abz", 3);
		faults += option != becomes(text, sizeof(text), "az", 2);
	}
	is(faults, 0, "FF and any byte");
	is(dropped, 9, "nine of them are dropped with nothing behind");
}

/* A character among others, at each place of a word of the fast path. */
static bool becomes_anywhere(const unsigned char *text, size_t size, const char *want,
			     size_t want_size)
{
	for (size_t before = 0; before <= 9; before += 3) {
		char around[32] = "abcdefghi", expected[48] = "abcdefghi";

		memcpy(around + before, text, size);
		memcpy(around + before + size, " ~z", 3);
		memcpy(expected + before, want, want_size);
		memcpy(expected + before + want_size, " ~z", 3);
		if (!becomes(around, before + size + 3, expected, before + want_size + 3) ||
		    !becomes(around, before + size, expected, before + want_size))
			return false;
	}
	return true;
}

static void test_every_code_point(void)
{
	static const char invalid[] = R R R R;
	size_t faults = 0, passed = 0, controls = 0, surrogates = 0, beyond = 0;

	for (uint32_t c = 1; c < 0x200000; c++) {
		size_t length = plain_length(c);
		unsigned char text[4];

		plain_encode(text, c, length);
		if ((c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF) {
			faults += !becomes(text, length, invalid, 3 * length);
			c > 0x10FFFF ? beyond++ : surrogates++;
		} else if (plain_is_control(c)) {
			faults += !becomes_anywhere(text, length, R, 3);
			faults += text_passing(text, length) != 0;
			controls++;
		} else {
			faults += !becomes_anywhere(text, length, (char *)text, length);
			faults += text_passing(text, length) != length;
			passed++;
		}
	}
	is(faults, 0, "every code point but NUL, alone and among others");
	is(controls, 30 + 33 + 2 + 5 + 4, "C0 but TAB and NUL, DEL and C1, 2 separators, bidi");
	is(surrogates, 2048, "surrogates");
	is(beyond, 0x200000 - 0x110000, "what is beyond Unicode");
	is(passed, 0x110000 - 1 - 74 - 2048, "all others pass");
}

static void test_every_overlong_form(void)
{
	static const uint32_t limits[] = {0, 0, 0x80, 0x800, 0x10000};
	static const char invalid[] = R R R R;

	for (size_t length = 2; length <= 4; length++) {
		size_t faults = 0;

		for (uint32_t c = 0; c < limits[length]; c++) {
			unsigned char text[4];

			plain_encode(text, c, length);
			faults += !becomes(text, length, invalid, 3 * length);
		}
		is(faults, 0, "every overlong form of %zu bytes", length);
	}
}

static void test_every_short_text(void)
{
	size_t faults = 0;

	for (unsigned n = 0; n < 0x10000; n++) {
		const char text[] = {(char)(n >> 8), (char)n};

		faults += !agrees(text, 2);
		faults += n < 0x100 && !agrees(text + 1, 1);
	}
	is(faults, 0, "every text of one and two bytes");
}

/* The bytes next to which something changes. */
static const char edges[] =
	"\x00\x09\x1F a\x7F\x80\x85\x8F\x90\x9F\xA0\xA6\xA9\xAE\xAF\xBF\xC0\xC2\xC3"
	"\xDF\xE0\xE1\xE2\xEC\xED\xEF\xF0\xF1\xF4\xF5\xF9\xFA\xFB\xFE\xFF";

static void test_edges(void)
{
	enum { EDGES = sizeof(edges) - 1, COUNT = EDGES * EDGES * EDGES * EDGES };
	size_t faults = 0;

	for (unsigned n = 0; n < COUNT; n++) {
		char text[4];

		for (unsigned i = 0, rest = n; i < 4; i++, rest /= EDGES)
			text[i] = edges[rest % EDGES];
		faults += !agrees(text, sizeof(text));
	}
	is(faults, 0, "%d texts of four bytes at which something changes", COUNT);
}

/* Every byte at every place of plain text, and two at every two: borrows and carries. */
static void test_every_place(void)
{
	enum { SIZE = 27 };
	static const char fills[] = " a~\x7E";
	size_t faults = 0;

	for (size_t fill = 0; fill < sizeof(fills) - 1; fill++)
		for (size_t size = 1; size <= SIZE; size++)
			for (size_t place = 0; place < size; place++)
				for (unsigned byte = 0; byte < 256; byte++) {
					char text[SIZE];

					memset(text, fills[fill], size);
					text[place] = (char)byte;
					faults += !agrees(text, size);
					text[size - 1 - place / 2] ^= 0x20;
					faults += !agrees(text, size);
				}
	is(faults, 0, "every byte at every place of texts of up to %d bytes", SIZE);
}

static unsigned next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*state >> 33);
}

/* Mostly plain text with one thing or another in it. */
static size_t random_text(char *text, uint64_t *state)
{
	size_t size = next_random(state) % 64;

	for (size_t i = 0; i < size; i++) {
		bool odd = next_random(state) % 4 == 0;
		unsigned pick = next_random(state);

		text[i] = odd ? edges[pick % (sizeof(edges) - 1)] : (char)(' ' + pick % 95);
	}
	return size;
}

static void test_random_texts(void)
{
	enum { COUNT = 200000 };
	uint64_t state = 2;
	size_t faults = 0;

	for (unsigned n = 0; n < COUNT; n++) {
		char text[64];
		size_t size = random_text(text, &state);

		faults += !agrees(text, size);
	}
	is(faults, 0, "%d random texts", COUNT);
}

static void test_growth(void)
{
	static char junk[TEXT_MAX], clean[TEXT_GROWTH * TEXT_MAX];

	memset(junk, '\x1B', sizeof(junk));
	for (size_t i = 0; i < sizeof(clean); i++)
		clean[i] = R[i % 3];
	ok(becomes(junk, sizeof(junk), clean, sizeof(clean)), "text grows by TEXT_GROWTH, no more");
}

/* Searched for an end at each of them, this would take hours, and the alarm ends the test. */
static void test_endless_subnegotiations(void)
{
	char *text = malloc(ENDLESS), *to = malloc((size_t)TEXT_GROWTH * ENDLESS);

	if (!text || !to)
		abort();
	for (size_t i = 0; i < ENDLESS; i++)
		text[i] = i % 2 == 0 ? '\xFF' : '\xFA';
	is(text_clean(to, text, ENDLESS), (size_t)TEXT_GROWTH * ENDLESS,
	   "2 Mi subnegotiations without an end");
	text[ENDLESS - 1] = '\xF0';
	is(text_clean(to, text, ENDLESS), 0, "one end for all of them");
	free(text);
	free(to);
}

/* The length of the run, by the plainest means. */
static size_t plain_bytes(const char *text, size_t size)
{
	size_t n = 0;

	while (n < size && text[n] >= ' ' && text[n] < 0x7F)
		n++;
	return n;
}

/* Every byte at every place of texts of every size, behind an odd start in memory. */
static void test_plain_prefix(void)
{
	char memory[64];
	size_t wrong = 0;

	for (size_t size = 0; size <= 50; size++) {
		for (size_t place = 0; place < size; place++) {
			char *text = memory + place % 7;

			memset(memory, 'x', sizeof(memory));
			for (int byte = 0; byte < 256; byte++) {
				text[place] = (char)byte;
				wrong += text_plain_prefix(text, size) != plain_bytes(text, size);
			}
		}
		memset(memory, '~', sizeof(memory));
		wrong += text_plain_prefix(memory, size) != size;
	}
	is(wrong, 0, "printable ASCII ends where it ends");
}

int main(void)
{
	alarm(PATIENCE_S);
	test_plain_prefix();
	test_samples();
	test_every_telnet_command();
	test_every_code_point();
	test_every_overlong_form();
	test_every_short_text();
	test_edges();
	test_every_place();
	test_random_texts();
	test_growth();
	test_endless_subnegotiations();
	return done();
}
