/* history.c - what was typed in earlier sessions, in a file */
#include "mtchat/history.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

int history_path(char *ret)
{
	const char *state = secure_getenv("XDG_STATE_HOME");
	const char *home = secure_getenv("HOME");
	int size;

	if (state && *state == '/') /* a relative one is to be passed over, says its standard */
		size = snprintf(ret, HISTORY_PATH_SIZE, "%s/mtchat/history", state);
	else if (home && *home == '/')
		size = snprintf(ret, HISTORY_PATH_SIZE, "%s/.local/state/mtchat/history", home);
	else
		return -ENOENT;
	return size < HISTORY_PATH_SIZE ? 0 : -ENAMETOOLONG;
}

void history_done(struct history *history)
{
	for (size_t i = 0; i < history->count; i++)
		free(history->entries[i]);
	free(history->entries);
	*history = (struct history){0};
}

/* Has it a line that is for one person only?  In doubt, it has: whatever the case, and whatever
 * blanks there are. */
static bool is_private(const char *entry)
{
	static const char command[] = "/msg";
	const size_t size = sizeof(command) - 1;

	for (const char *line = entry; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n\r\t ");
		if (strncmp(line, "@n=", 3) == 0) { /* a nonce may stand before a command */
			line += strcspn(line, " \n");
			line += strspn(line, " ");
		}
		if (strncasecmp(line, command, size) == 0 && !isalnum((unsigned char)line[size]))
			return true;
	}
	return false;
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

	if (!*entry || is_private(entry))
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

static int open_file(const char *path)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;

	/* A FIFO must not stop us, and a symlink not lead us to another file. */
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return -EBADF;
	return take_fd(&fd);
}

int history_read(struct history *ret, const char *path)
{
	AUTO_FREE char *line = NULL;
	size_t room = 0;
	FILE *file;
	int fd, r = 0;

	*ret = (struct history){0};
	fd = open_file(path);
	if (fd < 0)
		return fd;
	file = fdopen(fd, "r");
	if (!file)
		return close(fd), -ENOMEM;
	if (fseek(file, -HISTORY_SIZE_MAX, SEEK_END) == 0) /* too large: we begin within a line */
		r = getline(&line, &room, file) < 0 ? -EIO : 0;
	while (r == 0 && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		unfold(line);
		r = history_add(ret, line);
	}
	if (r == 0 && ferror(file))
		r = -EIO;
	fclose(file);
	if (r < 0)
		history_done(ret);
	return r;
}

/* mkdir -p, of what is before the last slash. */
static int make_folders(const char *path)
{
	char folder[HISTORY_PATH_SIZE];
	size_t size = strlen(path);

	if (size >= sizeof(folder))
		return -ENAMETOOLONG;
	memcpy(folder, path, size + 1);
	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
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

/* Into a new file that takes the place of the old one when it is whole, also if power fails. */
static int write_file(const struct history *history, const char *path)
{
	char scratch[HISTORY_PATH_SIZE + sizeof(".XXXXXX")];
	FILE *file;
	int fd, r = 0;

	snprintf(scratch, sizeof(scratch), "%s.XXXXXX", path);
	fd = mkostemp(scratch, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	file = fdopen(fd, "w");
	if (!file) {
		close(fd);
		unlink(scratch);
		return -ENOMEM;
	}
	for (size_t i = first_to_fit(history); i < history->count; i++)
		put_folded(history->entries[i], file);
	if (fflush(file) != 0 || fchmod(fd, 0600) < 0 || fsync(fd) < 0)
		r = -errno;
	if (fclose(file) != 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(scratch, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(scratch);
	return r;
}

int history_write(const struct history *history, const char *path)
{
	CLEANUP(history_done) struct history all = {0};
	int r = make_folders(path);

	if (r < 0)
		return r;
	r = history_read(&all, path);
	if (r < 0 && r != -ENOENT)
		return r;
	for (size_t i = 0; i < history->count; i++) {
		r = history_add(&all, history->entries[i]);
		if (r < 0)
			return r;
	}
	return write_file(&all, path);
}
