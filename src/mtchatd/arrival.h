/*
 * arrival.h - how clients come to a handler: new, back, moved, or with only their farewell due
 */
#pragma once

#include "mtchatd/handler.h"

/* Takes all that others have put into the handler's inbox: clients, and news for its own. */
void arrival_take_all(struct handler *handler);
