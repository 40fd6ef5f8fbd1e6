/*
 * relay.h - talks without a prompt: stdin to the server and the server to stdout, both at once
 *
 * All of stdin is sent, then the link is half-closed, then what comes is shown until the
 * server closes.  In the textbook's way, for servers that do not: until our own last line has
 * come back, or nothing has come for RELAY_SILENCE_MS.
 *
 * If the reader of stdout goes, no more of stdin is read; what was read is sent, and the
 * rest thrown away, until the server closes or nothing moves for RELAY_SILENCE_MS.
 */
#pragma once

#include "mtchat/session.h"

enum {
	RELAY_SILENCE_MS = 2000,
	RELAY_REST_MS = 2000, /* how long relay_rest() may take */
};

/* Returns the exit status.  Logs. */
int relay_run(struct session *session);

/* Nothing more will be said: sends what is left and shows what comes, for a short time. */
int relay_rest(struct session *session);
