/* render.c - how a line looks in the log */
#include <string.h>

#include "mtchatd/render.h"

static bool begins_with(const char *text, size_t size, const char *prefix)
{
	size_t length = strlen(prefix);

	return size >= length && memcmp(text, prefix, length) == 0;
}

bool render_is_notice(const char *text, size_t size)
{
	return begins_with(text, size, "* ") || begins_with(text, size, "** ");
}

size_t render_claim(const char *text, size_t size)
{
	if (!size || text[0] != '[')
		return 0;
	for (size_t i = 1; i <= NAME_READ_MAX + 1 && i < size; i++) {
		if (begins_with(text + i, size - i, "] ") ||
		    begins_with(text + i, size - i, " -> "))
			return i - 1;
	}
	return 0;
}

size_t render_marked(char *to, size_t at, const char *text, size_t size)
{
	memmove(to + at + 1, text + at, size - at); /* it may lie there */
	memmove(to, text, at);
	to[at] = '~';
	return size + 1;
}

/* BEFORE NAME BEHIND TEXT */
static size_t put(char *to, const char *before, const char *name, const char *behind,
		  const char *text, size_t size)
{
	size_t a = strlen(before), b = strlen(name), c = strlen(behind);

	memmove(to + a + b + c, text, size); /* it may lie there */
	mempcpy(mempcpy(mempcpy(to, before, a), name, b), behind, c);
	return a + b + c + size;
}

size_t render_named(char *to, const char *name, const char *text, size_t size)
{
	return put(to, "[", name, "] ", text, size);
}

size_t render_act(char *to, const char *name, const char *text, size_t size)
{
	return put(to, "** ", name, " ", text, size);
}
