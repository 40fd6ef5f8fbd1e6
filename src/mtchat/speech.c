/* speech.c - what was typed or piped in becomes what goes to the server */
#include "mtchat/speech.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define QUIT "/quit"

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

void speech_init(struct speech *ret, const char *name)
{
	*ret = (struct speech){0};
	if (!name)
		return;
	snprintf(ret->prefix, sizeof(ret->prefix), "[%s] ", name);
	ret->prefix_size = strlen(ret->prefix);
}

/* Is one of the lines /quit?  With words after it, it is as well. */
static void watch_for_quit(struct speech *speech, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		size_t matched = speech->quit_matched;

		if (matched == strlen(QUIT) && strchr(" \r\n", bytes[i]) && bytes[i])
			speech->quit = true;
		if (bytes[i] == '\n')
			speech->quit_matched = 0;
		else if (matched < strlen(QUIT) && bytes[i] == QUIT[matched])
			speech->quit_matched++;
		else
			speech->quit_matched = SIZE_MAX;
	}
}

static size_t add_plain(struct speech *speech, struct buffer *to, const char *bytes, size_t size)
{
	size = smaller(size, buffer_room(to));
	buffer_add(to, bytes, size);
	watch_for_quit(speech, bytes, size);
	return size;
}

/* Begins a line with its first byte, or with that and the q before it. */
static void begin_line(struct speech *speech, struct buffer *to)
{
	buffer_add(to, speech->prefix, speech->prefix_size);
	if (speech->state == SPEECH_ASIDE)
		buffer_add(to, &speech->aside, 1);
	speech->state = SPEECH_MIDDLE;
}

/* The bytes up to the end of the line, or as many as there are and fit. */
static size_t add_rest_of_line(struct speech *speech, struct buffer *to, const char *bytes,
			       size_t size)
{
	const char *end = memchr(bytes, '\n', size);

	if (end)
		size = (size_t)(end - bytes) + 1;
	if (size > buffer_room(to)) {
		size = buffer_room(to);
		end = NULL;
	}
	buffer_add(to, bytes, size);
	if (end)
		speech->state = SPEECH_START;
	return size;
}

/* One step of the textbook's way; returns how many bytes it used up, 0: no room. */
static size_t add_named(struct speech *speech, struct buffer *to, const char *bytes, size_t size)
{
	if (speech->state == SPEECH_START && (*bytes == 'q' || *bytes == 'Q')) {
		speech->aside = *bytes;
		speech->state = SPEECH_ASIDE;
		return 1;
	}
	if (speech->state == SPEECH_ASIDE && *bytes == '\n') {
		speech->left = true;
		return 1;
	}
	if (speech->state != SPEECH_MIDDLE) {
		if (buffer_room(to) < speech->prefix_size + 1)
			return 0;
		begin_line(speech, to);
	}
	return add_rest_of_line(speech, to, bytes, size);
}

size_t speech_add(struct speech *speech, struct buffer *to, const char *bytes, size_t size)
{
	size_t done = 0, step;

	if (speech->prefix_size == 0)
		return add_plain(speech, to, bytes, size);
	while (done < size && !speech->left) {
		step = add_named(speech, to, bytes + done, size - done);
		if (step == 0)
			return done;
		done += step;
	}
	return size;
}

bool speech_end(struct speech *speech, struct buffer *to)
{
	if (speech->prefix_size == 0)
		return true;
	if (speech->state == SPEECH_ASIDE)
		speech->left = true;
	if (speech->state != SPEECH_MIDDLE)
		return true;
	return speech_add(speech, to, "\n", 1) == 1;
}
