/*
 * guard.h - asks before much is said at once: a paste of many lines, or a line that is too long
 *
 * Pure.  What may be answered depends on what is wrong:
 *	more than GUARD_LINES lines	y = send, j = one line, any other key = edit
 *	which together are too long	y = send, any other key = edit
 *	one line that is too long	any key = edit
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	GUARD_LINES = 3,
	GUARD_QUESTION_SIZE = 512,
};

struct guard {
	size_t lines, size; /* of the whole text */
	size_t too_long;    /* so many bytes the longest line is over the limit */
	bool may_send, may_join;
};

/* max_line: bytes a line may have, 0: any.  Returns whether is to be asked. */
bool guard_asks(struct guard *ret, const char *text, size_t max_line);

/* The question, in the user's language.  At most GUARD_QUESTION_SIZE bytes with the NUL. */
void guard_question(const struct guard *guard, char *ret);

/* Makes one line of all: where there were LFs is a blank, but none at begin and end. */
void guard_join(char *text);
