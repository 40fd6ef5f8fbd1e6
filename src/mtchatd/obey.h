/*
 * obey.h - a command is run, and what it asks for goes into the transaction of its client
 *
 * command.h says what is to follow from a command; here it follows, all of it or nothing.
 */
#pragma once

#include "mtchatd/feed.h"

/*
 * Does what a command asks for.  FED_ALL, FED_COMMITS, FED_TURNS; or what was in the way: then
 * nothing was done, and it is to be obeyed again.
 */
enum fed obey(struct feed *feed, const struct utterance *said);
