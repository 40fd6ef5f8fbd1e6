/*
 * move.h - a client goes to another log: of another room, or in another rendering
 *
 * What it is owed of the old log comes first; then the greeting, then the new log from its head
 * at that moment.  Nothing is cut, lost or doubled: its place in both logs, and the greeting,
 * change by one commit.  A room is at home at one handler, so that each send() carries all there
 * is: a client that goes to a room of another one is handed over, unless that is a very large room.
 */
#pragma once

#include "mtchatd/handler.h"

struct outbox;

enum moved { MOVED_NOT, MOVED_HERE, MOVED_AWAY /* it is another handler's now */ };

/* If it is where its move is to happen: moves it. */
enum moved move_when_due(struct handler *handler, struct client *client, struct outbox *outbox);

/* Nobody reads any more at the other end: where it stands does not matter.  False: no move waits.
 */
bool move_at_once(struct handler *handler, struct client *client);

/* A client that another handler handed over: in no room, and its move is due. */
void move_in(struct handler *handler, struct client *client);

/* The handler that clients of the room (NULL: of none) are dealt to now. */
struct handler *move_home(const struct core *core, const struct room *room);

/* Which handler has the fewest clients. */
int move_least_loaded(const struct core *core);
