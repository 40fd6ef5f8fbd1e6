/*
 * reconcile.h - brings a slot that was found up to what the kernel says of its socket
 *
 * Each count is stored after its call, and a client has at most one recv() and one send() in
 * flight: so the kernel's counts exceed the recorded ones by that one call at most.  What recv()
 * returned lies in the input buffer already, it only has to be counted; what send() took is added
 * to the word that `source` names.
 *
 * Nothing in the slot is believed before it was checked: what cannot be is -EBADMSG.
 *
 * A Unix socket does not tell what it took.  After a crash (not after a restart, which
 * ends between two calls) its last send() may be repeated.
 */
#pragma once

#include "mtchatd/core.h"

/*
 * A LIVE slot and its socket.  Its buffers are claimed from the pools if it is good.
 * 0; -EBADMSG: the slot cannot be right, nothing is claimed; or another -errno.
 * *ret_mended: was there any difference?
 */
int reconcile_slot(struct core *core, struct slot *slot, int fd, bool *ret_mended);
