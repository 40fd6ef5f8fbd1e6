/*
 * lines.h - what each line of a client does: it is said, or obeyed, or refused
 */
#pragma once

#include "mtchatd/feed.h"

/*
 * Takes line after line of what the client gave and feed->parsed has not passed yet, until
 * something is in the way.  buffer: its input; received: position after the last byte in it.
 */
enum fed lines_take(struct feed *feed, const char *buffer, uint64_t received);
