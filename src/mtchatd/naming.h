/*
 * naming.h - a name changes hands
 *
 * A free name is just taken.  One that somebody has can be taken over: by the key of his own hello
 * (key.h), from one's own connection, whose link is lost, say: that one is to go; or by the account
 * that the kernel vouches for: then who had it is called otherwise from now on.  His handler may be
 * another one, and so may his room: there it is told by his own handler, who is posted.
 *
 *	taken over, both in one room	nothing is told if the taker was not known there, else
 *					leave (of who had it), rename
 *	taken over, elsewhere		join or rename here; leave there
 *	by account, both in one room	rename (of who had it), join or rename
 *	by account, elsewhere		join or rename here; rename there
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mtchatd/name.h"

struct client;
struct core;
struct feed;
struct order;
struct taking;

/*
 * Takes the name if it can be had, into order->taking, and answers.  key[0, key_size): perhaps the
 * key of the one who has it.
 */
void naming_take(struct order *order, const struct name *name, const char *key, size_t key_size);

/* It is not to be after all: as before. */
void naming_give_up(struct feed *feed, const struct taking *taking);

/* Says in the room what it sees of it.  -ENOSPC: the log is full. */
int naming_tell(struct feed *feed, struct taking *taking);

/* Looks up the account of one who came through the Unix socket: reads a file, under no lock. */
void naming_look_up(const struct core *core, struct client *client);

/* A client that was here before this process: does the kernel vouch for the name it has? */
void naming_vouch(const struct core *core, struct client *client);
