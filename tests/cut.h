/*
 * cut.h - what a stream says when it is cut into lines, in pieces and by the plainest means
 *
 * Both ways end in a transcript, "=TEXT" for a line and "!LENGTH" for one that was too long,
 * each with an LF: readable, and unambiguous since no line holds an LF.
 */
#pragma once

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line.h"

enum { CUT_STREAM_MAX = 8192, CUT_TRANSCRIPT_MAX = 4 * CUT_STREAM_MAX + 64 };

struct transcript {
	size_t size;
	char text[CUT_TRANSCRIPT_MAX];
};

static inline void transcript_add(struct transcript *t, const char *line, uint64_t length,
				  bool kept)
{
	size_t room = sizeof(t->text) - t->size;

	if (kept && length + 2 <= room) {
		t->text[t->size++] = '=';
		memcpy(t->text + t->size, line, length);
		t->size += length;
		t->text[t->size++] = '\n';
	} else if (!kept && room > 32) {
		t->size += (size_t)snprintf(t->text + t->size, room, "!%" PRIu64 "\n", length);
	} else {
		abort();
	}
}

static inline bool transcript_equal(const struct transcript *a, const struct transcript *b)
{
	return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

/* By the plainest means: the whole stream at hand, one byte after the other. */
static inline void cut_plainly(struct transcript *t, const char *stream, size_t size,
			       size_t max_line)
{
	size_t start = 0;

	t->size = 0;
	for (size_t at = 0; at <= size; at++) {
		size_t length = at - start;

		if (at < size ? stream[at] != '\n' : length == 0)
			continue;
		if (length > 0 && stream[at - 1] == '\r')
			length--;
		transcript_add(t, stream + start, length, length <= max_line);
		start = at + 1;
	}
}

/* One client's input: what line_cut() left over, and what it wants to be told again. */
struct cutter {
	struct transcript transcript;
	const char *fault; /* what line_cut() did that its header forbids, NULL: nothing */
	size_t max_line;
	uint64_t discarded;
	size_t size;
	char bytes[2 * CUT_STREAM_MAX];
};

static inline void cutter_init(struct cutter *c, size_t max_line)
{
	c->transcript.size = 0;
	c->fault = NULL;
	c->max_line = max_line;
	c->discarded = 0;
	c->size = 0;
}

static inline const char *cutter_check(const struct cutter *c, const struct line *line, size_t left,
				       bool end)
{
	if (line->consumed > left)
		return "more consumed than there was";
	if (line->kind != LINE_MORE && line->consumed == 0)
		return "a line out of nothing";
	if (line->kind != LINE_MORE && line->discarded > 0)
		return "a line that ended goes on";
	if (line->kind == LINE_WHOLE && line->length > line->consumed)
		return "a line longer than its bytes";
	if (line->kind == LINE_MORE && left - line->consumed > c->max_line + 1)
		return "too much kept";
	if (line->kind == LINE_MORE && left > 0 && line->consumed == left)
		return "a line under way with nothing kept of it";
	if (line->kind == LINE_MORE && end && (left > 0 || line->discarded > 0))
		return "something left at the end";
	return NULL;
}

/* Takes a piece of the stream; the last one with end. */
static inline void cutter_feed(struct cutter *c, const char *piece, size_t size, bool end)
{
	size_t at = 0;

	if (c->fault)
		return;
	if (size > sizeof(c->bytes) - c->size)
		abort();
	if (size > 0)
		memcpy(c->bytes + c->size, piece, size);
	c->size += size;
	for (;;) {
		struct line line = line_cut(c->bytes + at, c->size - at, end, c->max_line,
					    c->discarded);

		c->fault = cutter_check(c, &line, c->size - at, end);
		if (c->fault)
			return;
		if (line.kind != LINE_MORE)
			transcript_add(&c->transcript, c->bytes + at, line.length,
				       line.kind == LINE_WHOLE);
		at += line.consumed;
		c->discarded = line.discarded;
		if (line.kind == LINE_MORE)
			break;
	}
	c->size -= at;
	memmove(c->bytes, c->bytes + at, c->size);
}
