/* history.c - what was typed in earlier sessions, in a file */
#include "mtchat/history.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "mtchat/spelling.h"
#include "mtchat/state.h"

int history_path(char *ret)
{
	int r = state_path(ret, "history");

	if (r < 0)
		*ret = '\0';
	return r;
}

void history_done(struct history *history)
{
	for (size_t i = 0; i < history->count; i++)
		free(history->entries[i]);
	free(history->entries);
	*history = (struct history){0};
}

/* Takes over the entry. */
static int history_put(struct history *history, char *entry)
{
	char **entries;

	if (history->count == HISTORY_MAX) {
		free(history->entries[0]);
		memmove(history->entries, history->entries + 1,
			--history->count * sizeof(*history->entries));
	}
	entries = reallocarray(history->entries, history->count + 1, sizeof(*entries));
	if (!entries)
		return free(entry), -ENOMEM;
	history->entries = entries;
	entries[history->count++] = entry;
	return 0;
}

int history_add(struct history *history, const char *entry)
{
	char *copy;

	if (!*entry || !spelling_may_keep(entry))
		return 0;
	if (history->count > 0 && strcmp(history->entries[history->count - 1], entry) == 0)
		return 0;
	copy = strdup(entry);
	return copy ? history_put(history, copy) : -ENOMEM;
}

/* A line of the file becomes an entry, in its own place. */
static void unfold(char *line)
{
	char *to = line;

	for (; *line; line++) {
		if (*line == '\\' && (line[1] == 'n' || line[1] == '\\'))
			*to++ = *++line == 'n' ? '\n' : '\\';
		else
			*to++ = *line;
	}
	*to = '\0';
}

/* ret_lines: how many there are, more than the entries if some are not kept. */
static int read_entries(struct history *ret, FILE *file, size_t *ret_lines)
{
	AUTO_FREE char *line = NULL;
	size_t room = 0;
	int r = 0;

	*ret_lines = 0;
	if (fseek(file, -HISTORY_SIZE_MAX, SEEK_END) == 0) /* too large: we begin within a line */
		r = getline(&line, &room, file) < 0 ? -EIO : 0;
	while (r == 0 && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		unfold(line);
		r = history_add(ret, line);
		++*ret_lines;
	}
	return r == 0 && ferror(file) ? -EIO : r;
}

/* The descriptor is the caller's no more. */
static int read_file(struct history *ret, int fd, size_t *ret_lines)
{
	FILE *file = fdopen(fd, "r");
	int r;

	*ret = (struct history){0};
	if (!file)
		return close(fd), -ENOMEM;
	r = read_entries(ret, file, ret_lines);
	fclose(file);
	if (r < 0)
		history_done(ret);
	return r;
}

int history_read(struct history *ret, const char *path)
{
	int fd = state_open(path);
	size_t lines;

	*ret = (struct history){0};
	return fd < 0 ? fd : read_file(ret, fd, &lines);
}

static size_t folded_size(const char *entry)
{
	size_t size = 1;

	for (; *entry; entry++)
		size += *entry == '\n' || *entry == '\\' ? 2 : 1;
	return size;
}

/* The first entry of those at the end that fit into the file. */
static size_t first_to_fit(const struct history *history)
{
	size_t size = 0, first = history->count;

	while (first > 0) {
		size += folded_size(history->entries[first - 1]);
		if (size > HISTORY_SIZE_MAX)
			break;
		first--;
	}
	return first;
}

static void put_folded(const char *entry, FILE *file)
{
	for (; *entry; entry++) {
		if (*entry == '\n')
			fputs("\\n", file);
		else if (*entry == '\\')
			fputs("\\\\", file);
		else
			putc(*entry, file);
	}
	putc('\n', file);
}

/* The bytes of the entries that fit, behind a LF if wanted; to be freed.  0, or -ENOMEM. */
static int fold(const struct history *history, bool begins_line, char **ret, size_t *ret_size)
{
	FILE *to = open_memstream(ret, ret_size);

	if (!to)
		return -ENOMEM;
	if (begins_line)
		putc('\n', to);
	for (size_t i = first_to_fit(history); i < history->count; i++)
		put_folded(history->entries[i], to);
	return fclose(to) == 0 ? 0 : -ENOMEM;
}

/* -- the file, while it is locked -- */

/* Does it end within a line?  Whoever wrote that was killed, or no client. */
static bool is_torn(int fd, off_t size)
{
	char last = '\n';

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/* In one write(), at the end: a kill leaves all or nothing of it. */
static int append(int fd, const struct history *history, off_t size)
{
	AUTO_FREE char *bytes = NULL;
	size_t length;
	ssize_t written;
	int r = fold(history, is_torn(fd, size), &bytes, &length);

	if (r < 0)
		return r;
	do {
		written = write(fd, bytes, length);
	} while (written < 0 && errno == EINTR);
	if (written < 0)
		return -errno;
	if ((size_t)written == length)
		return 0;
	return ftruncate(fd, size) < 0 ? -errno : -ENOSPC; /* the rest did not fit: all later */
}

/* Writes it anew without what is too much or not to be kept, if there is anything of that. */
static int shorten(int fd, const char *path)
{
	CLEANUP(history_done) struct history all = {0};
	AUTO_FREE char *bytes = NULL;
	size_t lines, size;
	struct stat st = {.st_size = 0};
	int reader = state_open(path), r;

	if (reader < 0)
		return reader;
	r = read_file(&all, reader, &lines);
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r < 0)
		return r;
	if (lines == all.count && st.st_size <= HISTORY_SIZE_MAX)
		return fsync(fd) < 0 ? -errno : 0;
	r = fold(&all, false, &bytes, &size);
	return r < 0 ? r : state_replace(path, bytes, size);
}

/* -- for the caller -- */

int history_append(const struct history *history, const char *path)
{
	AUTO_CLOSE int fd = state_lock(path, STATE_WAIT_MS);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	r = append(fd, history, st.st_size);
	if (r == 0 && st.st_size > (off_t)2 * HISTORY_SIZE_MAX)
		r = shorten(fd, path);
	return r;
}

int history_shorten(const char *path)
{
	AUTO_CLOSE int fd = state_lock(path, STATE_WAIT_MS);

	return fd < 0 ? fd : shorten(fd, path);
}
