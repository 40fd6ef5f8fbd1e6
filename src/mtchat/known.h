/*
 * known.h - names and rooms that were heard of, for completion
 *
 * Pure.  At most KNOWN_MAX of each, those heard of longest ago go first.  What is no single word
 * that is safe for a terminal (safe.h) is not kept: completion puts it into the prompt.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mtchat/events.h"

enum {
	KNOWN_MAX = 1000,
	KNOWN_NAME_MAX = 64, /* bytes: a longer one is no name */
};

struct known_list {
	char **names; /* latest last */
	size_t count;
};

/* All zero: nothing is known. */
struct known {
	struct known_list people, rooms;
	const char *own; /* the caller's: one's own name, which completes nothing; NULL: none */
};

void known_done(struct known *known);

/* Who speaks, comes, or is on a list; who leaves is forgotten; rooms of hello and ROOMS. */
void known_hear(struct known *known, const struct event *event);

/* Everybody is forgotten: another room. */
void known_forget_people(struct known *known);
