/*
 * turn.h - one turn of a handler's loop
 *
 *	sleep		until a socket is ready, the waker rings, or something is due
 *	take in		new clients, and what clients send; senders who waited go on
 *	nap		give those who spoke lately a moment to speak again
 *	give out	wake the room's other handlers, then flush, then single answers
 *	see to it	minimum and gate, laggards, departures, dead links
 */
#pragma once

#include "mtchatd/handler.h"

/*
 * False: a stop has come, and all clients have gone or had their time; or the next process is to
 * go on from here.
 */
bool turn(struct handler *handler);
