/* test-arena.c - memory that nobody can truncate, and that costs only what was touched */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mtchatd/arena.h"

#include "tap.h"

#define SIZE (UINT64_C(1) << 40)

enum { PAGES = 64, MAPPED = PAGES * ARENA_PAGE, LAYOUT = 7 };

/* What the file costs, in pages. */
static long long cost(const struct arena *arena)
{
	struct stat st;

	if (fstat(arena->fd, &st) < 0)
		abort();
	return (long long)st.st_blocks * 512 / ARENA_PAGE;
}

static char *page(const struct arena *arena, int number)
{
	return arena->bytes + (size_t)number * ARENA_PAGE;
}

static bool is_filled(const struct arena *arena, int first, int last, char with)
{
	for (const char *byte = page(arena, first); byte < page(arena, last); byte++)
		if (*byte != with)
			return false;
	return true;
}

static void test_header(struct arena *arena)
{
	struct arena_header header, other;
	struct arena second;
	int dirty = 0;

	memcpy(&header, arena->bytes, sizeof(header));
	is(header.layout, LAYOUT, "the layout's version is written down");
	ok(header.size == SIZE, "so is the size");
	ok(header.magic != 0, "so is what it is");

	if (arena_new(&second, ARENA_PAGE, ARENA_PAGE, LAYOUT + 1) < 0)
		abort();
	memcpy(&other, second.bytes, sizeof(other));
	ok(other.magic == header.magic, "which is the same in another arena");
	ok(other.size == ARENA_PAGE && other.layout == LAYOUT + 1, "though that one is not");
	arena_done(&second);

	for (size_t i = sizeof(header); i < ARENA_PAGE; i++)
		dirty += arena->bytes[i] != 0;
	is(dirty, 0, "the rest of its page reads as 0");
	ok(is_filled(arena, 1, PAGES, 0), "and so do all others");
}

