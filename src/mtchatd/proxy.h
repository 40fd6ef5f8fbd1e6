/*
 * proxy.h - the header of the PROXY protocol, by which a balancer tells for whom it connects
 *
 * Pure.  Both versions, as https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt has them:
 *
 *	1	"PROXY TCP4 192.0.2.1 192.0.2.2 4711 9190" CR LF; TCP6; UNKNOWN, whatever follows
 *	2	12 bytes of signature, version and command, family, the size of the rest: addresses,
 *		and what else the balancer tells, which is passed over
 */
#pragma once

#include <stddef.h>

#include "mtchatd/peer.h"

enum {
	PROXY_LINE_MAX = 107,    /* bytes of version 1, with its end */
	PROXY_HEADER_MAX = 4096, /* of version 2: no addresses and TLVs are longer */
};

/*
 * Reads the header that bytes[0, size), the first of a connection, begin with.  Returns its size;
 * 0: more has to come; -EBADMSG: that is none, whatever comes.  *ret: who is told to be at the
 * other end; untouched if nobody is (UNKNOWN, LOCAL: it is the balancer itself).
 */
int proxy_read(struct peer *ret, const char *bytes, size_t size);
