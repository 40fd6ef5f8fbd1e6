/* test-line.c - lines come out the same however the bytes come in, and long ones cost nothing */
#include "cut.h"
#include "tap.h"

#define LENGTH(literal) (sizeof(literal) - 1)

static const struct {
	const char *name, *stream, *transcript;
	size_t max_line;
} samples[] = {
	{"nothing at all", "", "", 80},
	{"two lines", "one\ntwo\n", "=one\n=two\n", 80},
	{"a CR before the LF is dropped", "one\r\ntwo\r\n", "=one\n=two\n", 80},
	{"only one CR is dropped", "one\r\r\n", "=one\r\n", 80},
	{"a CR in the middle stays", "on\re\r\n\rtwo\n", "=on\re\n=\rtwo\n", 80},
	{"empty lines are lines", "\n\r\n\n", "=\n=\n=\n", 80},
	{"an LF and a CR are an empty line and another", "\n\r", "=\n=\n", 80},
	{"a tail is a line", "one\ntail", "=one\n=tail\n", 80},
	{"a CR at the end of a tail is dropped", "one\ntail\r", "=one\n=tail\n", 80},
	{"two CRs at the end: one is dropped", "tail\r\r", "=tail\r\n", 80},
	{"max_line exactly, LF", "12345678\n1\n", "=12345678\n=1\n", 8},
	{"max_line exactly, CR LF", "12345678\r\n1\n", "=12345678\n=1\n", 8},
	{"max_line exactly, tail", "12345678", "=12345678\n", 8},
	{"max_line exactly, tail and CR", "12345678\r", "=12345678\n", 8},
	{"one over, LF", "123456789\n1\n", "!9\n=1\n", 8},
	{"one over, CR LF", "123456789\r\n1\n", "!9\n=1\n", 8},
	{"one over, tail", "123456789", "!9\n", 8},
	{"one over, tail and CR", "123456789\r", "!9\n", 8},
	{"one over by a CR that counts", "12345678\r\r\n1\n", "!9\n=1\n", 8},
	{"max_line by a CR that counts", "1234567\r\r\n1\n", "=1234567\r\n=1\n", 8},
	{"far over, with CRs in it", "12345678\r\r9\r\r\n1\n", "!12\n=1\n", 8},
	{"one too long after the other", "1234\n12345\r\n123\n12", "!4\n!5\n!3\n=12\n", 2},
	{"the shortest max_line", "1\n12\n\n1\r\n12\r\n", "=1\n!2\n=\n=1\n!2\n", 1},
};

static struct transcript plain;
static struct cutter cutter;

static bool says(const struct transcript *t, const char *text)
{
	return t->size == strlen(text) && memcmp(t->text, text, t->size) == 0;
}

static bool cutter_agrees(const char *text)
{
	if (cutter.fault)
		printf("# %s\n", cutter.fault);
	return !cutter.fault && says(&cutter.transcript, text);
}

/* A cut after byte i + 1 wherever bit i of the mask is set; end comes by itself if alone. */
static void cut_by_mask(const char *stream, size_t size, size_t max_line, unsigned mask, bool alone)
{
	size_t at = 0;

	cutter_init(&cutter, max_line);
	for (size_t i = 1; i < size; i++) {
		if (!(mask >> (i - 1) & 1))
			continue;
		cutter_feed(&cutter, stream + at, i - at, false);
		at = i;
	}
	cutter_feed(&cutter, stream + at, size - at, !alone);
	if (alone)
		cutter_feed(&cutter, NULL, 0, true);
}

static bool two_way_splits_agree(const char *stream, size_t max_line, const char *transcript)
{
	size_t size = strlen(stream);

	for (size_t cut = 0; cut <= size; cut++) {
		cutter_init(&cutter, max_line);
		cutter_feed(&cutter, stream, cut, false);
		cutter_feed(&cutter, stream + cut, size - cut, true);
		if (!cutter_agrees(transcript))
			return false;
	}
	return true;
}

static void test_samples(void)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		const char *stream = samples[i].stream, *transcript = samples[i].transcript;
		size_t max_line = samples[i].max_line;

		cut_plainly(&plain, stream, strlen(stream), max_line);
		ok(says(&plain, transcript), "%s: by the plainest means", samples[i].name);
		cut_by_mask(stream, strlen(stream), max_line, 0, false);
		ok(cutter_agrees(transcript), "%s: in one piece", samples[i].name);
		cut_by_mask(stream, strlen(stream), max_line, ~0U, true);
		ok(cutter_agrees(transcript), "%s: byte by byte", samples[i].name);
		ok(two_way_splits_agree(stream, max_line, transcript), "%s: in any two pieces",
		   samples[i].name);
	}
}

