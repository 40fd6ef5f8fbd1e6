/* arena.c - the memory that outlives the process */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "mtchatd/arena.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static const uint64_t magic = 0x616e6572612d746d; /* "mt-arena", in little endian */

static int new_memfd(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd;

	fd = memfd_create("mtchatd-arena", flags | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL) /* a kernel before 6.3 */
		fd = memfd_create("mtchatd-arena", flags);
	return fd < 0 ? -errno : fd;
}

int arena_new(struct arena *ret, uint64_t size, size_t mapped, uint32_t layout)
{
	AUTO_CLOSE int fd = -1;
	struct arena_header *header;
	void *bytes;

	fd = new_memfd();
	if (fd < 0)
		return fd;
	if (ftruncate(fd, (off_t)size) < 0)
		return -errno;
	/* Nobody can truncate it under us: no access to it ever ends in SIGBUS. */
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	bytes = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (bytes == MAP_FAILED)
		return -errno;

	header = bytes;
	header->layout = layout;
	header->size = size;
	header->magic = magic;
	*ret = (struct arena){.fd = take_fd(&fd), .bytes = bytes, .mapped = mapped};
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
