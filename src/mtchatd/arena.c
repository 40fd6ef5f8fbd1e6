/* arena.c - the memory that outlives the process */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "mtchatd/arena.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static const uint64_t magic = 0x616e6572612d746d; /* "mt-arena", in little endian */

/* Nobody can truncate it under us: no access to it ever ends in SIGBUS. */
static const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

static int new_memfd(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd;

	fd = memfd_create("mtchatd-arena", flags | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL) /* a kernel before 6.3 */
		fd = memfd_create("mtchatd-arena", flags);
	return fd < 0 ? -errno : fd;
}

/* Takes the fd over if it succeeds. */
static int map(struct arena *ret, int fd, size_t mapped)
{
	void *bytes;

	bytes = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	*ret = (struct arena){.fd = fd, .bytes = bytes, .mapped = mapped};
	return 0;
}

int arena_new(struct arena *ret, uint64_t size, size_t mapped, uint32_t layout)
{
	AUTO_CLOSE int fd = -1;
	struct arena_header *header;
	int r;

	fd = new_memfd();
	if (fd < 0)
		return fd;
	if (ftruncate(fd, (off_t)size) < 0)
		return -errno;
	if (fcntl(fd, F_ADD_SEALS, seals) < 0)
		return -errno;
	r = map(ret, fd, mapped);
	if (r < 0)
		return r;
	take_fd(&fd);

	header = (void *)ret->bytes;
	header->layout = layout;
	header->size = size;
	header->magic = magic;
	return 0;
}

/* Reads the header, for as long as its memfd is not known to be as large as what is mapped. */
static int read_header(struct arena_header *ret, int fd)
{
	struct stat st;
	int sealed = fcntl(fd, F_GET_SEALS);

	if (sealed < 0)
		return errno == EINVAL ? -EBADMSG : -errno; /* a file, a pipe */
	if ((sealed & seals) != seals)
		return -EBADMSG;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (pread(fd, ret, sizeof(*ret), 0) != sizeof(*ret) || ret->magic != magic ||
	    ret->size != (uint64_t)st.st_size)
		return -EBADMSG;
	return 0;
}

int arena_adopt(struct arena *ret, int fd, uint64_t size, size_t mapped, uint32_t layout)
{
	struct arena_header header = {0};
	int r = read_header(&header, fd);

	if (r < 0)
		return r;
	if (header.layout != layout)
		return -EPROTO; /* of any size: what it holds lies elsewhere */
	if (header.size != size)
		return -EBADMSG;
	return map(ret, fd, mapped);
}

/*
 * A record lock, since it belongs to a table of descriptors; flock() and F_OFD_SETLK belong to
 * the open file, of which the service manager has a copy: they would never be let go.  No call
 * waits for one with a timeout: F_SETLKW ends early only by a signal.  So it is tried every
 * millisecond, at most a second or two, at a start that must wait anyway.
 */
int arena_own(const struct arena *arena, int ms)
{
	const uint64_t deadline = clock_ms() + (uint64_t)ms;
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET}; /* all of it */

	while (fcntl(arena->fd, F_SETLK, &lock) < 0) {
		if (errno != EAGAIN && errno != EACCES)
			return -errno;
		if (clock_ms() >= deadline)
			return -ETIMEDOUT;
		poll(NULL, 0, 1);
	}
	return 0;
}

void arena_done(struct arena *arena)
{
	if (!arena->bytes)
		return;
	munmap(arena->bytes, arena->mapped);
	close(arena->fd);
	*arena = (struct arena){.fd = -1};
}

void arena_forget(struct arena *arena, uint64_t offset, uint64_t size)
{
	fallocate(arena->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
		  (off_t)size);
}
