/*
 * scarce.h - memory that runs out after so many allocations
 *
 * For programs that are linked with SCARCE_MEMORY of Makefile.am (--wrap): what our objects
 * allocate, not what libraries do.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SCARCE_NOT = -1 };

/* So many are left; SCARCE_NOT: enough. */
static int scarce_left = SCARCE_NOT;

static inline bool scarce_take(void)
{
	if (scarce_left == 0) {
		errno = ENOMEM;
		return false;
	}
	if (scarce_left > 0)
		scarce_left--;
	return true;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
	return scarce_take() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return scarce_take() ? __real_calloc(count, size) : NULL;
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return scarce_take() ? __real_reallocarray(old, count, size) : NULL;
}

char *__wrap_strdup(const char *text)
{
	return scarce_take() ? __real_strdup(text) : NULL;
}