static void test_sealed(struct arena *arena)
{
	struct stat st;

	ok(ftruncate(arena->fd, ARENA_PAGE) < 0 && errno == EPERM, "it cannot be made smaller");
	ok(ftruncate(arena->fd, (off_t)(2 * SIZE)) < 0 && errno == EPERM, "nor larger");
	ok(fcntl(arena->fd, F_ADD_SEALS, F_SEAL_WRITE) < 0 && errno == EPERM,
	   "nobody can seal it further, against us");
	is(fcntl(arena->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC, "a child does not inherit it");
	ok(fstat(arena->fd, &st) == 0 && (uint64_t)st.st_size == SIZE, "its size is as asked for");
}

static void test_sparse(struct arena *arena)
{
	ok(cost(arena) <= PAGES, "a TiB costs %lld pages after all that is mapped was read",
	   cost(arena));
	memset(page(arena, 8), 'x', (size_t)8 * ARENA_PAGE);
	arena_forget(arena, ARENA_PAGE, MAPPED - ARENA_PAGE);
	is(cost(arena), 1, "the header alone costs one");
	ok(is_filled(arena, 1, PAGES, 0), "what was forgotten reads as 0");
}

static void test_forget(struct arena *arena)
{
	long long before;

	arena_forget(arena, ARENA_PAGE, MAPPED - ARENA_PAGE); /* what was only read costs as well */
	before = cost(arena);
	memset(page(arena, 8), 'x', (size_t)8 * ARENA_PAGE);
	is(cost(arena) - before, 8, "eight pages that were written cost eight");
	arena_forget(arena, (uint64_t)10 * ARENA_PAGE, (uint64_t)3 * ARENA_PAGE);
	is(cost(arena) - before, 5, "three that were forgotten cost nothing any more");
	ok(is_filled(arena, 8, 10, 'x') && is_filled(arena, 13, 16, 'x'), "their neighbours stay");
	ok(is_filled(arena, 10, 13, 0), "they read as 0");
	page(arena, 11)[0] = 'y';
	ok(page(arena, 11)[0] == 'y' && page(arena, 11)[1] == 0, "and can be used again");
}

static void test_shared(struct arena *arena)
{
	const off_t far = (off_t)(SIZE / 2);
	long long before;
	char byte = 0;

	page(arena, 3)[5] = 'z';
	ok(pread(arena->fd, &byte, 1, 3 * ARENA_PAGE + 5) == 1 && byte == 'z',
	   "who has the file sees what is stored");
	before = cost(arena);
	ok(pwrite(arena->fd, "w", 1, far) == 1, "it reaches beyond what is mapped");
	is(cost(arena) - before, 1, "one byte costs its page");
	arena_forget(arena, (uint64_t)far, ARENA_PAGE);
	ok(pread(arena->fd, &byte, 1, far) == 1 && byte == 0, "that too can be forgotten");
	is(cost(arena), before, "and costs nothing then");
}

/* A copy of the descriptor, as the service manager hands it out. */
static int copy_of(const struct arena *arena)
{
	int fd = fcntl(arena->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		abort();
	return fd;
}

/* Adopts a copy, and lets it go again. */
static int try_adopt(const struct arena *arena, uint64_t size, uint32_t layout)
{
	struct arena next;
	int fd = copy_of(arena), r = arena_adopt(&next, fd, size, MAPPED, layout);

	if (r == 0) {
		arena_done(&next);
		return 0;
	}
	if (fcntl(fd, F_GETFD) < 0)
		ok(false, "a descriptor that is not taken over stays open");
	close(fd);
	return r;
}

static void test_adopt(struct arena *arena)
{
	struct arena next;
	int fd = copy_of(arena);

	page(arena, 5)[7] = 'q';
	is(arena_adopt(&next, fd, SIZE, MAPPED, LAYOUT), 0, "the next process takes it over");
	is(next.fd, fd, "and its descriptor with it");
	is((long long)next.mapped, MAPPED, "as much is mapped");
	ok(next.bytes != arena->bytes && page(&next, 5)[7] == 'q', "anywhere, with what is in it");
	page(&next, 6)[0] = 'r';
	ok(page(arena, 6)[0] == 'r', "it is the same memory");
	arena_done(&next);
	ok(fcntl(fd, F_GETFD) < 0 && errno == EBADF, "closed at its end");

	is(try_adopt(arena, SIZE, LAYOUT + 1), -EPROTO, "another layout is told");
	is(try_adopt(arena, SIZE + ARENA_PAGE, LAYOUT + 1), -EPROTO, "also when it needs more");
	is(try_adopt(arena, SIZE + ARENA_PAGE, LAYOUT), -EBADMSG, "another size cannot be");
	is(try_adopt(arena, SIZE, LAYOUT), 0, "none of these left a trace");
}

static void test_adopt_damaged(struct arena *arena)
{
	struct arena_header *header = (void *)arena->bytes, good = *header;

	header->magic ^= 1;
	is(try_adopt(arena, SIZE, LAYOUT), -EBADMSG, "something else is no arena");
	is(try_adopt(arena, SIZE, LAYOUT + 1), -EBADMSG, "nor one of another layout");
	*header = good;
	header->size += ARENA_PAGE;
	is(try_adopt(arena, SIZE, LAYOUT), -EBADMSG, "a header of a larger one");
	is(try_adopt(arena, SIZE + ARENA_PAGE, LAYOUT), -EBADMSG, "is not believed");
	is(try_adopt(arena, SIZE, LAYOUT + 1), -EBADMSG, "whatever the layout");
	*header = good;
	is(try_adopt(arena, SIZE, LAYOUT), 0, "made whole it is taken again");
}

/* A memfd with the header of an arena, and these seals; size: of the file. */
static int adopt_forged(const struct arena *like, int seals, off_t size)
{
	struct arena_header header = *(const struct arena_header *)(const void *)like->bytes;
	struct arena forged = {.fd = memfd_create("forged", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
	int r;

	header.size = MAPPED;
	if (forged.fd < 0 || pwrite(forged.fd, &header, sizeof(header), 0) != sizeof(header) ||
	    ftruncate(forged.fd, size) < 0 || fcntl(forged.fd, F_ADD_SEALS, seals) < 0)
		abort();
	r = try_adopt(&forged, MAPPED, LAYOUT);
	close(forged.fd);
	return r;
}

static void test_adopt_forged(const struct arena *arena)
{
	const int all = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

	is(adopt_forged(arena, all, MAPPED), 0, "who has all seals is good");
	is(adopt_forged(arena, all & ~F_SEAL_SHRINK, MAPPED), -EBADMSG, "one that may shrink");
	is(adopt_forged(arena, all & ~F_SEAL_GROW, MAPPED), -EBADMSG, "one that may grow");
	is(adopt_forged(arena, all & ~F_SEAL_SEAL, MAPPED), -EBADMSG, "one that may be sealed");
	is(adopt_forged(arena, all | F_SEAL_WRITE, MAPPED), -EPERM, "one that is read-only");
	is(adopt_forged(arena, all, 0), -EBADMSG, "one that is empty");
	is(adopt_forged(arena, all, sizeof(struct arena_header) - 1), -EBADMSG, "half a header");
	is(adopt_forged(arena, all, sizeof(struct arena_header)), -EBADMSG, "nothing behind it");
	is(adopt_forged(arena, all, MAPPED - 1), -EBADMSG, "one byte less than it says");
	is(adopt_forged(arena, all, MAPPED + 1), -EBADMSG, "one byte more");
}

static void test_adopt_others(void)
{
	struct arena next, other;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		abort();
	other.fd = ends[0];
	is(try_adopt(&other, SIZE, LAYOUT), -EBADMSG, "a pipe is no arena");
	close(ends[0]);
	close(ends[1]);
	is(arena_adopt(&next, ends[0], SIZE, MAPPED, LAYOUT), -EBADF, "nor is nothing");
}

static void test_done(struct arena *arena)
{
	int fd = arena->fd;

	arena_done(arena);
	ok(fcntl(fd, F_GETFD) < 0 && errno == EBADF, "closed at the end");
	arena_done(arena);
	is(arena->fd, -1, "once more does no harm");
}

static void test_errors(void)
{
	struct arena arena;

	ok(arena_new(&arena, UINT64_MAX - ARENA_PAGE + 1, ARENA_PAGE, 1) < 0,
	   "a size that no file can have");
	is(arena_new(&arena, SIZE, 0, 1), -EINVAL, "nothing to be mapped");
}

int main(void)
{
	struct arena arena;
	int r = arena_new(&arena, SIZE, MAPPED, LAYOUT);

	is(r, 0, "an arena of a TiB");
	if (r < 0)
		return done();
	test_header(&arena);
	test_sealed(&arena);
	test_sparse(&arena);
	test_forget(&arena);
	test_shared(&arena);
	test_adopt(&arena);
	test_adopt_damaged(&arena);
	test_adopt_forged(&arena);
	test_adopt_others();
	test_done(&arena);
	test_errors();
	return done();
}