/* Every split of one stream; the number of splits that went wrong. */
static size_t count_faults(const char *stream, size_t size, size_t max_line)
{
	size_t faults = 0;

	cut_plainly(&plain, stream, size, max_line);
	for (unsigned mask = 0; mask < (size > 1 ? 1U << (size - 1) : 1U); mask++)
		for (int alone = 0; alone < 2; alone++) {
			cut_by_mask(stream, size, max_line, mask, alone);
			faults += cutter.fault || !transcript_equal(&plain, &cutter.transcript);
		}
	return faults;
}

/* The number-th stream of this size over three bytes. */
static void stream_of(char *stream, size_t size, size_t number)
{
	for (size_t i = 0; i < size; i++, number /= 3)
		stream[i] = "a\r\n"[number % 3];
}

static void test_every_short_stream(void)
{
	enum { LONGEST = 7 };
	char stream[LONGEST];

	for (size_t max_line = 1; max_line <= 3; max_line++) {
		size_t faults = 0, streams = 0;

		for (size_t size = 0, count = 1; size <= LONGEST; size++, count *= 3)
			for (size_t number = 0; number < count; number++, streams++) {
				stream_of(stream, size, number);
				faults += count_faults(stream, size, max_line);
			}
		is(faults, 0, "every split of %zu short streams, max_line %zu", streams, max_line);
	}
}

static void test_long_line(void)
{
	static char stream[CUT_STREAM_MAX];
	const size_t pieces[] = {1, 7, 512, 4096, 4097, sizeof(stream)};

	memset(stream, 'x', sizeof(stream));
	memcpy(stream + 5213, "\r\nshort\n", LENGTH("\r\nshort\n"));
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		const size_t size = 5213 + LENGTH("\r\nshort\n");

		cutter_init(&cutter, 4096);
		for (size_t at = 0; at < size; at += pieces[i])
			cutter_feed(&cutter, stream + at,
				    pieces[i] < size - at ? pieces[i] : size - at, false);
		ok(cutter_agrees("!5213\n=short\n"), "5213 > 4096, in pieces of %zu", pieces[i]);
		is(cutter.size, 0, "nothing is kept after it");
	}
}

static void test_what_is_kept(void)
{
	struct line line = line_cut("1234\r", 5, false, 4, 0);

	is(line.kind, LINE_MORE, "max_line bytes and a CR may yet be a line");
	is(line.consumed, 0, "so all of it is kept");

	line = line_cut("12345", 5, false, 4, 0);
	is(line.kind, LINE_MORE, "one over goes on until its LF");
	is(line.consumed, 4, "but its last byte is all that is kept");
	is(line.discarded, 4, "and the others are counted");

	line = line_cut("5", 1, true, 4, 4);
	is(line.kind, LINE_TOO_LONG, "at the end it is told");
	is(line.length, 5, "with its whole length");
}

static void test_counts(void)
{
	const uint64_t huge = UINT64_C(5) << 32;
	struct line line = line_cut("abc\r", 4, false, 1000, huge);

	is(line.discarded, huge + 3, "a line beyond 4 GiB is counted on");
	line = line_cut("\r\n", 2, false, 1000, huge + 3);
	is(line.kind, LINE_TOO_LONG, "what was discarded from is lost, however long max_line is");
	is(line.length, huge + 3, "and its length is exact");

	line = line_cut(NULL, 0, true, 1000, 7);
	is(line.kind, LINE_TOO_LONG, "the end alone ends a line of which nothing was kept");
	is(line.length, 7, "with the length that was discarded");
	is(line.consumed, 0, "without consuming anything");

	line = line_cut(NULL, 0, false, 1000, 7);
	is(line.kind, LINE_MORE, "nothing new says nothing");
	is(line.consumed, 0, "consumes nothing");
	is(line.discarded, 7, "and changes nothing");

	line = line_cut(NULL, 0, true, 1000, 0);
	is(line.kind, LINE_MORE, "nothing left at the end");
	line = line_cut("a\0b\n", 4, false, 1000, 0);
	is(line.kind, LINE_WHOLE, "a NUL ends nothing");
	is(line.length, 3, "and counts");
}

int main(void)
{
	test_samples();
	test_every_short_stream();
	test_long_line();
	test_what_is_kept();
	test_counts();
	return done();
}
