/* config-file.c - gets the text of configuration files into memory */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"
#include "mtchatd/config-file.h"

/* O_NONBLOCK: the open of a FIFO, and of some devices, would wait. */
static int open_regular(const char *path, bool *ret_masked)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENXIO ? -ENOTSUP : -errno; /* ENXIO: a socket */
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	*ret_masked = S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
	if (!S_ISREG(st.st_mode) && !*ret_masked)
		return -ENOTSUP;
	return take_fd(&fd);
}

int config_file_read(const char *path, char **ret, size_t *ret_size)
{
	AUTO_CLOSE int fd = -1;
	AUTO_FREE char *text = NULL;
	size_t size = 0;
	bool masked; /* /dev/null, which reads as an empty file */

	fd = open_regular(path, &masked);
	if (fd < 0)
		return fd;
	text = malloc(CONFIG_FILE_SIZE_MAX + 1);
	if (!text)
		return -ENOMEM;
	for (;;) {
		ssize_t got = read(fd, text + size, CONFIG_FILE_SIZE_MAX + 1 - size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		size += (size_t)got;
		if (size > CONFIG_FILE_SIZE_MAX)
			return -EFBIG;
	}
	*ret = text;
	*ret_size = size;
	text = NULL;
	return 0;
}

static int is_dropin(const struct dirent *entry)
{
	static const char ending[] = ".conf";
	size_t size = strlen(entry->d_name), least = sizeof(ending) - 1;

	return size > least && entry->d_name[0] != '.' &&
	       strcmp(entry->d_name + size - least, ending) == 0;
}

/* Not alphasort(): its order depends on the locale. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int make_paths(const char *folder, struct dirent **entries, int count, struct file_list *ret)
{
	ret->paths = calloc((size_t)count, sizeof(*ret->paths));
	if (!ret->paths)
		return -ENOMEM;
	for (; ret->count < (size_t)count; ret->count++)
		if (asprintf(&ret->paths[ret->count], "%s/%s", folder,
			     entries[ret->count]->d_name) < 0) {
			file_list_done(ret);
			return -ENOMEM;
		}
	return 0;
}

int config_file_dropins(const char *path, struct file_list *ret)
{
	AUTO_FREE struct dirent **entries = NULL;
	AUTO_FREE char *folder = NULL;
	int count, r = 0;

	*ret = (struct file_list){0};
	if (asprintf(&folder, "%s.d", path) < 0) {
		folder = NULL;
		return -ENOMEM;
	}
	count = scandir(folder, &entries, is_dropin, compare_names);
	if (count < 0 && errno != ENOENT)
		return -errno;
	if (count > CONFIG_DROPINS_MAX)
		r = -E2BIG;
	else if (count > 0)
		r = make_paths(folder, entries, count, ret);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	return r;
}

void file_list_done(struct file_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
	*list = (struct file_list){0};
}
