/* recall.c - what was typed before, for the up key: readline's history, and the file behind it */
#include "mtchat/recall.h"

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/history.h>

#include "common/cleanup.h"
#include "mtchat/history.h"
#include "mtchat/i18n.h"
#include "mtchat/safe.h"

static struct recall {
	const char *path;
	struct history fresh; /* typed, and to be kept, but not in the file yet */
	bool added;           /* to the file, since it is open */
} recall;

/* Not the same twice in a row. */
static bool add(const char *line)
{
	const HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1)
						    : NULL;

	if (!*line || (last && strcmp(last->line, line) == 0))
		return false;
	add_history(line);
	return true;
}

/* The file can be anybody's doing, and readline shows what it is given. */
static bool is_safe(const char *line)
{
	AUTO_FREE char *copy = malloc(SAFE_SIZE_MAX * strlen(line) + 1);

	while (copy) {
		size_t size = strcspn(line, "\n");

		if (safe_copy(copy, line, size) != size || memcmp(copy, line, size) != 0)
			return false;
		if (!line[size])
			return true;
		line += size + 1;
	}
	return false;
}

void recall_open(const char *path)
{
	struct history old = {0};

	recall = (struct recall){.path = path};
	clear_history();
	using_history();
	stifle_history(HISTORY_MAX);
	if (!path || !*path)
		return;
	history_read(&old, path); /* if it cannot be read, it cannot be written: told then */
	for (size_t i = 0; i < old.count; i++) {
		if (is_safe(old.entries[i]))
			add(old.entries[i]);
	}
	history_done(&old);
}

/* What cannot be written now is tried again with the next line, and told at the end. */
static int write_fresh(void)
{
	int r;

	if (!recall.path || !*recall.path || recall.fresh.count == 0)
		return 0;
	r = history_append(&recall.fresh, recall.path);
	if (r == 0) {
		history_done(&recall.fresh);
		recall.added = true;
	}
	return r;
}

void recall_add(const char *line)
{
	if (!add(line))
		return;
	history_add(&recall.fresh, line); /* without memory, it is not there next time */
	write_fresh();
}

void recall_close(void)
{
	int r = write_fresh();

	if (r == 0 && recall.added)
		r = history_shorten(recall.path);
	recall.added = false;
	history_done(&recall.fresh);
	if (r == -EBADF) {
		warnx(_("cannot write the history to %s: it is no file of yours"), recall.path);
	} else if (r < 0) {
		errno = -r;
		warn(_("cannot write the history to %s"), recall.path);
	}
}
