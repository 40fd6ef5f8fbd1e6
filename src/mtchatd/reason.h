/* reason.h - why a client goes: one byte of the client, one word for all who are told */
#pragma once

enum reason {
	REASON_NONE, /* it does not go */
	REASON_CLOSED,
	REASON_QUIT,
	REASON_FOREIGN,
	REASON_RESET,
	REASON_TAKEN_OVER,
	REASON_LINK_DEAD,
	REASON_STOPPING,
	REASON_NOT_TAKEN,
	REASON_NO_WATCH,
	REASONS
};

/* As the journal, its room and the client itself are told.  REASON_NONE: "". */
const char *reason_text(enum reason reason);
