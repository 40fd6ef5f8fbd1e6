/*
 * foreign.h - does a connection begin as one of another protocol does?
 *
 * Pure.  A page on any web site can have a browser connect to any address that the browser
 * reaches, and send a request with a body of the page's choice: so what begins with a request is
 * not heard at all.  Probes and balancers, which would only be noise, are told by the way:
 *
 *	HTTP, RTSP, SIP, ICAP	a line of three words, METHOD TARGET NAME/VERSION, where the target
 *				has the shape of one; of more than three, if it is a path or a URL
 *	TLS			0x16 0x03
 *	PROXY			version 1, "PROXY TCP4 ..."; version 2, CR LF CR LF NUL CR LF QUIT
 *LF SSH			"SSH-2.0-..."
 *	STUN			the magic cookie, also with a length before it (RFC 4571)
 *
 * Empty lines before it do not matter, as with servers of HTTP.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum foreign {
	FOREIGN_NOT,   /* it is ours, for good */
	FOREIGN_MAYBE, /* more has to come first */
	FOREIGN_HTTP,
	FOREIGN_RTSP,
	FOREIGN_SIP,
	FOREIGN_ICAP,
	FOREIGN_TLS,
	FOREIGN_PROXY,
	FOREIGN_SSH,
	FOREIGN_STUN,
};

/* A line that goes on is looked at up to here: then its begin decides. */
enum { FOREIGN_LINE_MAX = 8192 };

/*
 * What do bytes[0, size), the first of a connection, begin?  ended: no more will come.
 * FOREIGN_MAYBE: of the bytes, *ret_empty are empty lines that may be said already.
 */
enum foreign foreign_judge(const char *bytes, size_t size, bool ended, size_t *ret_empty);

enum { FOREIGN_ANSWER_MAX = 512 };

/* What a peer of that protocol is told, in its own words if it has some; the size. */
size_t foreign_answer(char to[FOREIGN_ANSWER_MAX], enum foreign foreign);
