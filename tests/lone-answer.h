/* lone-answer.h - one answer, and whether it is what it should be; for test-answer*.c */
#pragma once

#include "json-check.h"

#include "mtchatd/answer.h"

#include "tap.h"

static struct answer answer;

static inline void begin(enum rendering_kind kind)
{
	memset(&answer, 0xee, sizeof(answer)); /* nobody relies on it */
	answer_init(&answer, kind);
}

static inline bool answers(const char *text)
{
	bool same = answer.size == strlen(text) && memcmp(answer.text, text, answer.size) == 0;

	if (!same)
		printf("# %.*s\n", (int)answer.size, answer.text);
	return same;
}

/* Whole lines, each what a client of that rendering expects. */
static inline bool is_well_formed(void)
{
	size_t at = 0;

	while (at < answer.size) {
		const char *line = answer.text + at;
		const char *newline = memchr(line, '\n', answer.size - at);

		if (!newline)
			return false;
		if (answer.kind == RENDERING_TEXT ? newline - line < 2 || memcmp(line, "* ", 2) != 0
						  : !json_is_valid(line, (size_t)(newline - line)))
			return false;
		at = (size_t)(newline + 1 - answer.text);
	}
	return answer.size <= sizeof(answer.text);
}
