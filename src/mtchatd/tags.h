/*
 * tags.h - the names that were found in an arena
 */
#pragma once

#include "mtchatd/core.h"

/*
 * The slot has its name again, in the table too: before anybody talks.  In a damaged arena it may
 * have none, or somebody else's: then it has none any more.  False: its room need not be told that
 * it goes, since it knew no such name.
 */
bool tags_take_back(struct core *core, struct slot *slot);

/* It has no place after all: its name is nobody's. */
void tags_give_back(struct core *core, const struct slot *slot);
