/* buffer.c - bytes on their way: added at the end, taken from the start, bounded */
#include "mtchat/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int buffer_init(struct buffer *ret, size_t capacity)
{
	char *bytes = malloc(capacity);

	if (!bytes)
		return -ENOMEM;
	*ret = (struct buffer){.bytes = bytes, .capacity = capacity};
	return 0;
}

void buffer_done(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct buffer){0};
}

char *buffer_next(struct buffer *buffer)
{
	if (buffer->start > 0) {
		memmove(buffer->bytes, buffer_first(buffer), buffer_size(buffer));
		buffer->end -= buffer->start;
		buffer->start = 0;
	}
	return buffer->bytes + buffer->end;
}

void buffer_added(struct buffer *buffer, size_t size)
{
	buffer->end += size;
}

void buffer_add(struct buffer *buffer, const char *bytes, size_t size)
{
	memcpy(buffer_next(buffer), bytes, size);
	buffer_added(buffer, size);
}

void buffer_taken(struct buffer *buffer, size_t size)
{
	buffer->start += size;
	if (buffer->start == buffer->end)
		buffer->start = buffer->end = 0;
}
