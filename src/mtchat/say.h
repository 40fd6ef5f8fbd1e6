/* say.h - says one line and sees it shown: -m */
#pragma once

#include "mtchat/settings.h"
#include "mtchat/target.h"

enum {
	SAY_LIMIT_MS = 30000, /* for all of it */
	SAY_PLAIN_MS = 10000, /* until a server that speaks no JSON Lines shows it */
};

/* Returns the exit status: 0 only if the server has shown the line.  Logs. */
int say_run(struct settings *settings, const struct target *target, const char *text);
