/*
 * config-file.h - gets the text of configuration files into memory
 *
 * A file is read once, and all checks are made on what was read: there is no second look at a
 * file that somebody is writing.
 */
#pragma once

#include <stddef.h>

enum {
	CONFIG_FILE_SIZE_MAX = 1024 * 1024, /* bytes of one file */
	CONFIG_DROPINS_MAX = 100,           /* files in FILE.d */
};

/* Paths of files, in the order they are to be read. */
struct file_list {
	char **paths;
	size_t count;
};

/*
 * Reads the regular file at path, which may be a symbolic link.  Never waits for a writer, as a
 * FIFO would make us.  Returns 0 and the bytes in *ret, to be freed; or
 *	-EISDIR		a folder
 *	-ENOTSUP	a device other than /dev/null, which is empty; a FIFO or socket
 *	-EFBIG		more than CONFIG_FILE_SIZE_MAX bytes
 *	another -errno	of open() or read()
 */
int config_file_read(const char *path, char **ret, size_t *ret_size);

/*
 * Lists the files *.conf in path.d, dotfiles left out, sorted by their bytes.  No such folder: an
 * empty list. Returns 0, -E2BIG for more than CONFIG_DROPINS_MAX, or -errno; *ret is empty on
 * failure.
 */
int config_file_dropins(const char *path, struct file_list *ret);

void file_list_done(struct file_list *list);
