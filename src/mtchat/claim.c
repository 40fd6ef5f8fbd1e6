/* claim.c - the key of one's name, kept for the next client of this user */
#include "mtchat/claim.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "mtchat/ignored.h"

#define FOLDER "keys"

enum { TEXT_MAX = (CHAT_KEYS_MAX + 1) * CHAT_KEY_SIZE, WAIT_MS = 20 };

/* -- where it is -- */

/* FNV-1a, of the text and its NUL. */
static uint64_t add_hash(uint64_t sum, const char *text)
{
	do
		sum = (sum ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	while (*text++);
	return sum;
}

/* A home may be that of several hosts, and locks need not reach from one to the other. */
static int find_path(const struct claim *claim, char ret[STATE_PATH_SIZE])
{
	char host[256] = "", folded[IGNORED_SIZE], name[64];
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	gethostname(host, sizeof(host) - 1);
	name_fold(folded, claim->name);
	sum = add_hash(add_hash(add_hash(sum, host), claim->server), folded);
	snprintf(name, sizeof(name), FOLDER "/%016" PRIx64, sum);
	return state_path(ret, name);
}

/* -- not too many -- */

/* Locked if it was left behind, and nobody lives who has it; else -1. */
static int lock_left(int folder, const char *name)
{
	AUTO_CLOSE int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 ? take_fd(&fd) : -1;
}

/* How many there are; of those left behind, the oldest: its name, and its descriptor, or -1. */
static size_t find_left(DIR *all, char oldest[NAME_MAX + 1], int *ret_fd)
{
	struct timespec then = {0};
	struct dirent *entry;
	size_t count = 0;

	rewinddir(all);
	while ((entry = readdir(all))) { /* NOLINT(concurrency-mt-unsafe) */
		struct stat st;
		int fd;

		if (fstatat(dirfd(all), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		count++;
		if (*ret_fd >= 0 && st.st_mtim.tv_sec >= then.tv_sec)
			continue;
		fd = lock_left(dirfd(all), entry->d_name);
		if (fd < 0) /* a client that has been there for long is no reason to keep others */
			continue;
		closep(ret_fd);
		*ret_fd = fd;
		snprintf(oldest, NAME_MAX + 1, "%s", entry->d_name);
		then = st.st_mtim;
	}
	return count;
}

/* The oldest that nobody holds are removed if there are too many. */
static void keep_few(const char *path)
{
	char folder[STATE_PATH_SIZE], oldest[NAME_MAX + 1];
	bool removed = true;
	DIR *all;

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	all = opendir(folder);
	while (all && removed) {
		AUTO_CLOSE int fd = -1;

		removed = find_left(all, oldest, &fd) > CLAIM_FILES_MAX && fd >= 0 &&
			  unlinkat(dirfd(all), oldest, 0) == 0;
	}
	if (all)
		closedir(all);
}

/* -- one file -- */

static void let_go(struct claim *claim)
{
	closep(&claim->fd);
	claim->fd = -1;
	claim->name[0] = claim->key[0] = '\0';
}

static void take(struct claim *claim, const char *name)
{
	let_go(claim);
	snprintf(claim->name, sizeof(claim->name), "%s", name);
	if (*name && find_path(claim, claim->path) == 0)
		claim->fd = state_lock(claim->path, WAIT_MS);
	if (claim->fd >= 0)
		keep_few(claim->path);
}

/* Keys are hexadecimal; what else there may be is nobody's key. */
static void read_keys(const struct claim *claim, struct chat *chat)
{
	char text[TEXT_MAX + 1], *at = text;
	ssize_t size = pread(claim->fd, text, TEXT_MAX, 0);

	text[size > 0 ? size : 0] = '\0';
	for (char *line; (line = strsep(&at, "\n")) && chat->old_key_count < CHAT_KEYS_MAX;) {
		size_t length = strlen(line);

		if (length > 0 && length < CHAT_KEY_SIZE &&
		    strspn(line, "0123456789abcdef") == length)
			memcpy(chat->old_keys[chat->old_key_count++], line, length + 1);
	}
}

/* While it asks for the name, an older connection may still have it. */
static void write_keys(const struct claim *claim, const struct chat *chat)
{
	char text[TEXT_MAX + 1];
	size_t size = 0;

	for (size_t i = 0; !claim->named && i < chat->old_key_count; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "%s\n",
					 chat->old_keys[i]);
	size += (size_t)snprintf(text + size, sizeof(text) - size, "%s\n", chat->key);
	/* The descriptor appends, whatever place pwrite() is given. */
	if (ftruncate(claim->fd, 0) < 0 || write(claim->fd, text, size) < 0)
		return; /* no place: then the name has to be waited for, as if nothing were kept */
}

/* -- for the caller -- */

void claim_begin(struct claim *ret, const struct target *target, struct chat *chat)
{
	*ret = (struct claim){.fd = -1};
	target_print(target, ret->server, sizeof(ret->server));
	take(ret, chat->wish.name);
	if (ret->fd >= 0)
		read_keys(ret, chat);
}

void claim_follow(struct claim *claim, const struct chat *chat)
{
	const char *name = *chat->name ? chat->name : chat->wish.name;
	bool named = *chat->name;

	if (!*chat->key || (named == claim->named && strcmp(chat->key, claim->key) == 0 &&
			    strcmp(name, claim->name) == 0))
		return;
	if (strcmp(name, claim->name) != 0) {
		if (claim->fd >= 0)
			unlink(claim->path); /* that name is given back */
		take(claim, name);
	}
	claim->named = named;
	snprintf(claim->key, sizeof(claim->key), "%s", chat->key);
	if (claim->fd >= 0)
		write_keys(claim, chat);
}

void claim_end(struct claim *claim, const struct chat *chat)
{
	struct stat st;

	if (claim->fd >= 0 &&
	    (chat->state == CHAT_OVER || (fstat(claim->fd, &st) == 0 && st.st_size == 0)))
		unlink(claim->path);
	let_go(claim);
}
