/* render.c - how a line looks in the log */
#include <stdbool.h>
#include <string.h>

#include "mtchatd/render.h"

static bool begins_with(const char *text, size_t size, const char *prefix)
{
	size_t length = strlen(prefix);

	return size >= length && memcmp(text, prefix, length) == 0;
}

/* "NAME] " or "NAME -> ", NAME being one that nobody may have. */
static bool claims_a_name(const char *text, size_t size)
{
	static const char *const reserved[] = {"you", "server", "all"};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		size_t length = strlen(reserved[i]);

		if (begins_with(text, size, reserved[i]) &&
		    (begins_with(text + length, size - length, "] ") ||
		     begins_with(text + length, size - length, " -> ")))
			return true;
	}
	return false;
}

size_t render_mark(const char *text, size_t size)
{
	if (begins_with(text, size, "* ") || begins_with(text, size, "** "))
		return 0;
	if (size && text[0] == '[' && claims_a_name(text + 1, size - 1))
		return 1;
	return size;
}
