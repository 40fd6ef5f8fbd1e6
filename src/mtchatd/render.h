/*
 * render.h - how a line looks in the log
 *
 * Pure.  Text is relayed as it is, but what an unnamed client says must not pass for a notice of
 * the server or for somebody's named line: such a line is marked with ~, not refused and not
 * believed.
 *
 *	* stop now	->	~* stop now		likewise "** "
 *	[server] hi	->	[~server] hi		likewise "[server -> "; you, all
 */
#pragma once

#include <stddef.h>

enum { RENDER_GROWTH = 1 }; /* bytes that a mark adds at most */

/* Where text[0, size) wants a ~, as an offset; size if nowhere. */
size_t render_mark(const char *text, size_t size);
