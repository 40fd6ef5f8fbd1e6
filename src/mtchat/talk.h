/* talk.h - talks at a terminal: a prompt, and what comes above it */
#pragma once

#include "mtchat/session.h"

/* stdin and stdout are terminals.  Returns the exit status.  Logs. */
int talk_run(struct session *session);
