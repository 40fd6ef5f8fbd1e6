/*
 * crash.h - the points between two steps at which the tests kill the daemon
 *
 * Every change that must survive is made in steps, and between any two of them the process may
 * die.  The table says what the next process finds then, and what makes it right again.  A
 * build with -DCRASH_POINTS (tests/mtchatd-crash) dies at the point and passage that
 * $MTCHATD_CRASH names ("RECEIVED:3": when it is passed for the third time); in the daemon
 * that is installed a point is nothing at all.
 */
#pragma once

/* clang-format off */
#define CRASH_TABLE(POINT) \
	/* accept and park: the keeper parks what is in nobody's bag */ \
	POINT(ACCEPTED,    "a connection that is in no bag",            "the keeper parks it; adopted") \
	POINT(PROXY_WAITS, "a proxy's connection, nothing received",    "its header is waited for again") \
	POINT(PROXY_TOLD,  "a header that was looked at, and no slot",  "looked at again") \
	POINT(PARKED,      "a parked socket whose slot knows it not",   "the last one parked for its slot: adopted") \
	POINT(COMING,      "a slot being filled in",                    "nothing was read yet: adopted anew") \
	POINT(GIVEN,       "a slot that is COMING, all filled in",      "the same") \
	POINT(ENTERED,     "a cursor, and the slot is still COMING",    "the same") \
	POINT(LIVE,        "a LIVE slot, in no epoll set",              "found by its cookie like any other") \
	/* receive */ \
	POINT(LENT,        "an input buffer with nothing new in it",    "nothing to do") \
	POINT(RECEIVED,    "the kernel gave more than is recorded",     "received = the kernel's count; the bytes lie in the buffer") \
	POINT(COUNTED,     "received, not said",                        "said at the start") \
	POINT(MOVED,       "an unfinished line in two places",          "the old place is still good") \
	/* commit */ \
	POINT(RENDERED,    "bytes above the head, no record",           "rubbish there; said anew") \
	POINT(RECORDED,    "a record, and nothing of it is done",       "its stores are made") \
	POINT(HALF_DONE,   "a record that is half done",                "its stores are made again, which is harmless") \
	POINT(APPLIED,     "a record that is done and not cleared",     "the same") \
	POINT(COMMITTED,   "all said, and the buffer still lent",       "given back") \
	POINT(QUITS,       "/quit was obeyed, and the client is there", "its input is discarded for good: it leaves") \
	POINT(ECHO_BEGUN,  "a PROXY header, received and not passed over", "passed over at the start") \
	POINT(TURNED_AWAY, "one of another protocol, answered",         "the same") \
	/* send */ \
	POINT(SOURCE_SET,  "a source, and nothing sent from it",        "nothing to do") \
	POINT(SENT_LINES,  "the kernel took more than is recorded",     "the cursor moves by the difference") \
	POINT(SENT_ANSWER, "the same, of the outbox",                   "its count moves by the difference") \
	POINT(SENT_ECHO,   "the same, in echo mode",                    "`parsed` moves by the difference") \
	POINT(EMPTIED,     "an outbox that is empty, and still lent",   "given back") \
	POINT(RETURNED,    "an outbox that is nobody's",                "free lists are made from the slots") \
	/* outbox and overtaking */ \
	POINT(OUTBOX_LENT, "an outbox with nothing in it",              "given back") \
	POINT(PARKING,     "the rest of a line, copied and not due",    "overtaken again, or not") \
	POINT(OVERTAKEN,   "a client that is parked behind the log",    "its outbox first, then it returns") \
	POINT(RETURNING,   "a place that is held, and not taken yet",   "it returns again; places are held anew") \
	POINT(REPLAYING,   "a place that is held, and not taken yet",   "the replay begins again") \
	/* rooms and names */ \
	POINT(ROOM_MADE,   "a room that is none yet",                   "its memory is given back") \
	POINT(ROOM_UNLISTED, "a room that is none any more",            "its memory is given back") \
	POINT(ROOM_GONE,   "memory of a room that is none any more",    "the same") \
	POINT(MOVING,      "a greeting below what was sent, no record", "rubbish there; it moves anew") \
	POINT(MOVED_IN,    "a client in its new room, in no list",      "found in its slot like any other") \
	POINT(HANDED_OVER, "a client parked behind a log it leaves",    "it moves as soon as it is back") \
	POINT(FAREWELL,    "a leave that is rendered, and no record",   "said anew") \
	/* close */ \
	POINT(DRAINING,    "the mark that FIN is to be sent",           "FIN is sent, again perhaps") \
	POINT(FIN_SENT,    "the same, FIN sent",                        "what it still sends is thrown away") \
	POINT(CLOSING,     "a CLOSING slot, and an open socket",        "closed") \
	POINT(SHUT,        "a CLOSING slot, a socket that is shut",     "closed") \
	POINT(CLOSED,      "a CLOSING slot without an open socket",     "free; its parked copy is dropped") \
	/* bags */ \
	POINT(BAG_MADE,    "a bag that is not in the store",            "made anew; nothing was in it") \
	POINT(SNAPSHOT,    "everything parked twice",                   "copies are told by their cookie") \
	POINT(DROPPED,     "some parked twice",                         "the same") \
	/* start */ \
	POINT(FIRST_STORE, "an arena in the store, and nothing else",   "bags and listeners are made") \
	POINT(CONFIG_SAVED,"two configurations, the new one is valid",  "one word says which holds") \
	POINT(LISTENER_OPEN, "a listener that is not in the store",     "opened anew: its backlog is lost with the process") \
	POINT(INHERITED,   "an arena that was only looked at",          "looked at again") \
	POINT(REDONE,      "records that are done",                     "nothing left to do") \
	POINT(RECONCILED,  "some slots brought up to date",             "brought up to date again: no difference is left") \
	POINT(FINISHED,    "closings that were finished",               "free slots") \
	POINT(ADOPTED,     "an unknown socket, let in",                 "as when it was accepted") \
	POINT(DEALT,       "clients in inboxes",                        "inboxes do not last; dealt again") \
	POINT(READY,       "all is done, nobody is told",               "the same again")
/* clang-format on */

enum crash_point {
#define POINT(name, found, mended) CRASH_##name,
	CRASH_TABLE(POINT)
#undef POINT
};

#ifdef CRASH_POINTS
void crash_point(enum crash_point point);
#else
static inline void crash_point(enum crash_point point)
{
	(void)point;
}
#endif
