/*
 * render.h - how a line looks in the log
 *
 * Pure.  What a named client says has its name before it; what an unnamed one says is relayed as
 * it is, but must not pass for a notice of the server or for somebody's line: then it is
 * marked with ~, not refused and not believed.
 *
 *	* stop now	->	~* stop now		likewise "** "
 *	[server] hi	->	[~server] hi		likewise "[server -> "; and any name that is
 *taken
 *
 * `to` may be where the text lies; it has room for RENDER_GROWTH bytes more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mtchatd/name.h"

enum { RENDER_GROWTH = NAME_MAX_BYTES + 4 }; /* bytes that a line grows by at most */

/* Does it look like a notice? */
bool render_is_notice(const char *text, size_t size);

/* How long the X is if the line begins with "[X] " or "[X -> ", 1 ... NAME_READ_MAX bytes; else 0.
 */
size_t render_claim(const char *text, size_t size);

/* Each writes a line to `to` and returns its size. */
size_t render_marked(char *to, size_t at, const char *text, size_t size);       /* ~ at an offset */
size_t render_named(char *to, const char *name, const char *text, size_t size); /* [NAME] TEXT */
size_t render_act(char *to, const char *name, const char *text, size_t size);   /* ** NAME TEXT */
