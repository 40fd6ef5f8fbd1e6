/* reason.c - why a client goes, in words */
#include "mtchatd/reason.h"

const char *reason_text(enum reason reason)
{
	static const char *const texts[REASONS] = {
		[REASON_NONE] = "",
		[REASON_CLOSED] = "closed",
		[REASON_QUIT] = "quit",
		[REASON_FOREIGN] = "other protocol",
		[REASON_RESET] = "reset",
		[REASON_TAKEN_OVER] = "taken over",
		[REASON_LINK_DEAD] = "link dead",
		[REASON_STOPPING] = "stopping",
		[REASON_NOT_TAKEN] = "did not take the rest",
		[REASON_NO_WATCH] = "no watch left in the kernel",
	};

	return texts[reason];
}
