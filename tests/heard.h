/* heard.h - an event from a line of JSON that is known to be good */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "mtchat/events.h"

static inline struct event heard(const char *line)
{
	struct event event;

	if (event_read(&event, line, strlen(line)) < 0)
		abort();
	return event;
}
