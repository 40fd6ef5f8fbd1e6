/* screen-lists.h - lists of people and of rooms, for screen_event() alone */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "mtchat/events.h"
#include "mtchat/screen.h"

/* "* HOST, room ROOM, 7 here: bob carol and 5 more": in one row, without a time. */
void screen_greet(const struct screen *screen, const struct event *event, const char *host,
		  FILE *to);

/* "10:31 * in ROOM: alice bob and 3 without a name", and how to get the next page. */
void screen_who(struct screen *screen, const struct event *event, int64_t time_ms, FILE *to);

/* "10:31 * rooms: lobby (4) kitchen (1)", likewise. */
void screen_rooms(struct screen *screen, const struct event *event, int64_t time_ms, FILE *to);
