/* follow.h - reads only: --tail and --json */
#pragma once

#include <stdbool.h>

#include "mtchat/settings.h"
#include "mtchat/target.h"

/* json: events as they come, else lines with their times.  goes_on: after the history, for ever.
 * Returns the exit status.  Logs. */
int follow_run(struct settings *settings, const struct target *target, bool json, bool goes_on);
