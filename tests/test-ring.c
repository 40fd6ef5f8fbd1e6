/* test-ring.c - the same bytes twice in a row, and the lines in them */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "common/cleanup.h"
#include "mtchatd/ring.h"

#include "chance.h"
#include "tap.h"

enum { PAGE = 4096, SIZE = 2 * PAGE, LAPS = 5 };

/* The ring lies between two pages that are none of its business. */
static int new_file(void)
{
	int fd = memfd_create("test-ring", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, PAGE + SIZE + PAGE) < 0)
		abort();
	return fd;
}

static bool holds(int fd, off_t offset, const char *text)
{
	char bytes[16] = {0};

	return pread(fd, bytes, strlen(text), offset) == (ssize_t)strlen(text) &&
	       memcmp(bytes, text, strlen(text)) == 0;
}

static void test_mapping(void)
{
	AUTO_CLOSE int fd = new_file();
	const uint64_t seam = UINT64_C(5) * SIZE;
	uint64_t state = CHANCE_SEED;
	int differing = 0;
	struct ring ring;

	is(ring_map(&ring, fd, PAGE, SIZE), 0, "mapped");
	is((long long)ring.size, SIZE, "its size is known");

	memcpy(ring_at(&ring, seam - 3), "abcdef", 6);
	ok(memcmp(ring_at(&ring, seam - 3), "abcdef", 6) == 0, "what goes over the seam is whole");
	ok(memcmp(ring_at(&ring, seam), "def", 3) == 0, "a position is where it is one lap later");
	ok(ring_at(&ring, seam) == ring.bytes, "and a whole number of laps is the beginning");
	ok(holds(fd, PAGE + SIZE - 3, "abc"), "one half is at the end of the file's part");
	ok(holds(fd, PAGE, "def"), "the other at its beginning");
	ok(holds(fd, PAGE - 3, "\0\0\0") && holds(fd, PAGE + SIZE, "\0\0\0"),
	   "nothing before and behind it was written");

	for (int i = 0; i < SIZE; i++)
		ring.bytes[i + SIZE * (int)chance(&state, 2)] = (char)chance(&state, 256);
	for (int i = 0; i < SIZE; i++)
		differing += ring.bytes[i] != ring.bytes[i + SIZE];
	is(differing, 0, "each byte is there twice, whichever was written");

	ring_unmap(&ring);
	ok(!ring.bytes, "unmapped");
	ring_unmap(&ring);
	ok(!ring.bytes, "once more does no harm");
}

static void test_errors(void)
{
	AUTO_CLOSE int fd = new_file();
	struct ring ring;

	is(ring_map(&ring, -1, 0, SIZE), -EBADF, "no file");
	is(ring_map(&ring, fd, 1, SIZE), -EINVAL, "an offset inside of a page");
}

/* What was written to the ring, all laps in a row. */
static char said[LAPS * SIZE];

/* Fills lap after lap; a byte is an LF once in `rarity` times, the last one of a lap always is. */
static void say_lap(const struct ring *ring, int lap, uint32_t rarity, uint64_t *state)
{
	char *text = said + (size_t)lap * SIZE;

	for (int i = 0; i < SIZE; i++)
		text[i] = (char)(chance(state, rarity) ? 'a' + chance(state, 26) : '\n');
	text[SIZE - 1 - (int)chance(state, 8)] = '\n'; /* near the seam, on either side */
	for (uint64_t at = 0, some; at < SIZE; at += some) {
		some = 1 + chance(state, 600);
		if (some > SIZE - at)
			some = SIZE - at;
		memcpy(ring_at(ring, (uint64_t)lap * SIZE + at), text + at, some);
	}
}

static bool begins_plainly(uint64_t position)
{
	return position == 0 || said[position - 1] == '\n';
}

static uint64_t next_plainly(uint64_t position)
{
	while (!begins_plainly(position))
		position++;
	return position;
}

static uint64_t count_plainly(uint64_t from, uint64_t to)
{
	uint64_t lines = 0;

	for (; from < to; from++)
		lines += said[from] == '\n';
	return lines;
}

/* Compares at every position that is held. */
static int count_faults(const struct ring *ring, uint64_t head, uint64_t *state)
{
	uint64_t oldest = head > SIZE ? head - SIZE + 1 : 0;
	uint64_t end = head;
	int faults = 0;

	while (!begins_plainly(end))
		end--;
	for (uint64_t p = oldest; p <= end; p++) {
		uint64_t to = next_plainly(p + chance(state, (uint32_t)(end - p + 1)));

		faults += ring_line_begins(ring, p) != begins_plainly(p);
		faults += ring_next_line(ring, p, end) != next_plainly(p);
		if (p % 16 == 0)
			faults += ring_count_lines(ring, p, to) != count_plainly(p, to);
	}
	return faults;
}

static void test_lines(uint32_t rarity)
{
	AUTO_CLOSE int fd = new_file();
	uint64_t state = CHANCE_SEED;
	struct ring ring;

	if (ring_map(&ring, fd, PAGE, SIZE) < 0)
		abort();
	for (int lap = 0; lap < LAPS; lap++) {
		say_lap(&ring, lap, rarity, &state);
		is(count_faults(&ring, (uint64_t)(lap + 1) * SIZE, &state), 0,
		   "lines of some %u bytes, lap %d: begins, next ones, numbers", rarity, lap);
	}
	ring_unmap(&ring);
}

static void test_ends(void)
{
	AUTO_CLOSE int fd = new_file();
	struct ring ring;

	if (ring_map(&ring, fd, PAGE, SIZE) < 0)
		abort();
	memcpy(ring_at(&ring, 0), "one\n\ntwo\nthree", 14);
	is((long long)ring_next_line(&ring, 0, 9), 0, "the very first byte begins a line");
	is((long long)ring_next_line(&ring, 1, 9), 4, "the next one is behind the LF");
	is((long long)ring_next_line(&ring, 4, 9), 4, "an empty line begins where it is");
	is((long long)ring_next_line(&ring, 6, 9), 9, "the end is a line's begin");
	is((long long)ring_next_line(&ring, 9, 9), 9, "at the end nothing is read");

	is((long long)ring_count_lines(&ring, 0, 0), 0, "nothing holds no line");
	is((long long)ring_count_lines(&ring, 0, 9), 3, "three lines, one of them empty");
	is((long long)ring_count_lines(&ring, 3, 5), 2, "from the LF itself");
	is((long long)ring_count_lines(&ring, 0, 2), 0, "no line ends before its LF");
	is((long long)ring_count_lines(&ring, 0, 14), 3, "a tail without LF is not counted");
	ring_unmap(&ring);
}

int main(void)
{
	test_mapping();
	test_errors();
	test_lines(1);
	test_lines(4);
	test_lines(60);
	test_lines(3000);
	test_ends();
	return done();
}
