/* terminal.h - a conversation at a terminal: a prompt, and what comes above it */
#pragma once

#include "mtchat/buffer.h"
#include "mtchat/link.h"
#include "mtchat/settings.h"
#include "mtchat/target.h"

enum {
	TERMINAL_REDRAW_MS = 50,   /* between two redraws for what has come */
	TERMINAL_NEWS_MAX = 65536, /* bytes to be shown: then no more is read until they are */
	TERMINAL_LEAVE_MS = 2000,  /* how long what was said is given, once one leaves */
	TERMINAL_PLAIN = -1,       /* the server speaks no JSON Lines */
};

/*
 * stdin and stdout are terminals.  Returns the exit status; or TERMINAL_PLAIN, and the link and
 * what has come on it in *ret_link and *ret_heard, which are the caller's then.  host: what the
 * server is called.  Logs.
 */
int terminal_run(struct settings *settings, const struct target *target, const char *host,
		 struct link *ret_link, struct buffer *ret_heard);
