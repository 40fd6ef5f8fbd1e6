/*
 * lend.h - lends a client an outbox
 *
 * A client has one only while there is something in it that its log does not carry: answers,
 * private lines, what it missed.  delivery.c returns it when it is empty.
 */
#pragma once

#include "mtchatd/core.h"

struct outbox;

/* The client's outbox; an empty one is lent to it if it has none.  Under the mail lock. */
struct outbox *lend_outbox(struct core *core, struct slot *slot);
