/*
 * farewell.h - a client that had a name has gone: its room is told, and the name is free
 *
 * By one commit: so a name is nobody's from the moment that everybody can know it, and after a
 * crash it is seen whether the room was told.
 */
#pragma once

#include "mtchatd/handler.h"

/*
 * client->reason: why it has gone.  Returns the log that would overwrite unread lines: then it is
 * still due; or NULL.
 */
struct rendering *farewell(struct handler *handler, struct client *client);
