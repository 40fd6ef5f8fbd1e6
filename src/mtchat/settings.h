/*
 * settings.h - what the user has chosen: command line, environment, files
 *
 * In this order, the first that says something wins: options; MTCHAT_SERVER, MTCHAT_NAME,
 * NO_COLOR and TERM=dumb; $XDG_CONFIG_HOME/mtchat/config (~/.config); SYSCONFDIR/mtchat.conf.
 * Both files are libconfig's:
 *
 *	server = "chat.lan";  name = "alice";  room = "lobby";  history = 50;
 *	bell = "mention";     notify = "bell";  colour = true;   comings = true;
 *	timeout = 30;         ignore = ["bob"];
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mtchat/chat.h"
#include "mtchat/ignored.h"
#include "mtchat/screen.h"
#include "mtchat/target.h"

enum {
	SETTINGS_HISTORY_MAX = 100000,
	SETTINGS_TIMEOUT_MAX = 3600,   /* s */
	SETTINGS_FILE_MAX = 64 * 1024, /* bytes of a file */
};

struct settings {
	char server[TARGET_TEXT_SIZE]; /* as on the command line; "": the default */
	struct chat_wish wish;
	struct screen_style style;
	int timeout; /* s; 1 to SETTINGS_TIMEOUT_MAX */
	struct ignored ignored;
};

/* What holds if nobody says anything. */
void settings_init(struct settings *ret);

/* Reads both files, the system's first, then the environment.  0; -EINVAL: a file (told on stderr
 * with file and line) or a variable is bad; -ENOMEM.  A file that is not there says nothing.  Logs.
 */
int settings_load(struct settings *settings);

/* One file: the first thing that is wrong is told, and ends it.  As above; -ENOENT, not told: it is
 * not there. */
int settings_read(struct settings *settings, const char *path);

/* Can it be the name of somebody, or of a room?  1 to CHAT_NAME_SIZE - 1 bytes, no space, no
 * control character; the rest is for the server to say. */
bool settings_name_is_good(const char *name);

/* A decimal number from min to max, min at least 0.  0, or -EINVAL. */
int settings_number(const char *text, int min, int max, int *ret);

/*
 * Is the event one that the user has chosen not to see: what an ignored person says, to all or
 * privately, but never what one says oneself?  own: one's name.
 */
bool settings_hides(const struct settings *settings, const struct event *event, const char *own);

/* "/set NAME VALUE": changes it while it runs.  0; -ENOENT: no such setting; -EINVAL: not a value
 * of it.  "/set" lists what settings_each() gives: name, value, and values that it can have. */
int settings_set(struct settings *settings, const char *name, const char *value);
struct setting_row {
	const char *name, *values;
	char value[32];
};
bool settings_each(const struct settings *settings, size_t i, struct setting_row *ret);
